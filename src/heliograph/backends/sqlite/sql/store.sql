-- name: advance
UPDATE cursors SET anchor = CASE WHEN position = ?1 THEN coalesce(?2, anchor) ELSE ?2 END, position = ?1
WHERE reader = ?3 AND partition = ?4 AND position = ?5 AND epoch = ?6
-- name: take_cursors
INSERT INTO cursors (reader, partition, position, epoch)
VALUES (?, ?, ?, ?)
ON CONFLICT (reader, partition) DO UPDATE SET epoch = epoch + 1
-- name: places
SELECT partition, position, epoch, anchor, rewound FROM cursors WHERE reader = ? ORDER BY partition
-- name: reset_cursor
INSERT INTO cursors (reader, partition, position, epoch) VALUES (?, ?, ?, 1)
ON CONFLICT (reader, partition) DO UPDATE SET rewound = rewound + max(0, position - excluded.position),
  position = excluded.position, epoch = epoch + 1, anchor = NULL
-- name: store_identity
SELECT store, journal, incarnation FROM identity
-- name: bind_store
UPDATE identity SET journal = ?, incarnation = ?
-- name: held_epochs
SELECT member, epoch FROM leases
WHERE lease_group = ? AND owner IS NOT NULL AND member IN (SELECT value FROM json_each(?))
-- name: existing_events
SELECT event_id FROM applied WHERE event_id IN (SELECT value FROM json_each(?))
-- name: insert_applied
INSERT INTO applied (event_id, partition, position, profile_id, effect, reason, received_at,
                     other_profile_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
-- name: note_repetition
UPDATE applied SET repeated = ? WHERE event_id = ? AND partition = ?
-- name: get_applied
SELECT event_id, partition, position, profile_id, effect, reason, received_at, other_profile_id
FROM applied WHERE event_id IN (SELECT value FROM json_each(?))
-- name: applied_starting_with
SELECT event_id, partition, position, profile_id, effect, reason, received_at, other_profile_id
FROM json_each(?) AS prefix CROSS JOIN applied INDEXED BY applied_event
  ON event_id >= prefix.value AND event_id < prefix.value || char(1114111)
ORDER BY prefix.key, event_id
-- name: applied_ending_with
SELECT event_id FROM applied INDEXED BY applied_event
WHERE substr(event_id, -length(?1)) = ?1 ORDER BY event_id LIMIT ?2
-- name: insert_supersessions
INSERT OR IGNORE INTO supersessions (old, new)
VALUES (?, ?)
-- name: superseded_by
SELECT old, new FROM supersessions
WHERE EXISTS (SELECT 1 FROM supersessions) AND old IN (SELECT value FROM json_each(?))
-- name: surviving
SELECT event_id, partition, position, profile_id, effect, reason, received_at, other_profile_id, seq
FROM applied INDEXED BY applied_profile
WHERE profile_id = ? AND effect = 'applied' AND seq > ?
  AND NOT EXISTS (SELECT 1 FROM supersessions WHERE old = event_id)
ORDER BY seq LIMIT ?
-- name: first_time_with_other
SELECT received_at FROM applied INDEXED BY applied_other_profile
WHERE other_profile_id = ? AND effect = 'applied'
  AND NOT EXISTS (SELECT 1 FROM supersessions WHERE old = event_id)
ORDER BY received_at LIMIT 1
-- name: all_with_other
SELECT event_id, partition, position, profile_id, effect, reason, received_at, other_profile_id
FROM applied INDEXED BY applied_other_profile
WHERE other_profile_id = ? AND received_at = ? AND effect = 'applied'
  AND NOT EXISTS (SELECT 1 FROM supersessions WHERE old = event_id)
-- name: whole_applied_page
SELECT event_id, partition, position, profile_id, effect, reason, received_at, other_profile_id, seq
FROM applied WHERE seq > ? ORDER BY seq LIMIT ?
-- name: applied_page
SELECT seq, event_id, partition, max(position, coalesce(repeated, 0)), received_at FROM applied WHERE seq > ? ORDER BY seq LIMIT ?
-- name: drop_applied
DELETE FROM applied WHERE seq IN (SELECT value FROM json_each(?))
-- name: drop_supersessions
DELETE FROM supersessions WHERE old IN (SELECT value FROM json_each(?))
-- name: add_applied_total
UPDATE applied_totals SET amount = amount + ? WHERE name = ?
-- name: get_profiles
SELECT profile_id, workspace, kind, value, first_seen, last_seen, events, attributes
FROM profiles WHERE profile_id IN (SELECT value FROM json_each(?))
-- name: put_profiles
INSERT INTO profiles (profile_id, workspace, kind, value, first_seen, last_seen, events, attributes)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (profile_id) DO UPDATE SET
  first_seen = excluded.first_seen, last_seen = excluded.last_seen, events = excluded.events,
  attributes = excluded.attributes
-- name: drop_profiles
DELETE FROM profiles WHERE profile_id IN (SELECT value FROM json_each(?))
-- name: merges_of
SELECT old, canonical, merged_at, reason, parent FROM overrides
WHERE old IN (SELECT value FROM json_each(?))
-- name: canonical_of
SELECT old, canonical FROM overrides
WHERE EXISTS (SELECT 1 FROM overrides) AND old IN (SELECT value FROM json_each(?))
-- name: members_of
SELECT canonical, old FROM overrides
WHERE EXISTS (SELECT 1 FROM overrides) AND canonical IN (SELECT value FROM json_each(?)) ORDER BY old
-- name: keep_preset
INSERT OR IGNORE INTO kept_presets (reference, body) VALUES (?, ?)
-- name: preset
SELECT body FROM kept_presets WHERE reference = ?
-- name: current_version
SELECT version FROM documents WHERE workspace = ? AND kind = ? AND name = ? AND current = 1
-- name: known_deliveries
SELECT delivery_id FROM deliveries WHERE delivery_id IN (SELECT value FROM json_each(?))
-- name: open_keys
SELECT asked.value FROM json_each(?2) AS asked WHERE EXISTS (
  SELECT 1 FROM deliveries INDEXED BY deliveries_open
  WHERE destination = ?1 AND deliveries.key = asked.value AND state IN ('queued', 'waiting'))
-- name: promote
UPDATE deliveries SET state = 'waiting', due_at = ?1, reason = NULL, priority = (
  SELECT min(priority) FROM (SELECT behind.priority FROM deliveries AS behind INDEXED BY deliveries_open
    WHERE behind.destination = deliveries.destination AND behind.key = deliveries.key
      AND behind.state IN ('queued', 'waiting') AND behind.state = 'queued' ORDER BY behind.seq LIMIT 50))
WHERE seq IN (
  SELECT (SELECT seq FROM deliveries INDEXED BY deliveries_open
          WHERE destination = ?2 AND deliveries.key = freed.value
            AND state IN ('queued', 'waiting') AND state = 'queued'
          ORDER BY seq LIMIT 1) AS next
  FROM json_each(?3) AS freed WHERE next IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM deliveries INDEXED BY deliveries_open
    WHERE destination = ?2 AND deliveries.key = freed.value
      AND state IN ('queued', 'waiting') AND state = 'waiting'))
-- name: hurry
UPDATE deliveries SET priority = 0 WHERE priority > 0 AND seq IN (
  SELECT (SELECT seq FROM deliveries INDEXED BY deliveries_open
          WHERE destination = pair.value ->> 0 AND deliveries.key = pair.value ->> 1
            AND state IN ('queued', 'waiting') AND state = 'waiting' LIMIT 1)
  FROM json_each(?) AS pair)
-- name: last_seq
SELECT max(coalesce((SELECT max(seq) FROM deliveries), 0), coalesce((SELECT seq FROM last_delivery), 0))
-- name: keep_last_seq
INSERT INTO last_delivery (id, seq) SELECT 1, coalesce(max(seq), 0) FROM deliveries WHERE true
ON CONFLICT (id) DO UPDATE SET seq = max(seq, excluded.seq)
-- name: insert_deliveries
INSERT INTO deliveries (seq, delivery_id, destination, pipeline, blueprint, key, profile_id, event_id,
                        partition, position, state, due_at, created_at, attempts, retries, steps_done,
                        replays, origin, priority)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
-- name: insert_events
INSERT INTO delivery_events (seq, event)
VALUES (?, ?)
-- name: delivery_totals
SELECT destination, state, amount, pruned FROM delivery_totals
-- name: add_totals
INSERT INTO delivery_totals (destination, state, amount, pruned)
VALUES (?, ?, ?, ?)
ON CONFLICT (destination, state) DO UPDATE SET
  amount = amount + excluded.amount, pruned = pruned + excluded.pruned
-- name: due
SELECT seq FROM deliveries INDEXED BY deliveries_due
WHERE destination = ? AND state = 'waiting' AND priority = ? AND due_at <= ? ORDER BY due_at, seq LIMIT ?
-- name: load
SELECT seq, delivery_id, destination, pipeline, blueprint, key, profile_id, event_id, partition, position,
       event, state, due_at, attempts, retries, steps_done, created_at, first_attempt_at, finished_at,
       reason, replays, origin, priority
FROM deliveries JOIN delivery_events USING (seq)
WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY due_at, seq
-- name: rows_at
SELECT seq, delivery_id, destination, key, state FROM deliveries
WHERE seq IN (SELECT value FROM json_each(?))
-- name: rows_named
SELECT seq, delivery_id, destination, key, state FROM deliveries
WHERE delivery_id IN (SELECT value FROM json_each(?))
-- name: finish
UPDATE deliveries SET state = turn.column2, due_at = turn.column3, attempts = attempts + turn.column4,
  retries = turn.column5, steps_done = turn.column6, reason = turn.column7,
  first_attempt_at = coalesce(first_attempt_at, turn.column8), finished_at = turn.column9
FROM (VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)) AS turn WHERE seq = turn.column1
-- name: insert_attempts
INSERT INTO attempts (delivery, status, body)
VALUES (?, ?, ?)
-- name: attempts_of
SELECT body FROM attempts WHERE delivery = (SELECT seq FROM deliveries WHERE delivery_id = ?) ORDER BY seq
-- name: open_now
UPDATE deliveries SET state = ?, due_at = ?, reason = ? WHERE seq = ?
-- name: hasten
UPDATE deliveries SET due_at = ?1 WHERE seq IN (
  SELECT seq FROM deliveries INDEXED BY deliveries_due
  WHERE destination = ?2 AND state = 'waiting' AND due_at > ?1 AND EXISTS (
    SELECT 1 FROM (SELECT status FROM attempts INDEXED BY attempts_delivery
                   WHERE attempts.delivery = deliveries.seq ORDER BY attempts.seq DESC LIMIT 1)
    WHERE status IS NULL OR status IN (SELECT value FROM json_each(?3))))
-- name: held_rows
SELECT seq, destination, key FROM deliveries INDEXED BY deliveries_asleep
WHERE profile_id IN (SELECT value FROM json_each(?)) AND state = 'held' ORDER BY seq
-- name: rows_of_keys
SELECT deliveries.seq, deliveries.destination, deliveries.key, deliveries.state
FROM json_each(?1) AS old
CROSS JOIN (SELECT DISTINCT destination AS name FROM delivery_totals) AS place
CROSS JOIN deliveries INDEXED BY deliveries_open
  ON deliveries.destination = place.name AND deliveries.key = old.key
WHERE deliveries.state IN ('queued', 'waiting')
UNION ALL
SELECT deliveries.seq, deliveries.destination, deliveries.key, deliveries.state
FROM json_each(?1) AS old
CROSS JOIN deliveries INDEXED BY deliveries_asleep ON deliveries.profile_id = old.key
WHERE deliveries.state = 'held' AND deliveries.key IN (SELECT key FROM json_each(?1))
-- name: rows_of_ids
SELECT deliveries.seq, deliveries.destination, deliveries.key, deliveries.state
FROM (SELECT DISTINCT destination AS name FROM delivery_totals) AS place
CROSS JOIN deliveries INDEXED BY deliveries_open
  ON deliveries.destination = place.name AND deliveries.key = ?1
WHERE deliveries.state IN ('queued', 'waiting') AND profile_id IN (SELECT value FROM json_each(?2))
UNION ALL
SELECT deliveries.seq, deliveries.destination, deliveries.key, deliveries.state
FROM json_each(?2) AS id
CROSS JOIN deliveries INDEXED BY deliveries_asleep ON deliveries.profile_id = id.value
WHERE deliveries.state = 'held' AND deliveries.key = ?1
-- name: first_of
SELECT pair.value ->> 0, pair.value ->> 1, (
  SELECT min(seq) FROM deliveries INDEXED BY deliveries_open
  WHERE destination = pair.value ->> 0 AND deliveries.key = pair.value ->> 1 AND state IN ('queued', 'waiting'))
FROM json_each(?) AS pair
-- name: set_keys
UPDATE deliveries SET key = moved.value ->> 1 FROM json_each(?) AS moved WHERE seq = moved.value ->> 0
-- name: heads_of
SELECT seq, deliveries.destination, deliveries.key, priority FROM json_each(?) AS pair
CROSS JOIN deliveries INDEXED BY deliveries_open
  ON deliveries.destination = pair.value ->> 0 AND deliveries.key = pair.value ->> 1
WHERE state IN ('queued', 'waiting') AND state = 'waiting'
-- name: set_priority
UPDATE deliveries SET priority = ? WHERE seq = ?
-- name: queue_behind
UPDATE deliveries SET state = 'queued' WHERE seq IN (SELECT value FROM json_each(?))
-- name: reopen
UPDATE deliveries SET state = ?, due_at = ?, retries = 0, first_attempt_at = NULL, finished_at = NULL,
  reason = 'replayed', replays = replays + 1, origin = 'replay', priority = ?, blueprint = ?
WHERE seq = ?
-- name: next_due
SELECT min((SELECT due_at FROM deliveries INDEXED BY deliveries_due
            WHERE destination = ? AND state = 'waiting' AND priority = class.value ORDER BY due_at LIMIT 1))
FROM json_each(?) AS class
-- name: retried_first
SELECT coalesce(first_attempt_at, created_at), due_at, reason
FROM json_each(?) AS class CROSS JOIN deliveries ON seq IN (
  SELECT seq FROM deliveries INDEXED BY deliveries_due
  WHERE destination = class.value ->> 0 AND state = 'waiting' AND priority = class.value ->> 1
  ORDER BY due_at LIMIT 200)
WHERE (retries > 0 OR first_attempt_at IS NOT NULL) AND reason IS NOT NULL
-- name: retried_last
SELECT coalesce(first_attempt_at, created_at), due_at, reason
FROM json_each(?) AS class CROSS JOIN deliveries ON seq IN (
  SELECT seq FROM deliveries INDEXED BY deliveries_due
  WHERE destination = class.value ->> 0 AND state = 'waiting' AND priority = class.value ->> 1
  ORDER BY due_at DESC LIMIT 200)
WHERE (retries > 0 OR first_attempt_at IS NOT NULL) AND reason IS NOT NULL
-- name: recount
SELECT destination, state, count(*) FROM deliveries INDEXED BY deliveries_open
WHERE state IN ('queued', 'waiting') GROUP BY destination, state
UNION ALL
SELECT destination, state, count(*) FROM deliveries INDEXED BY deliveries_kept
WHERE state IN ('held', 'dead') GROUP BY destination, state
UNION ALL
SELECT destination, 'delivered', count(*) FROM deliveries INDEXED BY deliveries_done
WHERE state = 'delivered' GROUP BY destination
-- name: done_before
SELECT seq, delivery_id, destination FROM deliveries INDEXED BY deliveries_done
WHERE state = 'delivered' AND finished_at < ? LIMIT ?
-- name: drop_deliveries
DELETE FROM deliveries WHERE seq IN (SELECT value FROM json_each(?))
-- name: drop_events
DELETE FROM delivery_events WHERE seq IN (SELECT value FROM json_each(?))
-- name: oldest_events
SELECT seq, event FROM delivery_events ORDER BY seq LIMIT ?
-- name: oldest_attempts
SELECT seq, body FROM attempts ORDER BY seq LIMIT ?
-- name: drop_attempts
DELETE FROM attempts WHERE delivery IN (SELECT value FROM json_each(?))
-- name: get_states
SELECT key, version, value FROM stage_states
WHERE stage = ? AND key IN (SELECT value FROM json_each(?))
-- name: put_states
INSERT INTO stage_states (stage, key, version, value)
VALUES (?, ?, ?, ?)
ON CONFLICT (stage, key) DO UPDATE SET version = excluded.version, value = excluded.value
-- name: drop_states
DELETE FROM stage_states WHERE stage = ? AND key IN (SELECT value FROM json_each(?))
-- name: set_timers
INSERT INTO timers (partition, kind, key, id, due_at)
VALUES (?, ?, ?, ?, ?)
ON CONFLICT (partition, kind, key, id) DO UPDATE SET due_at = excluded.due_at
-- name: remove_timers
DELETE FROM timers WHERE (partition, kind, key, id) IN (
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?))
-- name: due_timers
SELECT kind, key, id, due_at FROM timers WHERE partition = ? AND due_at <= ?
ORDER BY due_at, kind, key, id LIMIT ?
-- name: shift_timers
UPDATE timers SET due_at = max(due_at + ?, 0) WHERE due_at > ?
-- name: next_timers
SELECT partition, min(due_at) FROM timers WHERE partition IN (SELECT value FROM json_each(?))
GROUP BY partition
-- name: put_outbox
INSERT INTO outbox (partition, id, key, at, value)
VALUES (?, ?, ?, ?, ?)
-- name: outbox_page
SELECT seq, partition, id, key, at, value FROM outbox
WHERE partition IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT ?
-- name: drop_outbox
DELETE FROM outbox WHERE seq IN (SELECT value FROM json_each(?))
-- name: count_outbox
SELECT count(*) FROM outbox
-- name: reader_seen
INSERT INTO reader_groups (name, registered_at, seen_at) VALUES (?, ?, ?)
ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at
-- name: all_readers
SELECT name, registered_at, seen_at FROM reader_groups ORDER BY name
-- name: forget_reader
DELETE FROM reader_groups WHERE name = ?
-- name: forget_cursors
DELETE FROM cursors WHERE reader = ?
-- name: forget_gaps
DELETE FROM reader_gaps WHERE reader = ?
-- name: note_gap
INSERT INTO reader_gaps (reader, partition, first, last, found_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (reader, partition, first) DO UPDATE SET last = max(last, excluded.last), acknowledged_at =
CASE WHEN excluded.last > last OR excluded.found_at <> found_at THEN NULL ELSE acknowledged_at END
-- name: acknowledge_gaps
UPDATE reader_gaps SET acknowledged_at = ?, acknowledged_by = ?, reason = ?
WHERE reader = ? AND acknowledged_at IS NULL
-- name: gaps_of
SELECT partition, first, last, found_at, acknowledged_at, acknowledged_by, reason
FROM reader_gaps WHERE reader = ? ORDER BY partition, first
-- name: park
INSERT OR IGNORE INTO parked (partition, workspace, position)
VALUES (?, ?, ?)
-- name: parked_workspaces
SELECT DISTINCT partition, workspace FROM parked WHERE partition IN (SELECT value FROM json_each(?))
-- name: parked_page
SELECT position FROM parked WHERE partition = ? AND workspace = ? ORDER BY position LIMIT ?
-- name: take_parked
DELETE FROM parked WHERE partition = ? AND workspace = ? AND position <= ?
-- name: count_parked
SELECT workspace, count(*) FROM parked GROUP BY workspace ORDER BY workspace
-- name: first_parked
SELECT partition, min(position) FROM parked GROUP BY partition
-- name: get_clock
SELECT body FROM clock WHERE id = 1
-- name: put_clock
INSERT INTO clock (id, body) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body
-- name: due_now
UPDATE deliveries SET due_at = ?1 WHERE seq IN (SELECT value FROM json_each(?2))
-- name: shift_due
UPDATE deliveries SET due_at = max(due_at + ?1, 0) WHERE seq IN (
  SELECT seq FROM deliveries INDEXED BY deliveries_due
  WHERE destination = ?2 AND state = 'waiting' AND due_at > ?3)
-- name: shift_first_attempts
UPDATE deliveries SET first_attempt_at = first_attempt_at + ?1 WHERE seq IN (
  SELECT seq FROM deliveries INDEXED BY deliveries_due
  WHERE destination = ?2 AND state = 'waiting') AND first_attempt_at IS NOT NULL
-- name: clamp_due
UPDATE deliveries SET due_at = ?1 WHERE seq IN (
  SELECT seq FROM deliveries INDEXED BY deliveries_due
  WHERE destination = ?2 AND state = 'waiting' AND due_at > ?1)
-- name: forget_applied
DELETE FROM applied
-- name: forget_supersessions
DELETE FROM supersessions
-- name: forget_profiles
DELETE FROM profiles
-- name: forget_stage_states
DELETE FROM stage_states
-- name: forget_timers
DELETE FROM timers
-- name: forget_outbox
DELETE FROM outbox
-- name: forget_parked
DELETE FROM parked
-- name: zero_applied_totals
UPDATE applied_totals SET amount = 0
-- name: forget_event_merges
DELETE FROM overrides WHERE reason NOT LIKE 'operator:%'
-- name: lead_merges_to_parents
UPDATE overrides SET canonical = parent
-- name: flatten_merges
UPDATE overrides SET canonical = (SELECT next.canonical FROM overrides AS next WHERE next.old = overrides.canonical)
WHERE canonical IN (SELECT old FROM overrides)
