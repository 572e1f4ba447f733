import { byIndex } from './planning.ts'

/**
 * What operators ask for. One of these at a time, and none while something is pruned: `lock_ledger` comes first, then
 * the order keys.
 */
export const changes = `
CREATE FUNCTION lark_fanout.lock_ledger() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lark_fanout.require_moved();
  PERFORM pg_advisory_xact_lock(27752, 0);
END $$;

-- Each of these counts the same. To be called last: whoever waits for a count must hold nothing that its holder wants.
CREATE FUNCTION lark_fanout.tally_all(sinks text[], pending integer, dead integer) RETURNS void
LANGUAGE sql AS $$
  SELECT lark_fanout.tally(sinks, array_agg(pending), array_agg(dead)) FROM unnest(sinks)
$$;

-- Dead letters are owed again, in their old place: the claim only grows, so that whoever held one before has no more
-- say. Gives the sink of each, to be counted.
CREATE FUNCTION lark_fanout.revive(seqs bigint[], at bigint) RETURNS text[]
LANGUAGE plpgsql ${byIndex} AS $$
#variable_conflict use_column
DECLARE
  sinks text[];
  keys text[];
BEGIN
  PERFORM lark_fanout.lock_keys(array_agg(sink), array_agg(order_key))
  FROM lark_fanout.history WHERE seq = ANY (seqs) AND dead AND order_key IS NOT NULL;
  WITH gone AS (
    DELETE FROM lark_fanout.history WHERE seq = ANY (seqs) AND dead
    RETURNING seq, event, accepted_at, claim, kept, sink, order_key
  ), back AS (
    INSERT INTO lark_fanout.deliveries
      (seq, event, due_at, accepted_at, claim, unsettled, attempts, leased, behind, kept, sink, order_key)
    SELECT seq, event, at, accepted_at, claim, 0, 0, false, order_key IS NOT NULL, kept, sink, order_key FROM gone
    RETURNING sink, order_key
  )
  SELECT array_agg(sink), array_agg(order_key) INTO sinks, keys FROM back;
  PERFORM lark_fanout.place_heads(sinks, keys);
  RETURN coalesce(sinks, '{}');
END $$;

-- Those of these ids that are dead letters.
CREATE FUNCTION lark_fanout.retry_ids(seqs bigint[], at bigint, dry boolean) RETURNS integer
LANGUAGE plpgsql SET jit = off SET enable_seqscan = off AS $$
DECLARE revived text[];
BEGIN
  IF dry THEN
    RETURN (SELECT count(*) FROM lark_fanout.history WHERE seq = ANY (seqs) AND dead);
  END IF;
  PERFORM lark_fanout.lock_ledger();
  revived := lark_fanout.revive(seqs, at);
  PERFORM lark_fanout.tally_all(revived, 1, -1);
  RETURN cardinality(revived);
END $$;

-- Dead letters that pass the filter, oldest first: what is NULL excludes nothing. The plan is made anew for those that
-- are not, to go by the right index.
CREATE FUNCTION lark_fanout.retry_dead(
  of_sink text, of_event_id text, of_event bigint, since bigint, until bigint,
  after bigint, most integer, at bigint, dry boolean, OUT count integer, OUT next bigint
) LANGUAGE plpgsql SET jit = off SET enable_seqscan = off SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  events bigint[];
  chosen bigint[];
  revived text[];
BEGIN
  IF NOT dry THEN PERFORM lark_fanout.lock_ledger(); END IF;
  IF of_event_id IS NOT NULL THEN
    events := ARRAY(SELECT i.event FROM lark_fanout.identities i WHERE i.id = lark_fanout.brief(of_event_id)) || of_event;
  END IF;
  chosen := ARRAY(
    SELECT h.seq FROM lark_fanout.history h
    WHERE h.dead AND h.seq > after
      AND (of_sink IS NULL OR h.sink = of_sink)
      AND (events IS NULL OR h.event = ANY (events))
      AND (since IS NULL OR h.accepted_at >= since)
      AND (until IS NULL OR h.accepted_at < until)
    ORDER BY h.seq LIMIT most + 1
  );
  next := CASE WHEN cardinality(chosen) > most THEN chosen[most] END;
  chosen := chosen[:most];
  count := cardinality(chosen);
  IF dry THEN RETURN; END IF;
  revived := lark_fanout.revive(chosen, at);
  PERFORM lark_fanout.tally_all(revived, 1, -1);
  count := cardinality(revived);
END $$;

-- Pending ones become dead letters, but for those in flight, and those which somebody changes just now.
CREATE FUNCTION lark_fanout.discard(
  of_sink text, why text, after bigint, most integer, at bigint, OUT count integer, OUT next bigint
) LANGUAGE plpgsql ${byIndex} AS $$
#variable_conflict use_column
DECLARE
  chosen bigint[];
  sinks text[];
  keys text[];
BEGIN
  PERFORM lark_fanout.lock_ledger();
  chosen := ARRAY(
    SELECT seq FROM lark_fanout.deliveries
    WHERE sink = of_sink AND seq > after AND NOT (leased AND due_at > at) ORDER BY seq LIMIT most + 1
  );
  next := CASE WHEN cardinality(chosen) > most THEN chosen[most] END;
  chosen := chosen[:most];
  PERFORM lark_fanout.lock_keys(array_agg(sink), array_agg(order_key))
  FROM lark_fanout.deliveries WHERE seq = ANY (chosen) AND order_key IS NOT NULL;
  WITH idle AS MATERIALIZED (
    SELECT seq FROM lark_fanout.deliveries
    WHERE seq = ANY (chosen) AND NOT (leased AND due_at > at) FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM lark_fanout.deliveries d USING idle WHERE d.seq = idle.seq
    RETURNING d.seq, d.event, d.accepted_at, d.claim, d.attempts, d.kept, d.sink, d.order_key
  ), ended AS (
    INSERT INTO lark_fanout.history
      (seq, event, accepted_at, settled_at, claim, attempts, dead, kept, sink, order_key, reason)
    SELECT seq, event, accepted_at, at, claim, attempts, true, kept, sink, order_key, why FROM gone
  )
  SELECT array_agg(sink), array_agg(order_key) INTO sinks, keys FROM gone;
  PERFORM lark_fanout.place_heads(sinks, keys);
  PERFORM lark_fanout.tally_all(sinks, -1, 1);
  count := coalesce(cardinality(sinks), 0);
END $$;

-- Each event and sink once, whoever names it first. A dead one is revived, else there is a new one.
CREATE FUNCTION lark_fanout.owe_again(
  refs bigint[], cleared boolean[], owed_for integer[], owed_sinks text[], owed_keys text[],
  resend boolean, at bigint, dry boolean
) RETURNS TABLE (sink text, count bigint)
LANGUAGE plpgsql ${byIndex} AS $$
#variable_conflict use_column
DECLARE
  stored bigint[];
  events bigint[];
  sinks text[];
  keys text[];
  latest_dead bigint[];
  revived text[];
  anew text[];
BEGIN
  PERFORM lark_fanout.lock_ledger();
  stored := ARRAY(SELECT seq FROM lark_fanout.events WHERE seq = ANY (refs));
  WITH wished AS MATERIALIZED (
    SELECT DISTINCT ON (event, sink) refs[o.n] AS event, o.sink, o.order_key, o.place
    FROM unnest(owed_for, owed_sinks, owed_keys) WITH ORDINALITY AS o (n, sink, order_key, place)
    WHERE refs[o.n] = ANY (stored) ORDER BY event, sink, o.place
  ), past AS MATERIALIZED (
    SELECT w.*, p.* FROM wished w CROSS JOIN LATERAL (
      SELECT max(h.seq) FILTER (WHERE h.dead) AS latest_dead, coalesce(bool_or(NOT h.dead), false) AS delivered
      FROM lark_fanout.history h WHERE h.event = w.event AND h.sink = w.sink
    ) p
    WHERE NOT EXISTS (SELECT FROM lark_fanout.deliveries d WHERE d.event = w.event AND d.sink = w.sink)
  )
  SELECT array_agg(event ORDER BY place), array_agg(sink ORDER BY place), array_agg(order_key ORDER BY place),
    array_agg(latest_dead ORDER BY place)
  INTO events, sinks, keys, latest_dead FROM past WHERE resend OR NOT delivered;
  IF NOT dry THEN
    UPDATE lark_fanout.events e SET problems = NULL
    FROM unnest(refs, cleared) AS c (event, cleared) WHERE c.cleared AND e.seq = c.event;
    PERFORM lark_fanout.keep_events(events);
    PERFORM lark_fanout.lock_keys(array_agg(k.sink), array_agg(k.order_key)) FROM (
      SELECT o.sink, o.order_key FROM unnest(sinks, keys) AS o (sink, order_key)
      UNION ALL SELECT h.sink, h.order_key FROM lark_fanout.history h WHERE h.seq = ANY (latest_dead)
    ) k;
    revived := lark_fanout.revive(latest_dead, at);
    anew := lark_fanout.owe_anew(events, sinks, keys, latest_dead, at);
    PERFORM lark_fanout.tally_all(anew || revived, 1, 0), lark_fanout.tally_all(revived, 0, -1);
  END IF;
  RETURN QUERY SELECT o.sink, count(*) FROM unnest(sinks) AS o (sink) GROUP BY o.sink ORDER BY o.sink;
END $$;

-- Those with none that was dead. Gives the sink of each, to be counted.
CREATE FUNCTION lark_fanout.owe_anew(
  events bigint[], sinks text[], keys text[], latest_dead bigint[], at bigint
) RETURNS text[]
LANGUAGE plpgsql ${byIndex} AS $$
#variable_conflict use_column
BEGIN
  SELECT array_agg(o.event ORDER BY o.place), array_agg(o.sink ORDER BY o.place), array_agg(o.order_key ORDER BY o.place)
  INTO events, sinks, keys
  FROM unnest(events, sinks, keys, latest_dead) WITH ORDINALITY AS o (event, sink, order_key, dead, place)
  WHERE o.dead IS NULL;
  PERFORM lark_fanout.lock_keys(sinks, keys);
  INSERT INTO lark_fanout.deliveries
    (seq, event, due_at, accepted_at, claim, unsettled, attempts, leased, behind, sink, order_key)
  SELECT nextval('lark_fanout.delivery_seq'), event, at, at, 0, 0, 0, false, order_key IS NOT NULL, sink, order_key
  FROM (
    SELECT * FROM unnest(events, sinks, keys) WITH ORDINALITY AS o (event, sink, order_key, place) ORDER BY place
  ) o;
  PERFORM lark_fanout.place_heads(sinks, keys);
  RETURN sinks;
END $$;

-- Of a sealed span nothing else is wanted any more.
CREATE FUNCTION lark_fanout.keep_events(seqs bigint[]) RETURNS void LANGUAGE sql AS $$
  UPDATE lark_fanout.events e SET kept = true FROM lark_fanout.spans s
  WHERE e.seq = ANY (seqs) AND NOT e.kept AND s.n = e.seq / 100000000 AND s.state = 'sealed'
$$;
`
