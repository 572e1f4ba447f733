/**
 * How a closed span is emptied, and dropped. From when it is sealed on, nothing that has been passed in it becomes wanted
 * without being kept: what is pending says where its end belongs, and whoever owes an old event again keeps it.
 */
export const empty = `
CREATE FUNCTION lark_fanout.is_wanted(
  dead boolean, settled_at bigint, delivered_before bigint, dead_before bigint
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT settled_at >= CASE WHEN dead THEN dead_before ELSE delivered_before END
$$;

-- Looks at some two hundred events and as many deliveries, evenly spread. One in a hundred may be young, by a wrong
-- clock; and it must pay to move what is wanted: where a sink has been paused for long, the span waits.
CREATE FUNCTION lark_fanout.is_ripe(span bigint, delivered_before bigint, dead_before bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  first bigint := span * 100000000;
  past bigint := first + 100000000;
  low bigint;
  high bigint;
  looked integer;
  young integer;
  wanted integer;
BEGIN
  SELECT min(seq), max(seq) INTO low, high FROM lark_fanout.events WHERE NOT kept AND seq >= first AND seq < past;
  SELECT count(*), count(*) FILTER (WHERE s.accepted_at >= delivered_before), count(*) FILTER (
    WHERE lark_fanout.is_wanted(s.quarantined, s.accepted_at, delivered_before, dead_before)
      OR EXISTS (SELECT FROM lark_fanout.deliveries d WHERE d.event = s.seq)
      OR EXISTS (
        SELECT FROM lark_fanout.history h
        WHERE h.event = s.seq AND lark_fanout.is_wanted(h.dead, h.settled_at, delivered_before, dead_before)
      )
  ) INTO looked, young, wanted
  FROM generate_series(low, high, greatest(1, (high - low) / 200)) AS place CROSS JOIN LATERAL (
    SELECT e.seq, e.accepted_at, e.problems IS NOT NULL AS quarantined
    FROM lark_fanout.events e WHERE NOT e.kept AND e.seq >= place AND e.seq < past ORDER BY e.seq LIMIT 1
  ) s;
  IF young > looked / 100 OR wanted > looked / 4 THEN RETURN false; END IF;

  SELECT min(seq), max(seq) INTO low, high FROM lark_fanout.history WHERE NOT kept AND seq >= first AND seq < past;
  SELECT count(*), count(*) FILTER (WHERE s.wanted) INTO looked, wanted
  FROM generate_series(low, high, greatest(1, (high - low) / 200)) AS place CROSS JOIN LATERAL (
    SELECT lark_fanout.is_wanted(h.dead, h.settled_at, delivered_before, dead_before) AS wanted
    FROM lark_fanout.history h WHERE NOT h.kept AND h.seq >= place AND h.seq < past ORDER BY h.seq LIMIT 1
  ) s;
  RETURN wanted <= looked / 4;
END $$;

-- The oldest of the closed ones that may be emptied.
CREATE FUNCTION lark_fanout.seal_span(delivered_before bigint, dead_before bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE span bigint;
BEGIN
  FOR span IN SELECT n FROM lark_fanout.spans WHERE state = 'closed' ORDER BY n LOOP
    CONTINUE WHEN NOT lark_fanout.is_ripe(span, delivered_before, dead_before);
    -- Waits for whoever may have taken a number of it, and not yet used it.
    LOCK TABLE ONLY lark_fanout.events IN SHARE MODE;
    UPDATE lark_fanout.spans SET state = 'sealed' WHERE n = span;
    RETURN true;
  END LOOP;
  RETURN false;
END $$;

-- A step through a sealed span's deliveries: what is wanted is kept, and what becomes of the pending ones will be. The
-- rest goes with the span: gives how many, or NULL at the end.
CREATE FUNCTION lark_fanout.empty_history(
  span lark_fanout.spans, most integer, delivered_before bigint, dead_before bigint
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  past bigint := (span.n + 1) * 100000000;
  first bigint := least(
    (SELECT min(seq) FROM lark_fanout.history WHERE NOT kept AND seq >= span.next_delivery AND seq < past),
    (SELECT min(seq) FROM lark_fanout.deliveries WHERE NOT kept AND seq >= span.next_delivery AND seq < past));
  last bigint := least(first + most, past) - 1;
  gone bigint;
  rest bigint;
BEGIN
  IF first IS NULL THEN RETURN NULL; END IF;
  WITH free AS MATERIALIZED (
    SELECT seq FROM lark_fanout.deliveries WHERE seq BETWEEN first AND last AND NOT kept FOR UPDATE SKIP LOCKED
  )
  UPDATE lark_fanout.deliveries d SET kept = true FROM free WHERE d.seq = free.seq;
  -- Some are being settled just now: the step is made again when it is known what becomes of them.
  IF EXISTS (SELECT FROM lark_fanout.deliveries WHERE seq BETWEEN first AND last AND NOT kept) THEN RETURN 0; END IF;
  WITH gone AS (
    DELETE FROM lark_fanout.history
    WHERE NOT kept AND seq BETWEEN first AND last AND dead AND settled_at < dead_before RETURNING sink
  ), counted AS (
    SELECT array_agg(sink) AS sinks, array_agg(0) AS zeros, array_agg(-1) AS ones, count(*) AS n FROM gone
  )
  SELECT counted.n INTO gone FROM counted, lark_fanout.tally(counted.sinks, counted.zeros, counted.ones);
  UPDATE lark_fanout.history SET kept = true
  WHERE NOT kept AND seq BETWEEN first AND last
    AND lark_fanout.is_wanted(dead, settled_at, delivered_before, dead_before);
  UPDATE lark_fanout.attempts a SET kept = true
  WHERE NOT a.kept AND a.delivery BETWEEN first AND last AND (
    EXISTS (SELECT FROM lark_fanout.deliveries d WHERE d.seq = a.delivery)
    OR EXISTS (SELECT FROM lark_fanout.history h WHERE h.kept AND h.seq = a.delivery));
  UPDATE lark_fanout.spans SET next_delivery = last + 1 WHERE n = span.n;
  SELECT count(*) INTO rest FROM lark_fanout.history WHERE NOT kept AND seq BETWEEN first AND last;
  RETURN gone + rest;
END $$;

-- Likewise, through its events: wanted are those of which there is something elsewhere.
CREATE FUNCTION lark_fanout.empty_events(
  span lark_fanout.spans, most integer, delivered_before bigint, dead_before bigint
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  begins bigint := span.n * 100000000;
  past bigint := begins + 100000000;
  first bigint := (
    SELECT min(seq) FROM lark_fanout.events WHERE NOT kept AND seq >= span.next_event AND seq < past);
  last bigint := least(first + most, past) - 1;
BEGIN
  IF first IS NULL THEN RETURN NULL; END IF;
  WITH wanted AS MATERIALIZED (
    SELECT event FROM lark_fanout.deliveries WHERE event BETWEEN first AND last
    UNION
    SELECT event FROM lark_fanout.history WHERE kept AND event BETWEEN first AND last
    UNION
    SELECT event FROM lark_fanout.history
    WHERE NOT kept AND (seq < begins OR seq >= past) AND event BETWEEN first AND last
    UNION
    SELECT seq FROM lark_fanout.events
    WHERE NOT kept AND seq BETWEEN first AND last
      AND lark_fanout.is_wanted(problems IS NOT NULL, accepted_at, delivered_before, dead_before)
  )
  UPDATE lark_fanout.events e SET kept = true FROM wanted WHERE NOT e.kept AND e.seq = wanted.event;
  UPDATE lark_fanout.spans SET next_event = last + 1 WHERE n = span.n;
  RETURN (SELECT count(*) FROM lark_fanout.events WHERE NOT kept AND seq BETWEEN first AND last);
END $$;

-- Nothing of it is wanted.
CREATE FUNCTION lark_fanout.drop_span(span bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE parent text;
BEGIN
  LOCK TABLE ONLY lark_fanout.events_spans, ONLY lark_fanout.history_spans, ONLY lark_fanout.attempts_spans
    IN ACCESS EXCLUSIVE MODE;
  FOREACH parent IN ARRAY ARRAY['events', 'history', 'attempts'] LOOP
    EXECUTE format('DROP TABLE lark_fanout.%I', parent || '_' || span);
  END LOOP;
  DELETE FROM lark_fanout.spans WHERE n = span;
END $$;
`
