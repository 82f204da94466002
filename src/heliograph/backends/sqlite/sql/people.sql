-- name: repoint_merged
UPDATE overrides SET canonical = ? WHERE canonical = ?
-- name: put_merge
INSERT INTO overrides (old, canonical, parent, merged_at, reason) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (old) DO UPDATE SET canonical = excluded.canonical, parent = excluded.parent,
merged_at = excluded.merged_at, reason = excluded.reason
-- name: lift_unmerge
DELETE FROM unmerged WHERE profile_id = ?
-- name: merged_into
SELECT old, parent FROM overrides WHERE canonical = ?
-- name: drop_merge
DELETE FROM overrides WHERE old = ?
-- name: repoint_some
UPDATE overrides SET canonical = ? WHERE old IN (SELECT value FROM json_each(?))
-- name: remember_unmerge
INSERT INTO unmerged (profile_id) VALUES (?) ON CONFLICT DO NOTHING
-- name: unmerged_of
SELECT profile_id FROM unmerged
WHERE EXISTS (SELECT 1 FROM unmerged) AND profile_id IN (SELECT value FROM json_each(?))
-- name: newest_merges
SELECT old, canonical, merged_at, reason, parent FROM overrides ORDER BY merged_at DESC, old LIMIT ?
-- name: find_profiles
SELECT profile_id, workspace, kind, value, first_seen, last_seen, events, attributes
FROM profiles WHERE profile_id > ? ORDER BY profile_id LIMIT ?
-- name: find_profiles_of
SELECT profile_id, workspace, kind, value, first_seen, last_seen, events, attributes
FROM profiles WHERE workspace = ? AND profile_id > ? ORDER BY profile_id LIMIT ?
-- name: profiles_ending_with
SELECT profile_id FROM profiles
WHERE substr(profile_id, -length(?1)) = ?1 AND (?2 IS NULL OR workspace = ?2)
ORDER BY profile_id LIMIT ?3
-- name: profiles_spelled_like
SELECT profile_id, workspace, kind, value, first_seen, last_seen, events, attributes
FROM profiles WHERE lower(value) = lower(?1) AND (?2 IS NULL OR workspace = ?2)
ORDER BY profile_id LIMIT ?3
-- name: count_people
SELECT (SELECT count(*) FROM profiles)
- (SELECT count(*) FROM overrides WHERE old IN (SELECT profile_id FROM profiles))
-- name: applied_totals
SELECT name, amount FROM applied_totals
