-- name: state
SELECT body FROM state WHERE id = 1
-- name: put_state
UPDATE state SET body = ? WHERE id = 1
-- name: insert_requests
INSERT INTO requests (request_id, workspace, source_id, received_at, state, items, events, mapper,
                      path, headers, rejected, body, message_id, crc)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
-- name: insert_records
INSERT INTO records (seq, partition, position, id, key, at, value, crc)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
-- name: insert_marks
INSERT INTO marks (number, body)
VALUES (?, ?)
-- name: probe
INSERT INTO probe (id, filler) VALUES (1, randomblob(?))
ON CONFLICT (id) DO UPDATE SET filler = excluded.filler
-- name: read
SELECT seq, position, key, id, at, value, crc FROM records
WHERE seq >= ? AND partition = ? AND position > ? ORDER BY seq LIMIT ?
-- name: read_many
SELECT seq, partition, position, key, id, at, value, crc FROM records
WHERE seq >= ?1 AND position > CASE partition
  WHEN 0 THEN ?3 WHEN 1 THEN ?4 WHEN 2 THEN ?5 WHEN 3 THEN ?6 WHEN 4 THEN ?7 WHEN 5 THEN ?8 WHEN 6 THEN ?9 WHEN 7 THEN ?10
  WHEN 8 THEN ?11 WHEN 9 THEN ?12 WHEN 10 THEN ?13 WHEN 11 THEN ?14 WHEN 12 THEN ?15 WHEN 13 THEN ?16 WHEN 14 THEN ?17 WHEN 15 THEN ?18
END ORDER BY seq LIMIT ?2
-- name: ids
SELECT seq, position, id FROM records
WHERE seq >= ? AND partition = ? AND position > ? ORDER BY seq LIMIT ?
-- name: identity
SELECT journal, incarnation, store FROM identity
-- name: adopt
UPDATE identity SET store = ? WHERE store IS NULL
-- name: renew
UPDATE identity SET store = ?, incarnation = lower(hex(randomblob(8)))
-- name: entries
SELECT partition, position, key, id, at, value, crc FROM records
WHERE seq >= ? AND seq < ? AND (partition, position) IN (
  SELECT value ->> 0, value ->> 1 FROM json_each(?))
-- name: mark_numbers
SELECT min(number), max(number) FROM marks
-- name: mark
SELECT body FROM marks WHERE number = ?
-- name: first_since
SELECT position FROM records
WHERE seq >= ? AND partition = ? AND position > ? AND at >= ? ORDER BY seq LIMIT 1
-- name: trim_records
DELETE FROM records WHERE seq >= ? AND seq < ? AND partition = ? AND position < ?
-- name: trim_marks
DELETE FROM marks WHERE number < ?
-- name: trim_requests
DELETE FROM requests WHERE seq IN (SELECT value FROM json_each(?))
-- name: oldest_requests
SELECT seq, length(body) FROM requests WHERE received_at < ? ORDER BY received_at LIMIT ?
-- name: oldest_values
SELECT seq, value FROM records ORDER BY seq LIMIT ?
-- name: oldest_packed
SELECT seq, headers, rejected, substr(body, 1, 16) FROM requests ORDER BY seq LIMIT ?
-- name: newest_request_id
SELECT max(request_id) FROM requests
