-- name: newest_dictionary
SELECT id FROM dictionaries WHERE kind = ?1 AND id < ?2 ORDER BY id DESC LIMIT 1
-- name: dictionary
SELECT crc, content, made_at FROM dictionaries WHERE id = ?1
UNION ALL
SELECT crc, content, made_at FROM dictionary_copies WHERE id = ?1
-- name: make_dictionary
INSERT INTO dictionaries (kind, made_at, crc, content) VALUES (?, ?, ?, ?)
-- name: copy_dictionary
INSERT INTO dictionary_copies (id, made_at, crc, content) VALUES (?, ?, ?, ?)
-- name: unused_dictionaries
DELETE FROM dictionaries
WHERE kind = ?1 AND id < ?2 AND id < (SELECT max(id) FROM dictionaries WHERE kind = ?1)
-- name: unused_copies
DELETE FROM dictionary_copies WHERE id NOT IN (SELECT id FROM dictionaries)
