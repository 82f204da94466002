-- name: beat
INSERT INTO lease_owners (lease_group, owner, beat, ttl_ms, seen_at) VALUES (?, ?, 1, ?, ?)
ON CONFLICT (lease_group, owner)
DO UPDATE SET beat = beat + 1, ttl_ms = excluded.ttl_ms, seen_at = excluded.seen_at
-- name: leases_of
SELECT member, owner, epoch FROM leases WHERE lease_group = ?
-- name: owners_of
SELECT owner FROM lease_owners WHERE lease_group = ?
-- name: give_lease
INSERT INTO leases (lease_group, member, owner, epoch) VALUES (?, ?, ?, ?)
ON CONFLICT (lease_group, member) DO UPDATE SET owner = excluded.owner, epoch = excluded.epoch
-- name: release_all
UPDATE leases SET owner = NULL WHERE lease_group = ? AND owner = ?
-- name: release_some
UPDATE leases SET owner = NULL
WHERE lease_group = ? AND owner = ? AND member IN (SELECT value FROM json_each(?))
-- name: leave
DELETE FROM lease_owners WHERE lease_group = ? AND owner = ?
-- name: expel
DELETE FROM lease_owners WHERE lease_group = ? AND owner = ? AND beat = ?
-- name: held_by
SELECT owner, member FROM leases WHERE lease_group = ? AND owner IS NOT NULL ORDER BY member
-- name: lease_owners
SELECT owner, beat, ttl_ms, seen_at FROM lease_owners WHERE lease_group = ? ORDER BY owner
