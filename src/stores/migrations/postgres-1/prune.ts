import { byIndex } from './planning.ts'

/**
 * Pruning, a step at a time, by whichever gateway has its lock at the moment. No step waits for anybody for longer than
 * 100 ms, and most wait for nobody.
 *
 * In the spans that are open, and of what is kept, rows are deleted one by one. A closed span goes as a whole.
 */
export const prune = `
-- busy: others prune, or change what has been settled. Else next is where this stage goes on, or NULL at its end; where
-- somebody holds what is to go, it ends for now.
CREATE FUNCTION lark_fanout.prune(
  stage text, after bigint, most integer,
  delivered_before bigint, dead_before bigint, identities_before bigint, audit_before bigint,
  OUT busy boolean, OUT count integer, OUT next bigint
) LANGUAGE plpgsql
SET lock_timeout = '100ms' ${byIndex} AS $$
DECLARE
  pruned record;
  opened bigint;
BEGIN
  busy := EXISTS (SELECT FROM lark_fanout.moves WHERE ended_at IS NULL)
    OR NOT pg_try_advisory_xact_lock(27752, 0);
  count := 0;
  IF busy THEN RETURN; END IF;
  CASE stage
  WHEN 'extend' THEN
    PERFORM lark_fanout.extend_spans(delivered_before);
    RETURN;
  WHEN 'spans' THEN
    pruned := lark_fanout.prune_spans(after, most, delivered_before, dead_before);
  WHEN 'kept' THEN
    pruned := lark_fanout.prune_events(true, after, most, delivered_before, dead_before);
  WHEN 'open' THEN
    -- One that is about to end goes as a whole before long.
    IF lark_fanout.is_ending(delivered_before) THEN RETURN; END IF;
    opened := (SELECT min(n) * 100000000 - 1 FROM lark_fanout.spans WHERE state = 'open');
    pruned := lark_fanout.prune_events(false, greatest(after, opened), most, delivered_before, dead_before);
  WHEN 'identities' THEN
    -- They are small, and cannot go as a whole: more than are accepted meanwhile, at any rate.
    pruned := lark_fanout.prune_identities(after, most * 5, identities_before);
  WHEN 'audit' THEN
    pruned := lark_fanout.prune_audit(after, most, audit_before);
  END CASE;
  count := pruned.count;
  next := pruned.next;
EXCEPTION WHEN lock_not_available THEN
  busy := false;
  count := 0;
  next := NULL;
END $$;

-- The next piece of work on spans: one is emptied at a time, and one is looked at, from the oldest on.
CREATE FUNCTION lark_fanout.prune_spans(
  after bigint, most integer, delivered_before bigint, dead_before bigint, OUT count integer, OUT next bigint
) LANGUAGE plpgsql AS $$
DECLARE sealed lark_fanout.spans;
BEGIN
  SELECT * INTO sealed FROM lark_fanout.spans WHERE state = 'sealed' LIMIT 1;
  IF FOUND THEN
    count := lark_fanout.empty_span(sealed, most, delivered_before, dead_before);
    next := after;
    RETURN;
  END IF;
  count := 0;
  next := (SELECT min(n) FROM lark_fanout.spans WHERE state IN ('closed', 'waiting') AND n >= after);
  IF next IS NULL THEN RETURN; END IF;
  PERFORM lark_fanout.look_at_span(next, delivered_before, dead_before);
  next := next + 1;
END $$;

-- Deletes those of the settled deliveries that have had their time, with their attempts. Gives how many, and the sinks
-- of those that were dead, to be counted.
CREATE FUNCTION lark_fanout.forget(
  seqs bigint[], delivered_before bigint, dead_before bigint, OUT count integer, OUT dead_sinks text[]
) LANGUAGE plpgsql AS $$
DECLARE gone bigint[];
BEGIN
  WITH gone AS (
    DELETE FROM lark_fanout.history
    WHERE seq = ANY (seqs) AND NOT lark_fanout.is_wanted(dead, settled_at, delivered_before, dead_before)
    RETURNING seq, sink, dead
  )
  SELECT array_agg(g.seq), array_agg(g.sink) FILTER (WHERE g.dead), count(*)
  INTO gone, dead_sinks, count FROM gone g;
  DELETE FROM lark_fanout.attempts WHERE delivery = ANY (gone);
END $$;

-- A walk, from the oldest on, for as long as there are old ones. Where events have many deliveries or attempts, a step
-- goes through fewer of them; through one at the least.
CREATE FUNCTION lark_fanout.prune_events(
  of_kept boolean, after bigint, most integer, delivered_before bigint, dead_before bigint,
  OUT count integer, OUT next bigint
) LANGUAGE plpgsql AS $$
DECLARE
  before bigint := greatest(delivered_before, dead_before);
  looked bigint[];
  oldest bigint;
  too_many bigint;
  forgotten record;
  done integer;
BEGIN
  count := 0;
  SELECT array_agg(e.seq ORDER BY e.seq), min(e.accepted_at) INTO looked, oldest FROM (
    SELECT seq, accepted_at FROM lark_fanout.events WHERE kept = of_kept AND seq > after ORDER BY seq LIMIT most
  ) e;
  IF looked IS NULL OR oldest >= before AND NOT lark_fanout.is_old_ahead(
    format('SELECT accepted_at FROM lark_fanout.events WHERE kept = %L AND seq >= $1 ORDER BY seq LIMIT 1', of_kept),
    looked[cardinality(looked)], before)
  THEN RETURN; END IF;
  SELECT min(h.event) INTO too_many FROM (
    SELECT event, sum(1 + attempts) OVER (ORDER BY event, seq) AS size FROM (
      SELECT event, seq, attempts FROM lark_fanout.history WHERE event = ANY (looked) ORDER BY event LIMIT 4001
    ) rows
  ) h WHERE h.size > 4000;
  looked := ARRAY(SELECT seq FROM unnest(looked) AS seq WHERE (seq < too_many) IS NOT FALSE OR seq = looked[1]);
  next := looked[cardinality(looked)];
  forgotten := lark_fanout.forget(
    ARRAY(SELECT seq FROM lark_fanout.history WHERE event = ANY (looked)), delivered_before, dead_before);
  DELETE FROM lark_fanout.events e
  WHERE e.seq = ANY (looked)
    AND NOT lark_fanout.is_wanted(e.problems IS NOT NULL, e.accepted_at, delivered_before, dead_before)
    AND NOT EXISTS (SELECT FROM lark_fanout.deliveries d WHERE d.event = e.seq)
    AND NOT EXISTS (SELECT FROM lark_fanout.history h WHERE h.event = e.seq);
  GET DIAGNOSTICS done = ROW_COUNT;
  count := forgotten.count + done;
  PERFORM lark_fanout.tally_all(forgotten.dead_sinks, 0, -1);
END $$;

-- A walk is not over at the first that is young, for the clock may have been wrong then. So it looks at rows ever
-- further ahead, and finds an old one where as many are old as the clock was wrong for.
CREATE FUNCTION lark_fanout.is_old_ahead(time_from text, last bigint, before bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  ahead bigint := 1;
  found_at bigint;
BEGIN
  LOOP
    EXECUTE time_from INTO found_at USING last + ahead;
    IF found_at IS NULL THEN RETURN false; END IF;
    IF found_at < before THEN RETURN true; END IF;
    ahead := ahead * 2;
  END LOOP;
END $$;

-- An identity lives as long as its event, at the least: the event is found by it.
CREATE FUNCTION lark_fanout.prune_identities(
  after bigint, most integer, before bigint, OUT count integer, OUT next bigint
) LANGUAGE plpgsql AS $$
DECLARE
  last bigint;
  oldest bigint;
BEGIN
  count := 0;
  SELECT max(i.event), min(i.accepted_at) INTO last, oldest FROM (
    SELECT event, accepted_at FROM lark_fanout.identities WHERE event > after ORDER BY event LIMIT most
  ) i;
  IF last IS NULL OR oldest >= before AND NOT lark_fanout.is_old_ahead(
    'SELECT accepted_at FROM lark_fanout.identities WHERE event >= $1 ORDER BY event LIMIT 1', last, before)
  THEN RETURN; END IF;
  DELETE FROM lark_fanout.identities i
  WHERE i.event > after AND i.event <= last AND i.accepted_at < before
    AND NOT EXISTS (SELECT FROM lark_fanout.events e WHERE e.seq = i.event);
  next := last;
END $$;

CREATE FUNCTION lark_fanout.prune_audit(
  after bigint, most integer, before bigint, OUT count integer, OUT next bigint
) LANGUAGE plpgsql AS $$
DECLARE
  last bigint;
  oldest bigint;
BEGIN
  count := 0;
  SELECT max(a.seq), min(a.at) INTO last, oldest FROM (
    SELECT seq, at FROM lark_fanout.audit WHERE seq > after ORDER BY seq LIMIT most
  ) a;
  IF last IS NULL OR oldest >= before AND NOT lark_fanout.is_old_ahead(
    'SELECT at FROM lark_fanout.audit WHERE seq >= $1 ORDER BY seq LIMIT 1', last, before)
  THEN RETURN; END IF;
  DELETE FROM lark_fanout.audit WHERE seq > after AND seq <= last AND at < before;
  next := last;
END $$;
`
