/**
 * A span is a hundred million numbers: events and deliveries of one time have theirs in one, so that a partition is a
 * time. The sequences go on to the next span long before this one is full, and there always is a next one.
 *
 * A span is dropped when its time has come. What of it is still wanted (pending, dead, late) is `kept`: by and by it is
 * moved to a partition of its own, by updates that hold up nobody, and which whoever reads sees either done or not. So a
 * drop locks the tables for a moment, however much is wanted, and partitions stay few.
 *
 *   open     the sequences are in it, or before it
 *   closed   they are past it
 *   waiting  its time has come, but much of it is wanted, and by and by less
 *   sealed   nobody writes into it any more, but for what was pending; what is wanted of it is being moved
 */
export const spans = `
CREATE TABLE lark_fanout.spans (
  n             bigint PRIMARY KEY,   -- of the numbers from n * 100,000,000 on
  state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed', 'waiting', 'sealed')),
  next_delivery bigint NOT NULL,      -- of a sealed one: what is wanted before it has been moved
  next_event    bigint NOT NULL
);

CREATE TABLE lark_fanout.events_spans PARTITION OF lark_fanout.events
  FOR VALUES IN (false) PARTITION BY RANGE (seq);
CREATE TABLE lark_fanout.history_spans PARTITION OF lark_fanout.history
  FOR VALUES IN (false) PARTITION BY RANGE (seq);
CREATE TABLE lark_fanout.attempts_spans PARTITION OF lark_fanout.attempts
  FOR VALUES IN (false) PARTITION BY RANGE (delivery);
CREATE TABLE lark_fanout.events_kept PARTITION OF lark_fanout.events FOR VALUES IN (true);
CREATE TABLE lark_fanout.history_kept PARTITION OF lark_fanout.history FOR VALUES IN (true);
CREATE TABLE lark_fanout.attempts_kept PARTITION OF lark_fanout.attempts FOR VALUES IN (true);

CREATE FUNCTION lark_fanout.add_span(span bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  first bigint := span * 100000000;
  parent text;
BEGIN
  INSERT INTO lark_fanout.spans (n, next_delivery, next_event) VALUES (span, first, first);
  FOREACH parent IN ARRAY ARRAY['events', 'history', 'attempts'] LOOP
    -- To attach one locks nobody out, as it would to create it in its place.
    EXECUTE format('CREATE TABLE lark_fanout.%I (LIKE lark_fanout.%I INCLUDING ALL)',
      parent || '_' || span, parent || '_spans');
    EXECUTE format('ALTER TABLE lark_fanout.%I ATTACH PARTITION lark_fanout.%I FOR VALUES FROM (%s) TO (%s)',
      parent || '_spans', parent || '_' || span, first, first + 100000000);
  END LOOP;
END $$;

SELECT lark_fanout.add_span(0), lark_fanout.add_span(1);

-- How many events a span has at the least: a partition costs every statement a little.
CREATE FUNCTION lark_fanout.least_span() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 50000';

-- And so many wait at the most: the oldest is moved aside then, much as it may be.
CREATE FUNCTION lark_fanout.most_waiting() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 8';

-- A span ends when it is half full; and else so that there is a new one four times in the time for which events are
-- retained, which is known by what the newest is older than what is to go.
CREATE FUNCTION lark_fanout.is_ending(delivered_before bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  width constant bigint := 100000000;
  events_at bigint := (SELECT last_value FROM lark_fanout.event_seq);
  deliveries_at bigint := (SELECT last_value FROM lark_fanout.delivery_seq);
  first bigint := events_at / width * width;
  oldest bigint;
  newest bigint;
BEGIN
  IF greatest(events_at, deliveries_at) >= first + width / 2 THEN RETURN true; END IF;
  IF events_at < first + lark_fanout.least_span() THEN RETURN false; END IF;
  SELECT accepted_at INTO oldest FROM lark_fanout.events
  WHERE NOT kept AND seq BETWEEN first AND events_at ORDER BY seq LIMIT 1;
  SELECT accepted_at INTO newest FROM lark_fanout.events
  WHERE NOT kept AND seq BETWEEN first AND events_at ORDER BY seq DESC LIMIT 1;
  RETURN coalesce(newest - oldest >= (newest - delivered_before) / 4, false);
END $$;

-- A sequence is not set back when a transaction is: so it only goes on to a span that has been there before.
CREATE FUNCTION lark_fanout.extend_spans(delivered_before bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  width constant bigint := 100000000;
  events_in bigint := (SELECT last_value / width FROM lark_fanout.event_seq);
  deliveries_in bigint := (SELECT last_value / width FROM lark_fanout.delivery_seq);
  ahead bigint := greatest(events_in, deliveries_in) + 1;
BEGIN
  UPDATE lark_fanout.spans SET state = 'closed' WHERE state = 'open' AND n < least(events_in, deliveries_in);
  IF NOT EXISTS (SELECT FROM lark_fanout.spans WHERE n = ahead) THEN
    PERFORM lark_fanout.add_span(ahead);
  ELSIF lark_fanout.is_ending(delivered_before) THEN
    PERFORM setval('lark_fanout.event_seq', ahead * width, false),
      setval('lark_fanout.delivery_seq', ahead * width, false);
  END IF;
END $$;
`
