-- name: revision
SELECT revision FROM configuration
-- name: changed
UPDATE configuration SET revision = revision + 1
-- name: current_documents
SELECT workspace, kind, name, version, body, changed_at FROM documents WHERE current = 1
ORDER BY workspace, kind, name
-- name: workspaces
SELECT DISTINCT workspace FROM documents
-- name: current_document
SELECT workspace, kind, name, version, body, changed_at FROM documents
WHERE workspace = ? AND kind = ? AND name = ? AND current = 1
-- name: document_version
SELECT workspace, kind, name, version, body, changed_at FROM documents
WHERE workspace = ? AND kind = ? AND name = ? AND version = ?
-- name: newest_document
SELECT workspace, kind, name, version, body, changed_at FROM documents
WHERE workspace = ? AND kind = ? AND name = ? ORDER BY version DESC LIMIT 1
-- name: put_document
INSERT INTO documents (workspace, kind, name, version, body, changed_at, current)
VALUES (?, ?, ?, ?, ?, ?, 1)
-- name: retire_document
UPDATE documents SET current = 0 WHERE workspace = ? AND kind = ? AND name = ? AND current = 1
-- name: destination_states
SELECT destination, state, reason, since FROM destination_states ORDER BY destination
-- name: set_destination_state
INSERT INTO destination_states (destination, state, reason, since) VALUES (?, ?, ?, ?)
ON CONFLICT (destination)
DO UPDATE SET state = excluded.state, reason = excluded.reason, since = excluded.since
-- name: drop_destination_state
DELETE FROM destination_states WHERE destination = ?
-- name: put_remap
INSERT INTO remaps (remap_id, started_at, body) VALUES (?, ?, ?)
ON CONFLICT (remap_id) DO UPDATE SET body = excluded.body
-- name: get_remap
SELECT body FROM remaps WHERE remap_id = ?
-- name: find_remaps
SELECT body FROM remaps ORDER BY started_at DESC, remap_id DESC LIMIT ?
-- name: find_remaps_of
SELECT body FROM remaps WHERE json_extract(CAST(body AS TEXT), '$.workspace') = ?
ORDER BY started_at DESC, remap_id DESC LIMIT ?
