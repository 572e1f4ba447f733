/**
 * How a span whose time has come is emptied, and dropped. From when it is sealed on, nothing that has been passed in it
 * becomes wanted without being kept: what is pending says where its end belongs, and whoever owes an old event again
 * keeps it.
 */
export const empty = `
CREATE FUNCTION lark_fanout.is_wanted(
  dead boolean, settled_at bigint, delivered_before bigint, dead_before bigint
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT settled_at >= CASE WHEN dead THEN dead_before ELSE delivered_before END
$$;

-- Looks at some two hundred events and as many deliveries, evenly spread. One in a hundred may be young, by a wrong
-- clock; and it must pay to move what is wanted: where a sink has been paused for long, the span waits.
CREATE FUNCTION lark_fanout.ripeness(span bigint, delivered_before bigint, dead_before bigint) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  first bigint := span * 100000000;
  past bigint := first + 100000000;
  low bigint;
  high bigint;
  looked bigint[];
  found bigint;
BEGIN
  SELECT min(seq), max(seq) INTO low, high FROM lark_fanout.events WHERE NOT kept AND seq >= first AND seq < past;
  looked := ARRAY(
    SELECT DISTINCT s.seq
    FROM generate_series(low, high, greatest(1, (high - low) / 200)) AS place CROSS JOIN LATERAL (
      SELECT seq FROM lark_fanout.events WHERE NOT kept AND seq >= place AND seq < past ORDER BY seq LIMIT 1
    ) s
  );
  SELECT count(*) INTO found FROM lark_fanout.events
  WHERE NOT kept AND seq >= first AND seq < past AND seq = ANY (looked) AND accepted_at >= delivered_before;
  IF found > cardinality(looked) / 100 THEN RETURN 'young'; END IF;

  -- No EXISTS: of two of them the planner may make some that read all there are.
  SELECT count(*) INTO found FROM lark_fanout.events e
  WHERE NOT e.kept AND e.seq >= first AND e.seq < past AND e.seq = ANY (looked) AND (
    lark_fanout.is_wanted(e.problems IS NOT NULL, e.accepted_at, delivered_before, dead_before)
    OR (SELECT true FROM lark_fanout.deliveries d WHERE d.event = e.seq LIMIT 1) IS NOT NULL
    OR (
      SELECT true FROM lark_fanout.history h
      WHERE h.event = e.seq AND lark_fanout.is_wanted(h.dead, h.settled_at, delivered_before, dead_before) LIMIT 1
    ) IS NOT NULL
  );
  IF found > cardinality(looked) / 4 THEN RETURN 'wanted'; END IF;

  SELECT min(seq), max(seq) INTO low, high FROM lark_fanout.history WHERE NOT kept AND seq >= first AND seq < past;
  looked := ARRAY(
    SELECT DISTINCT s.seq
    FROM generate_series(low, high, greatest(1, (high - low) / 200)) AS place CROSS JOIN LATERAL (
      SELECT seq FROM lark_fanout.history WHERE NOT kept AND seq >= place AND seq < past ORDER BY seq LIMIT 1
    ) s
  );
  SELECT count(*) INTO found FROM lark_fanout.history
  WHERE NOT kept AND seq >= first AND seq < past AND seq = ANY (looked)
    AND lark_fanout.is_wanted(dead, settled_at, delivered_before, dead_before);
  RETURN CASE WHEN found > cardinality(looked) / 4 THEN 'wanted' ELSE 'ripe' END;
END $$;

-- Seals it when it is ripe; or the oldest, when too many wait.
CREATE FUNCTION lark_fanout.look_at_span(span bigint, delivered_before bigint, dead_before bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  found text := lark_fanout.ripeness(span, delivered_before, dead_before);
  waiting bigint;
  oldest bigint;
BEGIN
  IF found = 'young' THEN RETURN; END IF;
  UPDATE lark_fanout.spans SET state = 'waiting' WHERE n = span;
  SELECT count(*), min(n) INTO waiting, oldest FROM lark_fanout.spans WHERE state = 'waiting';
  IF found = 'wanted' AND waiting <= lark_fanout.most_waiting() THEN RETURN; END IF;
  -- Waits for whoever may have taken a number of it, and not yet used it.
  LOCK TABLE ONLY lark_fanout.events IN SHARE MODE;
  UPDATE lark_fanout.spans SET state = 'sealed' WHERE n = CASE found WHEN 'ripe' THEN span ELSE oldest END;
END $$;

-- A step: gives how many rows there are that go with the span.
CREATE FUNCTION lark_fanout.empty_span(
  span lark_fanout.spans, most integer, delivered_before bigint, dead_before bigint
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE count integer := lark_fanout.empty_history(span, most * 50, delivered_before, dead_before);
BEGIN
  IF count IS NULL THEN count := lark_fanout.empty_events(span, most * 20, delivered_before, dead_before); END IF;
  IF count IS NULL THEN PERFORM lark_fanout.drop_span(span.n); END IF;
  RETURN coalesce(count, 0);
END $$;

-- Where a step through a sealed span's deliveries ends: what it moves, with its attempts, is not much; but it is one
-- delivery at the least.
CREATE FUNCTION lark_fanout.end_of_step(
  first bigint, last bigint, delivered_before bigint, dead_before bigint
) RETURNS bigint LANGUAGE sql AS $$
  SELECT least(last, min(s.seq) - 1) FROM (
    SELECT w.seq, sum(w.size) OVER (ORDER BY w.seq) AS size, row_number() OVER (ORDER BY w.seq) AS place FROM (
      SELECT seq, 1 + attempts AS size FROM lark_fanout.deliveries WHERE seq BETWEEN first AND last
      UNION ALL
      SELECT seq, 1 + attempts FROM lark_fanout.history
      WHERE seq BETWEEN first AND last
        AND (kept OR dead OR lark_fanout.is_wanted(dead, settled_at, delivered_before, dead_before))
    ) w
  ) s WHERE s.size > 1000 AND s.place > 1
$$;

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
  last bigint;
  wanted bigint[];
  gone text[];
  rest bigint;
BEGIN
  IF first IS NULL THEN RETURN NULL; END IF;
  -- There may be some before the first, of which the attempts are yet to be moved.
  last := lark_fanout.end_of_step(
    span.next_delivery, least(first + most, past) - 1, delivered_before, dead_before);
  WITH free AS MATERIALIZED (
    SELECT seq FROM lark_fanout.deliveries WHERE seq BETWEEN first AND last AND NOT kept FOR UPDATE SKIP LOCKED
  )
  UPDATE lark_fanout.deliveries d SET kept = true FROM free WHERE d.seq = free.seq;
  -- Some are being settled just now: the step is made again when it is known what becomes of them.
  IF EXISTS (SELECT FROM lark_fanout.deliveries WHERE seq BETWEEN first AND last AND NOT kept) THEN RETURN 0; END IF;
  WITH gone AS (
    DELETE FROM lark_fanout.history
    WHERE NOT kept AND seq BETWEEN first AND last AND dead AND settled_at < dead_before RETURNING sink
  )
  SELECT array_agg(sink) INTO gone FROM gone;
  UPDATE lark_fanout.history SET kept = true
  WHERE NOT kept AND seq BETWEEN first AND last
    AND lark_fanout.is_wanted(dead, settled_at, delivered_before, dead_before);
  wanted := ARRAY(
    SELECT seq FROM lark_fanout.deliveries WHERE seq BETWEEN span.next_delivery AND last
    UNION ALL
    SELECT seq FROM lark_fanout.history WHERE kept AND seq BETWEEN span.next_delivery AND last
  );
  UPDATE lark_fanout.attempts SET kept = true
  WHERE NOT kept AND delivery BETWEEN span.next_delivery AND last AND delivery = ANY (wanted);
  UPDATE lark_fanout.spans SET next_delivery = last + 1 WHERE n = span.n;
  SELECT count(*) INTO rest FROM lark_fanout.history WHERE NOT kept AND seq BETWEEN first AND last;
  PERFORM lark_fanout.tally_all(gone, 0, -1);
  RETURN rest + coalesce(cardinality(gone), 0);
END $$;

-- Likewise, through its events: wanted are those of which there is something elsewhere.
CREATE FUNCTION lark_fanout.empty_events(
  span lark_fanout.spans, most integer, delivered_before bigint, dead_before bigint
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  moved constant integer := 500;
  begins bigint := span.n * 100000000;
  past bigint := begins + 100000000;
  first bigint := (
    SELECT min(seq) FROM lark_fanout.events WHERE NOT kept AND seq >= span.next_event AND seq < past);
  last bigint := least(first + most, past) - 1;
  wanted bigint[];
BEGIN
  IF first IS NULL THEN RETURN NULL; END IF;
  wanted := ARRAY(
    SELECT event FROM (
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
    ) w ORDER BY event LIMIT moved + 1
  );
  last := least(last, wanted[moved + 1] - 1);
  UPDATE lark_fanout.events SET kept = true
  WHERE NOT kept AND seq BETWEEN first AND last AND seq = ANY (wanted);
  UPDATE lark_fanout.spans SET next_event = last + 1 WHERE n = span.n;
  RETURN (SELECT count(*) FROM lark_fanout.events WHERE NOT kept AND seq BETWEEN first AND last);
END $$;

-- Nothing of it is wanted. Whoever waits for the tables meanwhile waits for all the locks, which have 100 ms together.
CREATE FUNCTION lark_fanout.drop_span(span bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  began timestamptz := clock_timestamp();
  statement text;
BEGIN
  FOREACH statement IN ARRAY ARRAY[
    'LOCK TABLE ONLY lark_fanout.events_spans IN ACCESS EXCLUSIVE MODE',
    'LOCK TABLE ONLY lark_fanout.history_spans IN ACCESS EXCLUSIVE MODE',
    'LOCK TABLE ONLY lark_fanout.attempts_spans IN ACCESS EXCLUSIVE MODE',
    'DROP TABLE lark_fanout.events_' || span,
    'DROP TABLE lark_fanout.history_' || span,
    'DROP TABLE lark_fanout.attempts_' || span
  ] LOOP
    PERFORM set_config('lock_timeout',
      greatest(1, 100 - 1000 * extract(epoch FROM clock_timestamp() - began))::integer || 'ms', true);
    EXECUTE statement;
  END LOOP;
  DELETE FROM lark_fanout.spans WHERE n = span;
END $$;
`
