import { planned } from '../postgres-1/planning.ts'

/** As before, with the trace that an event belongs to, and its instance_code. */
export const outbox = `
CREATE FUNCTION lark_fanout.accept(
  accepted_ats bigint[], times bigint[], ids text[], types text[], app_ids text[], tenant_keys text[], vias text[],
  all_problems text[], raws text[], traceparents text[], instance_codes text[],
  owed_for integer[], owed_sinks text[], owed_keys text[], owed_until bigint[],
  OUT seqs bigint[], OUT granted_for bigint[], OUT granted_sinks text[], OUT granted bigint[],
  OUT left_sinks text[]
) LANGUAGE plpgsql
${planned} AS $$
#variable_conflict use_column
DECLARE
  sinks text[];
  pending integer[];
  dead integer[];
BEGIN
  PERFORM lark_fanout.require_moved();
  PERFORM lark_fanout.lock_keys(owed_sinks, owed_keys);
  WITH arrived AS MATERIALIZED (
    SELECT *, nextval('lark_fanout.event_seq') AS seq
    FROM unnest(
      accepted_ats, times, ids, types, app_ids, tenant_keys, vias, all_problems, raws, traceparents, instance_codes
    ) WITH ORDINALITY
      AS a (accepted_at, time, id, type, app_id, tenant_key, via, problems, raw, traceparent, instance_code, n)
  ), known AS (
    -- In their order, so that two who know the same ones do not wait for each other.
    INSERT INTO lark_fanout.identities (event, accepted_at, id, app_id, tenant_key)
    SELECT DISTINCT ON (id, app_id, tenant_key) seq, accepted_at,
      lark_fanout.brief(id), lark_fanout.brief(app_id), lark_fanout.brief(tenant_key)
    FROM arrived WHERE id <> '' ORDER BY id, app_id, tenant_key, seq
    ON CONFLICT DO NOTHING RETURNING event
  ), told AS MATERIALIZED (
    SELECT *, id = '' OR seq IN (SELECT event FROM known) AS is_new FROM arrived
  ), stored AS (
    INSERT INTO lark_fanout.events
      (seq, time, accepted_at, id, type, app_id, tenant_key, via, problems, raw, traceparent, instance_code)
    SELECT seq, time, accepted_at, id, type, app_id, tenant_key, via, problems, raw, traceparent,
      lark_fanout.brief(instance_code)
    FROM told WHERE is_new
  )
  SELECT coalesce(array_agg(CASE WHEN is_new THEN seq ELSE 0 END ORDER BY n), '{}') INTO seqs FROM told;

  WITH owed AS MATERIALIZED (
    SELECT o.*, seqs[o.n] AS event, accepted_ats[o.n] AS accepted_at
    FROM unnest(owed_for, owed_sinks, owed_keys, owed_until) WITH ORDINALITY
      AS o (n, sink, order_key, claimed_until, place)
    WHERE seqs[o.n] > 0
  ), placed AS MATERIALIZED (
    SELECT o.*, o.order_key IS NOT NULL AND (
      row_number() OVER (PARTITION BY o.sink, o.order_key ORDER BY o.place) > 1
      OR (
        -- No EXISTS: of that the planner may make one that reads all there are.
        SELECT true FROM lark_fanout.deliveries d
        WHERE lark_fanout.line(d.sink, d.order_key) = lark_fanout.line(o.sink, o.order_key)
          AND d.order_key IS NOT NULL LIMIT 1
      ) IS NOT NULL
    ) AS behind FROM owed o
  ), born AS (
    INSERT INTO lark_fanout.deliveries
      (seq, event, due_at, accepted_at, claim, unsettled, attempts, leased, behind, sink, order_key)
    SELECT nextval('lark_fanout.delivery_seq'), event, CASE WHEN taken THEN claimed_until ELSE accepted_at END,
      accepted_at, taken::integer, taken::integer, 0, taken, behind, sink, order_key
    FROM (SELECT *, claimed_until IS NOT NULL AND NOT behind AS taken FROM placed ORDER BY place) p
    RETURNING seq, event, sink, leased, behind
  )
  SELECT array_agg(sink), array_agg(1), array_agg(0),
    array_agg(event) FILTER (WHERE leased), array_agg(sink) FILTER (WHERE leased),
    array_agg(seq) FILTER (WHERE leased), array_agg(DISTINCT sink) FILTER (WHERE NOT leased AND NOT behind)
  INTO sinks, pending, dead, granted_for, granted_sinks, granted, left_sinks FROM born;
  PERFORM lark_fanout.tally(sinks, pending, dead);
END $$;

-- For gateways of the version before this one.
CREATE OR REPLACE FUNCTION lark_fanout.accept(
  accepted_ats bigint[], times bigint[], ids text[], types text[], app_ids text[], tenant_keys text[], vias text[],
  all_problems text[], raws text[],
  owed_for integer[], owed_sinks text[], owed_keys text[], owed_until bigint[],
  OUT seqs bigint[], OUT granted_for bigint[], OUT granted_sinks text[], OUT granted bigint[],
  OUT left_sinks text[]
) LANGUAGE sql AS $$
  SELECT * FROM lark_fanout.accept(
    accepted_ats, times, ids, types, app_ids, tenant_keys, vias, all_problems, raws, NULL::text[],
    ARRAY(SELECT lark_fanout.instance_of(raw) FROM unnest(raws) WITH ORDINALITY AS r (raw, n) ORDER BY n),
    owed_for, owed_sinks, owed_keys, owed_until
  )
$$;

DROP FUNCTION lark_fanout.claim(text, bigint, bigint, integer, bigint);
CREATE FUNCTION lark_fanout.claim(
  of_sink text, asked_at bigint, leased_until bigint, most integer, most_bytes bigint
) RETURNS TABLE (
  seq bigint, claim integer, attempts integer, unsettled integer, ordered boolean,
  id text, type text, app_id text, tenant_key text, via text, "time" bigint, raw text, traceparent text
) LANGUAGE plpgsql
${planned} AS $$
#variable_conflict use_column
DECLARE
  lapsed text;
  placed text[] := '{}';
BEGIN
  PERFORM lark_fanout.require_moved();
  -- An earlier one may have been owed again while this one was in flight, and goes first now.
  FOR lapsed IN
    SELECT DISTINCT order_key FROM (
      SELECT order_key, leased FROM lark_fanout.deliveries
      WHERE sink = of_sink AND NOT behind AND due_at <= asked_at ORDER BY due_at, seq LIMIT most
    ) first WHERE leased AND order_key IS NOT NULL
  LOOP
    IF pg_try_advisory_xact_lock(27750, lark_fanout.key_lock(of_sink, lapsed)) THEN
      PERFORM lark_fanout.place_head(of_sink, lapsed, asked_at);
      placed := placed || lapsed;
    END IF;
  END LOOP;
  RETURN QUERY
  WITH due AS MATERIALIZED (
    SELECT seq, event, due_at FROM lark_fanout.deliveries
    WHERE sink = of_sink AND NOT behind AND due_at <= asked_at
      AND (order_key IS NULL OR NOT leased OR order_key = ANY (placed))
    ORDER BY due_at, seq LIMIT most FOR UPDATE SKIP LOCKED
  ), sized AS MATERIALIZED (
    SELECT due.seq, due.due_at, e.id, e.type, e.app_id, e.tenant_key, e.via, e.time, e.raw, e.traceparent,
      row_number() OVER run AS place, sum(octet_length(e.raw)) OVER run AS bytes
    FROM due JOIN lark_fanout.events e ON e.seq = due.event
    WINDOW run AS (ORDER BY due.due_at, due.seq)
  ), taken AS (
    UPDATE lark_fanout.deliveries d
    SET claim = d.claim + 1, unsettled = d.unsettled + 1, leased = true, due_at = leased_until
    FROM sized s WHERE d.seq = s.seq AND (s.place = 1 OR s.bytes <= most_bytes)
    RETURNING d.seq, d.claim, d.attempts, d.unsettled, d.order_key IS NOT NULL AS ordered,
      s.id, s.type, s.app_id, s.tenant_key, s.via, s.time, s.raw, s.traceparent, s.place
  )
  SELECT t.seq, t.claim, t.attempts, t.unsettled, t.ordered,
    t.id, t.type, t.app_id, t.tenant_key, t.via, t.time, t.raw, t.traceparent FROM taken t ORDER BY t.place;
END $$;
`
