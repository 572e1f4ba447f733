import { byIndex } from '../postgres-1/planning.ts'

/** How much text one step reads, but for one event alone: some 0.1 s. */
const AT_ONCE_BYTES = 8 * 1024 * 1024

/**
 * The trace that an event belongs to, and its instance_code, by which people look for it. What was stored before has its
 * code filled in by and by, for nobody may wait for that; until then it is found by its text, as is what has no code.
 *
 * An index of codes alone would have each event change a page of its own, and the log hold all of these pages. In groups
 * of 1,048,576 numbers those that arrive share a few; there are some hundred groups in a span.
 */
export const search = `
-- NULL also where the text is not kept as JSON, or is more than Postgres can read of it.
CREATE FUNCTION lark_fanout.instance_of(raw text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE code json;
BEGIN
  code := raw::json -> 'event' -> 'instance_code';
  RETURN CASE WHEN json_typeof(code) = 'string' THEN code #>> '{}' END;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
  RETURN NULL;
END $$;

CREATE TABLE lark_fanout.unfilled (  -- one row at most: of events after one and up to another
  after bigint NOT NULL,
  until bigint NOT NULL
);

-- A step, as one of prune.
CREATE FUNCTION lark_fanout.fill_instances(most integer, OUT busy boolean, OUT count integer, OUT next bigint)
LANGUAGE plpgsql SET lock_timeout = '100ms' ${byIndex} AS $$
DECLARE
  left_over lark_fanout.unfilled;
  looked bigint[];
BEGIN
  busy := NOT pg_try_advisory_xact_lock(27752, 0);
  count := 0;
  IF busy THEN RETURN; END IF;
  SELECT * INTO left_over FROM lark_fanout.unfilled;
  IF NOT FOUND THEN RETURN; END IF;
  looked := ARRAY(
    SELECT seq FROM (
      SELECT seq, row_number() OVER run AS place, sum(octet_length(raw)) OVER run AS bytes
      FROM (
        SELECT seq, raw FROM lark_fanout.events
        WHERE seq > left_over.after AND seq <= left_over.until ORDER BY seq LIMIT most
      ) first WINDOW run AS (ORDER BY seq)
    ) sized WHERE place = 1 OR bytes <= ${AT_ONCE_BYTES} ORDER BY seq
  );
  next := (
    SELECT looked[cardinality(looked)] FROM lark_fanout.events
    WHERE seq > looked[cardinality(looked)] AND seq <= left_over.until ORDER BY seq LIMIT 1
  );
  UPDATE lark_fanout.events SET instance_code = lark_fanout.brief(lark_fanout.instance_of(raw))
  WHERE seq = ANY (looked) AND instance_code IS NULL;
  IF next IS NOT NULL THEN
    UPDATE lark_fanout.unfilled SET after = next;
  ELSE
    DELETE FROM lark_fanout.unfilled;
  END IF;
EXCEPTION WHEN lock_not_available THEN
  busy := true;
  count := 0;
  next := NULL;
END $$;

-- At the end: who accepts waits from here on.
ALTER TABLE lark_fanout.events
  ADD COLUMN traceparent text,
  ADD COLUMN instance_code text;     -- brief, as identities are
CREATE INDEX events_by_instance ON lark_fanout.events ((seq >> 20), instance_code, seq)
  WHERE instance_code IS NOT NULL;
-- After all that was accepted without one: who did so has ended, for we hold the lock.
INSERT INTO lark_fanout.unfilled SELECT 0, max(seq) FROM lark_fanout.events HAVING max(seq) IS NOT NULL;
`
