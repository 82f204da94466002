-- name: state
SELECT body FROM state WHERE id = 1
-- name: put_state
UPDATE state SET body = ? WHERE id = 1
-- name: insert_requests
INSERT INTO requests (request_id, workspace, source_id, received_at, state, items, events, mapper,
                      path, headers, rejected, body, message_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
-- name: insert_records
INSERT INTO records (partition, position, id, key, at, value, crc)
VALUES (?, ?, ?, ?, ?, ?, ?)
-- name: insert_marks
INSERT INTO marks (partition, max_at, position)
VALUES (?, ?, ?)
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
-- name: mark_before
SELECT position FROM marks WHERE partition = ? AND max_at < ? ORDER BY max_at DESC, position DESC LIMIT 1
-- name: first_since
SELECT position FROM records WHERE partition = ? AND position > ? AND at >= ? ORDER BY position LIMIT 1
-- name: trim_records
DELETE FROM records WHERE partition = ? AND position < ?
-- name: trim_marks
DELETE FROM marks WHERE partition = ? AND position < ?
-- name: trim_requests
DELETE FROM requests WHERE seq IN (SELECT value FROM json_each(?))
-- name: oldest_requests
SELECT seq, length(body) FROM requests WHERE received_at < ? ORDER BY received_at LIMIT ?
-- name: oldest_values
SELECT value FROM records ORDER BY seq LIMIT ?
-- name: oldest_headers
SELECT headers FROM requests ORDER BY seq LIMIT ?
