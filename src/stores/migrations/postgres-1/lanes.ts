/**
 * What the gateways know of their sinks together. Each function does what its namesake in src/core/lane/shared.ts does to
 * a value, in one statement. Times are Unix milliseconds by the gateways' clocks. Little of it need outlive a crash of
 * the server, which takes longer than most slots are reserved ahead: so nobody waits for the disk but for the others.
 */
export const lanes = `
CREATE TABLE lark_fanout.lanes (
  sink          text PRIMARY KEY,
  next_slot     double precision,  -- nobody has any from here on
  skipped_from  double precision,  -- nor these before it
  skipped_until double precision
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

CREATE TABLE lark_fanout.breakers (
  sink         text,
  mark         text,  -- of the options that it is about
  failures     integer NOT NULL DEFAULT 0,
  open_until   double precision,
  trying_until double precision,
  told_at      double precision NOT NULL DEFAULT 0,
  PRIMARY KEY (sink, mark)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- For this transaction alone.
CREATE FUNCTION lark_fanout.breaker(of_sink text, of_mark text) RETURNS lark_fanout.breakers
LANGUAGE plpgsql AS $$
DECLARE breaker lark_fanout.breakers;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  SELECT * INTO breaker FROM lark_fanout.breakers WHERE sink = of_sink AND mark = of_mark FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO lark_fanout.breakers (sink, mark) VALUES (of_sink, of_mark) ON CONFLICT DO NOTHING;
    SELECT * INTO breaker FROM lark_fanout.breakers WHERE sink = of_sink AND mark = of_mark FOR UPDATE;
  END IF;
  RETURN breaker;
END $$;

CREATE FUNCTION lark_fanout.is_ahead(
  at double precision, length_ms double precision, asked_at double precision
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(asked_at < at AND at <= asked_at + length_ms + 10000, false)
$$;

CREATE FUNCTION lark_fanout.report(
  of_sink text, of_mark text, succeeded boolean, reported integer, seen double precision, most integer,
  cooldown_ms double precision, asked_at double precision
) RETURNS lark_fanout.breakers LANGUAGE plpgsql AS $$
DECLARE
  breaker lark_fanout.breakers := lark_fanout.breaker(of_sink, of_mark);
  in_a_row integer := CASE WHEN succeeded THEN 0 ELSE breaker.failures END + reported;
  opens boolean := CASE WHEN seen IS NULL THEN in_a_row >= most ELSE reported > 0 END;
BEGIN
  IF breaker.open_until IS DISTINCT FROM seen THEN RETURN breaker; END IF;
  breaker.trying_until := NULL;
  IF opens THEN
    breaker.failures := 0;
    breaker.open_until := asked_at + cooldown_ms;
  ELSIF seen IS NULL THEN
    breaker.failures := in_a_row;
  ELSIF succeeded THEN
    breaker.open_until := NULL;
  END IF;
  UPDATE lark_fanout.breakers
  SET failures = breaker.failures, open_until = breaker.open_until, trying_until = breaker.trying_until,
    told_at = asked_at
  WHERE sink = of_sink AND mark = of_mark;
  -- Two that told of theirs at once would wait for each other.
  DELETE FROM lark_fanout.breakers WHERE sink = of_sink AND mark IN (
    SELECT mark FROM lark_fanout.breakers
    WHERE sink = of_sink AND told_at < asked_at - 3600000 FOR UPDATE SKIP LOCKED
  );
  RETURN breaker;
END $$;

CREATE FUNCTION lark_fanout.try(
  of_sink text, of_mark text, seen double precision, cooldown_ms double precision, try_ms double precision,
  asked_at double precision,
  OUT granted boolean, OUT failures integer, OUT open_until double precision, OUT trying_until double precision
) LANGUAGE plpgsql AS $$
DECLARE breaker lark_fanout.breakers := lark_fanout.breaker(of_sink, of_mark);
BEGIN
  granted := coalesce(breaker.open_until = seen, false)
    AND NOT lark_fanout.is_ahead(breaker.open_until, cooldown_ms, asked_at)
    AND NOT lark_fanout.is_ahead(breaker.trying_until, try_ms, asked_at);
  IF granted THEN
    breaker.trying_until := asked_at + try_ms;
    UPDATE lark_fanout.breakers AS b SET trying_until = breaker.trying_until, told_at = asked_at
    WHERE b.sink = of_sink AND b.mark = of_mark;
  END IF;
  failures := breaker.failures;
  open_until := breaker.open_until;
  trying_until := breaker.trying_until;
END $$;

CREATE FUNCTION lark_fanout.slots(
  of_sink text, interval_ms double precision, want integer, until double precision, asked_at double precision,
  OUT first double precision, OUT count integer, OUT next_at double precision
) LANGUAGE plpgsql AS $$
DECLARE
  free lark_fanout.lanes;
  is_skipped boolean;
  last double precision;
  left_over integer;
BEGIN
  -- One that lies far ahead outlives a crash.
  IF interval_ms <= 1000 THEN PERFORM set_config('synchronous_commit', 'off', true); END IF;
  SELECT * INTO free FROM lark_fanout.lanes WHERE sink = of_sink FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO lark_fanout.lanes (sink) VALUES (of_sink) ON CONFLICT DO NOTHING;
    SELECT * INTO free FROM lark_fanout.lanes WHERE sink = of_sink FOR UPDATE;
  END IF;
  IF free.next_slot IS NULL OR free.next_slot > until + interval_ms + 10000 THEN
    free.next_slot := asked_at + CASE WHEN free.next_slot IS NULL THEN 0 ELSE interval_ms END;
    free.skipped_from := free.next_slot;
    free.skipped_until := free.next_slot;
  END IF;
  is_skipped := greatest(asked_at, free.skipped_from) <= free.skipped_until - interval_ms;
  first := greatest(asked_at, CASE WHEN is_skipped THEN free.skipped_from ELSE free.next_slot END);
  last := CASE WHEN is_skipped THEN least(until, free.skipped_until - interval_ms) ELSE until END;
  left_over := CASE WHEN first > last THEN 0 ELSE floor((last - first) / interval_ms) + 1 END;
  count := least(want, ceil(left_over / 2.0));
  next_at := first + count * interval_ms;
  IF is_skipped THEN
    free.skipped_from := next_at;
  ELSE
    IF first - free.next_slot >= interval_ms THEN
      free.skipped_from := free.next_slot;
      free.skipped_until := first;
    END IF;
    free.next_slot := next_at;
  END IF;
  UPDATE lark_fanout.lanes
  SET next_slot = free.next_slot, skipped_from = free.skipped_from, skipped_until = free.skipped_until
  WHERE sink = of_sink;
END $$;
`
