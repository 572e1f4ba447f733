/** What people read. */
export const reads = `
-- What is pending and what has ended. Their columns are plain, so that each side is read by its own indexes.
CREATE VIEW lark_fanout.all_deliveries AS
SELECT seq, event, accepted_at, attempts, sink, order_key, true AS pending, false AS dead,
  'pending' AS state, due_at, leased, NULL::bigint AS settled_at, NULL::text AS reason
FROM lark_fanout.deliveries
UNION ALL
SELECT seq, event, accepted_at, attempts, sink, order_key, false, dead,
  CASE WHEN dead THEN 'dead' ELSE 'delivered' END, NULL, false, settled_at, reason
FROM lark_fanout.history;
${firstAt('first_event_at', 'events')}
${firstAt('first_delivery_at', 'all_deliveries')}
`

/**
 * The seq from which on rows were accepted at a time or later. `accepted_at` grows with `seq`, but for a clock that is
 * set back: so it needs no index, which every accepted event would pay for.
 */
function firstAt(name: string, table: string): string {
  return `
CREATE FUNCTION lark_fanout.${name}(wanted bigint) RETURNS bigint LANGUAGE plpgsql STABLE STRICT
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
DECLARE
  low bigint;
  high bigint;
  middle bigint;
  found_seq bigint;
  found_at bigint;
BEGIN
  SELECT coalesce(min(seq), 0), coalesce(max(seq), 0) + 1 INTO low, high FROM lark_fanout.${table};
  WHILE low < high LOOP
    middle := (low + high) / 2;
    SELECT seq, accepted_at INTO found_seq, found_at
    FROM lark_fanout.${table} WHERE seq >= middle ORDER BY seq LIMIT 1;
    IF found_seq < high AND found_at < wanted THEN
      low := found_seq + 1;
    ELSE
      high := middle;
    END IF;
  END LOOP;
  RETURN low;
END $$;`
}
