/**
 * Whoever changes what is pending of an order key holds its lock until the transaction ends, so that gateways that do
 * so at once agree on who is first. Claims never wait for one.
 */
export const keys = `
-- One value for both: of two conditions the planner may take the index that knows the sink alone. However long a key
-- is, it fits; should two ever have one line, they wait for each other.
CREATE FUNCTION lark_fanout.line(sink text, key text) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT hashtextextended(sink || chr(1) || key, 0) $$;

-- What an index can hold of a text, which may have any length.
CREATE FUNCTION lark_fanout.brief(long text) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN octet_length(long) <= 512 THEN long
    ELSE left(long, 64) || ' ' || encode(sha256(convert_to(long, 'UTF8')), 'hex') END
$$;

CREATE INDEX lines ON lark_fanout.deliveries (lark_fanout.line(sink, order_key), behind, seq)
  WHERE order_key IS NOT NULL;

-- Few enough for the server's table of locks, whatever a batch has; two keys that share one wait for each other.
CREATE FUNCTION lark_fanout.key_lock(sink text, key text) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$ SELECT (lark_fanout.line(sink, key) & 2047)::integer $$;

-- In their order, so that two who want several do not wait for each other.
CREATE FUNCTION lark_fanout.lock_keys(sinks text[], keys text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE wanted integer;
BEGIN
  -- Who has waited for a lock must see what was done under it.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE 'the default_transaction_isolation of the database or its role must be read committed';
  END IF;
  FOR wanted IN
    SELECT DISTINCT lark_fanout.key_lock(k.sink, k.key) AS lock
    FROM unnest(sinks, keys) AS k (sink, key) WHERE k.key IS NOT NULL ORDER BY lock
  LOOP
    PERFORM pg_advisory_xact_lock(27750, wanted);
  END LOOP;
END $$;

-- Makes the earliest pending delivery of a key its head, the one that is not behind; but a head in flight stays it,
-- unless its lease has run out by lapsed_at. To be called by whoever has its lock, after every change. True when
-- another one is the head now.
CREATE FUNCTION lark_fanout.place_head(of_sink text, of_key text, lapsed_at bigint DEFAULT NULL)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  line bigint := lark_fanout.line(of_sink, of_key);
  waiting bigint;
  head bigint;
BEGIN
  SELECT seq INTO waiting FROM lark_fanout.deliveries
  WHERE lark_fanout.line(sink, order_key) = line AND order_key IS NOT NULL AND behind ORDER BY seq LIMIT 1;
  IF waiting IS NULL THEN RETURN false; END IF;
  SELECT seq INTO head FROM lark_fanout.deliveries
  WHERE lark_fanout.line(sink, order_key) = line AND order_key IS NOT NULL AND NOT behind LIMIT 1;
  IF head < waiting THEN RETURN false; END IF;
  IF head IS NOT NULL THEN
    -- A claim may take it meanwhile, without the lock.
    UPDATE lark_fanout.deliveries SET behind = true
    WHERE seq = head AND (NOT leased OR due_at <= lapsed_at);
    IF NOT FOUND THEN RETURN false; END IF;
  END IF;
  UPDATE lark_fanout.deliveries SET behind = false WHERE seq = waiting;
  RETURN true;
END $$;

CREATE FUNCTION lark_fanout.place_heads(sinks text[], keys text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE k record;
BEGIN
  FOR k IN SELECT DISTINCT sink, key FROM unnest(sinks, keys) AS k (sink, key) WHERE key IS NOT NULL
  LOOP
    PERFORM lark_fanout.place_head(k.sink, k.key);
  END LOOP;
END $$;

CREATE FUNCTION lark_fanout.tally(sinks text[], pending integer[], dead integer[]) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  INSERT INTO lark_fanout.tallies AS t (sink, shard, pending, dead)
  SELECT c.sink, pg_backend_pid() % 64, sum(c.pending), sum(c.dead)
  FROM unnest(sinks, pending, dead) AS c (sink, pending, dead) GROUP BY c.sink ORDER BY c.sink
  ON CONFLICT (sink, shard) DO UPDATE
  SET pending = t.pending + excluded.pending, dead = t.dead + excluded.dead;
END $$;
`
