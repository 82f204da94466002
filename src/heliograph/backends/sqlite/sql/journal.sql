-- name: heads
SELECT json_group_array(json_array(last, max_at)) FROM (SELECT last, max_at FROM heads ORDER BY partition)
-- name: insert_requests
INSERT INTO requests (request_id, workspace, source_id, received_at, state, items, events, mapper,
                      path, headers, rejected, body, message_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
-- name: insert_records
INSERT INTO records (partition, position, id, key, at, value, crc)
VALUES (?, ?, ?, ?, ?, ?, ?)
-- name: put_heads
INSERT INTO heads (partition, first, last, max_at)
VALUES (?, ?, ?, ?)
ON CONFLICT (partition) DO UPDATE SET last = excluded.last, max_at = excluded.max_at
-- name: insert_marks
INSERT INTO marks (partition, max_at, position)
VALUES (?, ?, ?)
-- name: add_totals
UPDATE totals SET requests = requests + ?, items = items + ?, rejected = rejected + ?,
                  refused_requests = refused_requests + ?, events = events + ?, derived = derived + ?
WHERE id = 1
-- name: probe
INSERT INTO probe (id, filler) VALUES (1, randomblob(?))
ON CONFLICT (id) DO UPDATE SET filler = excluded.filler
-- name: read
SELECT position, key, id, at, value, crc FROM records
WHERE partition = ? AND position > ? ORDER BY position LIMIT ?
-- name: ids
SELECT position, id FROM records WHERE partition = ? AND position > ? ORDER BY position LIMIT ?
-- name: identity
SELECT journal, incarnation, store FROM identity
-- name: adopt
UPDATE identity SET store = ? WHERE store IS NULL
-- name: renew
UPDATE identity SET store = ?, incarnation = lower(hex(randomblob(8)))
-- name: entry
SELECT key, id, at, value, crc FROM records WHERE partition = ? AND position = ?
-- name: entries
SELECT partition, position, records.key, records.id, at, records.value, crc FROM json_each(?) AS place
CROSS JOIN records ON partition = place.value ->> 0 AND position = place.value ->> 1
-- name: bounds
SELECT first, last FROM heads WHERE partition = ?
-- name: all_bounds
SELECT first, last FROM heads ORDER BY partition
-- name: lasts
SELECT json_group_array(last) FROM (SELECT last FROM heads ORDER BY partition)
-- name: counts
SELECT events, derived FROM totals
-- name: mark_before
SELECT position FROM marks WHERE partition = ? AND max_at < ? ORDER BY max_at DESC, position DESC LIMIT 1
-- name: first_since
SELECT position FROM records WHERE partition = ? AND position > ? AND at >= ? ORDER BY position LIMIT 1
-- name: trim_records
DELETE FROM records WHERE partition = ? AND position < ?
-- name: trim_marks
DELETE FROM marks WHERE partition = ? AND position < ?
-- name: put_first
UPDATE heads SET first = ? WHERE partition = ?
-- name: trim_requests
DELETE FROM requests WHERE seq IN (SELECT value FROM json_each(?))
-- name: oldest_requests
SELECT seq, length(body) FROM requests WHERE received_at < ? ORDER BY received_at LIMIT ?
-- name: count_trimmed
UPDATE totals SET trimmed_requests = trimmed_requests + ? WHERE id = 1
-- name: request_counts
SELECT requests, items, events, derived, rejected, refused_requests, trimmed_requests FROM totals
