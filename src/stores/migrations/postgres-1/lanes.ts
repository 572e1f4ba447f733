/**
 * What the gateways know of their sinks together, one row a sink. Each function does what its namesake in
 * src/core/lane/shared.ts does to a value, in one statement. Times are Unix milliseconds by the gateways' clocks. None of
 * it need outlive a crash of the server, which takes longer than any slot is reserved ahead: so nobody waits for the disk.
 */
export const lanes = `
CREATE TABLE lark_fanout.lanes (
  sink         text PRIMARY KEY,
  mark         text NOT NULL DEFAULT '',  -- of the options that its breaker is about
  failures     integer NOT NULL DEFAULT 0,
  open_until   double precision,
  trying_until double precision,
  next_slot    double precision           -- the first that nobody has
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- A sink's row, for this transaction alone. Its breaker is at rest where it was about other options.
CREATE FUNCTION lark_fanout.lane(of_sink text, of_mark text) RETURNS lark_fanout.lanes
LANGUAGE plpgsql AS $$
DECLARE lane lark_fanout.lanes;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  SELECT * INTO lane FROM lark_fanout.lanes WHERE sink = of_sink FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO lark_fanout.lanes (sink) VALUES (of_sink) ON CONFLICT DO NOTHING;
    SELECT * INTO lane FROM lark_fanout.lanes WHERE sink = of_sink FOR UPDATE;
  END IF;
  IF lane.mark <> of_mark THEN
    lane.mark := of_mark;
    lane.failures := 0;
    lane.open_until := NULL;
    lane.trying_until := NULL;
  END IF;
  RETURN lane;
END $$;

CREATE FUNCTION lark_fanout.is_ahead(
  at double precision, length_ms double precision, asked_at double precision
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(asked_at < at AND at <= asked_at + length_ms + 10000, false)
$$;

CREATE FUNCTION lark_fanout.report(
  of_sink text, of_mark text, succeeded boolean, reported integer, seen double precision, most integer,
  cooldown_ms double precision, asked_at double precision
) RETURNS lark_fanout.lanes LANGUAGE plpgsql AS $$
DECLARE
  lane lark_fanout.lanes := lark_fanout.lane(of_sink, of_mark);
  in_a_row integer := CASE WHEN succeeded THEN 0 ELSE lane.failures END + reported;
  opens boolean := CASE WHEN seen IS NULL THEN in_a_row >= most ELSE reported > 0 END;
BEGIN
  IF lane.open_until IS DISTINCT FROM seen THEN RETURN lane; END IF;
  lane.trying_until := NULL;
  IF opens THEN
    lane.failures := 0;
    lane.open_until := asked_at + cooldown_ms;
  ELSIF seen IS NULL THEN
    lane.failures := in_a_row;
  ELSIF succeeded THEN
    lane.open_until := NULL;
  END IF;
  UPDATE lark_fanout.lanes
  SET mark = lane.mark, failures = lane.failures, open_until = lane.open_until, trying_until = lane.trying_until
  WHERE sink = of_sink;
  RETURN lane;
END $$;

CREATE FUNCTION lark_fanout.try(
  of_sink text, of_mark text, seen double precision, cooldown_ms double precision, try_ms double precision,
  asked_at double precision,
  OUT granted boolean, OUT failures integer, OUT open_until double precision, OUT trying_until double precision
) LANGUAGE plpgsql AS $$
DECLARE lane lark_fanout.lanes := lark_fanout.lane(of_sink, of_mark);
BEGIN
  granted := coalesce(lane.open_until = seen, false)
    AND NOT lark_fanout.is_ahead(lane.open_until, cooldown_ms, asked_at)
    AND NOT lark_fanout.is_ahead(lane.trying_until, try_ms, asked_at);
  IF granted THEN
    lane.trying_until := asked_at + try_ms;
    UPDATE lark_fanout.lanes AS l SET trying_until = lane.trying_until WHERE l.sink = of_sink;
  END IF;
  failures := lane.failures;
  open_until := lane.open_until;
  trying_until := lane.trying_until;
END $$;

CREATE FUNCTION lark_fanout.slots(
  of_sink text, interval_ms double precision, want integer, until double precision, asked_at double precision,
  OUT first double precision, OUT count integer, OUT next_at double precision
) LANGUAGE plpgsql AS $$
DECLARE
  lane lark_fanout.lanes := lark_fanout.lane(of_sink, '');
  left_over integer;
BEGIN
  first := greatest(asked_at, lane.next_slot);
  IF lane.next_slot > until + interval_ms + 10000 THEN first := asked_at + interval_ms; END IF;
  left_over := CASE WHEN first > until THEN 0 ELSE floor((until - first) / interval_ms) + 1 END;
  count := least(want, ceil(left_over / 2.0));
  next_at := first + count * interval_ms;
  UPDATE lark_fanout.lanes SET next_slot = next_at WHERE sink = of_sink;
END $$;
`
