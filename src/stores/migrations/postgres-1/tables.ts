/**
 * Events, what is owed for them, and what became of it. Times are Unix milliseconds.
 *
 * `deliveries` has what is pending, and nothing else: it stays as small as the backlog. What has ended is in `history`.
 * Events, history and attempts only ever grow at their end, and are cut into partitions by `seq`, each of which is
 * dropped in its time; what is still wanted then is moved aside: see `spans`. No unique key spans partitions, so that
 * what is known again has a table to itself.
 *
 * `behind` is true while an earlier pending delivery has the same order key: of each key only the head is in the index
 * `due`, so that a claim never wades through what must wait. `leased` is true while `due_at` is the end of a lease, and
 * false while it is the time of a retry.
 */
export const tables = `
CREATE SEQUENCE lark_fanout.event_seq;
CREATE SEQUENCE lark_fanout.delivery_seq;  -- the public id: never used twice
CREATE SEQUENCE lark_fanout.attempt_seq;

CREATE TABLE lark_fanout.events (
  seq         bigint NOT NULL,
  time        bigint NOT NULL,
  accepted_at bigint NOT NULL,
  id          text NOT NULL,
  type        text NOT NULL,
  app_id      text NOT NULL,
  tenant_key  text NOT NULL,
  via         text NOT NULL,
  kept        boolean NOT NULL DEFAULT false,  -- it outlives its span
  problems    text,                 -- a JSON list; NULL when the event is in order
  raw         text NOT NULL,
  PRIMARY KEY (seq, kept)
) PARTITION BY LIST (kept);

CREATE TABLE lark_fanout.identities (  -- they outlive their events
  event       bigint NOT NULL,         -- which may be gone
  accepted_at bigint NOT NULL,
  id          text NOT NULL,           -- brief, as the others are
  app_id      text NOT NULL,
  tenant_key  text NOT NULL,
  PRIMARY KEY (id, app_id, tenant_key)
);
CREATE INDEX identities_by_event ON lark_fanout.identities (event);

CREATE TABLE lark_fanout.deliveries (
  seq         bigint PRIMARY KEY,
  event       bigint NOT NULL,
  due_at      bigint NOT NULL,
  accepted_at bigint NOT NULL,
  claim       integer NOT NULL,
  unsettled   integer NOT NULL,     -- claims since the last attempt that ended
  attempts    integer NOT NULL,
  leased      boolean NOT NULL,
  behind      boolean NOT NULL,
  kept        boolean NOT NULL DEFAULT false,  -- so will be what becomes of it
  sink        text NOT NULL,
  order_key   text
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000,
        autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.05);
CREATE INDEX due ON lark_fanout.deliveries (sink, due_at, seq) WHERE NOT behind;
CREATE INDEX pending ON lark_fanout.deliveries (sink, seq);
CREATE INDEX pending_by_event ON lark_fanout.deliveries (event);

CREATE TABLE lark_fanout.history (
  seq         bigint NOT NULL,
  event       bigint NOT NULL,
  accepted_at bigint NOT NULL,
  settled_at  bigint NOT NULL,
  claim       integer NOT NULL,
  attempts    integer NOT NULL,
  dead        boolean NOT NULL,     -- otherwise it is delivered
  kept        boolean NOT NULL DEFAULT false,
  sink        text NOT NULL,
  order_key   text,
  reason      text,                 -- why it is dead
  PRIMARY KEY (seq, kept)
) PARTITION BY LIST (kept);
CREATE INDEX history_by_event ON lark_fanout.history (event);
CREATE INDEX dead ON lark_fanout.history (seq) WHERE dead;
CREATE INDEX dead_by_sink ON lark_fanout.history (sink, seq) WHERE dead;

CREATE TABLE lark_fanout.attempts (  -- a delivery that succeeds at its first attempt has none
  seq         bigint NOT NULL DEFAULT nextval('lark_fanout.attempt_seq'),
  delivery    bigint NOT NULL,
  at          bigint NOT NULL,
  duration_ms integer NOT NULL,
  n           integer NOT NULL,
  status      integer,
  kept        boolean NOT NULL DEFAULT false,
  error       text NOT NULL,
  response    text NOT NULL
) PARTITION BY LIST (kept);
CREATE INDEX attempts_by_delivery ON lark_fanout.attempts (delivery);

-- Counting a million rows takes 0.1 s. Each connection counts on a row of its own, so that none waits for another.
CREATE TABLE lark_fanout.tallies (
  sink    text NOT NULL,
  shard   integer NOT NULL,
  pending bigint NOT NULL,
  dead    bigint NOT NULL,
  PRIMARY KEY (sink, shard)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

CREATE TABLE lark_fanout.pauses (
  sink      text NOT NULL,
  paused_by text NOT NULL CHECK (paused_by IN ('operator', 'receiver')),
  at        bigint NOT NULL,
  options   text NOT NULL,
  PRIMARY KEY (sink, paused_by)
);

CREATE TABLE lark_fanout.audit (
  seq     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at      bigint NOT NULL,
  actor   text NOT NULL,
  action  text NOT NULL,
  request text NOT NULL,            -- JSON
  outcome text                      -- JSON; NULL while it is under way
);

CREATE TABLE lark_fanout.checked (times bigint NOT NULL);  -- what a check writes
INSERT INTO lark_fanout.checked VALUES (0);
`
