/**
 * Events, what is owed for them, and what became of it. Times are Unix milliseconds.
 *
 * `behind` is 1 while an earlier pending delivery has the same order key: of each key only the head is in the index
 * `due`, so that a claim never wades through what must wait. `leased` is 1 while `due_at` is the end of a lease, and 0
 * while it is the time of a retry. Triggers keep `behind` and `tallies` right, whoever changes a state.
 */
export const outbox = `
CREATE TABLE events (
  seq         INTEGER PRIMARY KEY,
  id          TEXT NOT NULL,
  type        TEXT NOT NULL,
  app_id      TEXT NOT NULL,
  tenant_key  TEXT NOT NULL,
  via         TEXT NOT NULL,
  time        INTEGER NOT NULL,
  raw         TEXT NOT NULL,
  problems    TEXT,                -- a JSON list; NULL when the event is in order
  accepted_at INTEGER NOT NULL
) STRICT;

CREATE TABLE identities (          -- they outlive their events
  app_id      TEXT NOT NULL,
  tenant_key  TEXT NOT NULL,
  id          TEXT NOT NULL,
  accepted_at INTEGER NOT NULL,
  PRIMARY KEY (app_id, tenant_key, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
  seq         INTEGER PRIMARY KEY AUTOINCREMENT,  -- the public id: never used twice
  event       INTEGER NOT NULL,
  sink        TEXT NOT NULL,
  state       TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
  due_at      INTEGER NOT NULL,
  leased      INTEGER NOT NULL,
  behind      INTEGER NOT NULL,
  claim       INTEGER NOT NULL,
  attempts    INTEGER NOT NULL,
  order_key   TEXT,
  accepted_at INTEGER NOT NULL,
  settled_at  INTEGER,
  reason      TEXT                 -- why it is dead
) STRICT;

CREATE INDEX due ON deliveries (sink, due_at) WHERE state = 'pending' AND behind = 0;
CREATE INDEX pending ON deliveries (sink) WHERE state = 'pending';
CREATE INDEX pending_by_key ON deliveries (sink, order_key)
  WHERE state = 'pending' AND order_key IS NOT NULL;

CREATE TABLE attempts (            -- a delivery that succeeds at its first attempt has none
  seq         INTEGER PRIMARY KEY,
  delivery    INTEGER NOT NULL,
  n           INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  status      INTEGER,
  error       TEXT NOT NULL,
  response    TEXT NOT NULL
) STRICT;

CREATE INDEX attempts_by_delivery ON attempts (delivery);

CREATE TABLE tallies (             -- counting a million rows takes 0.1 s, reading these 0.02 ms
  sink    TEXT PRIMARY KEY,
  pending INTEGER NOT NULL,
  dead    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER tally_owed AFTER INSERT ON deliveries BEGIN
  INSERT INTO tallies (sink, pending, dead) VALUES (NEW.sink, 1, 0)
  ON CONFLICT DO UPDATE SET pending = pending + 1;
END;

CREATE TRIGGER tally_changed AFTER UPDATE OF state ON deliveries WHEN NEW.state <> OLD.state BEGIN
  UPDATE tallies SET
    pending = pending + (NEW.state = 'pending') - (OLD.state = 'pending'),
    dead    = dead    + (NEW.state = 'dead')    - (OLD.state = 'dead')
  WHERE sink = NEW.sink;
END;

CREATE TRIGGER free_next AFTER UPDATE OF state ON deliveries
WHEN OLD.state = 'pending' AND NEW.state <> 'pending' AND NEW.order_key IS NOT NULL BEGIN
  UPDATE deliveries SET behind = 0 WHERE seq = (
    SELECT min(seq) FROM deliveries
    WHERE sink = NEW.sink AND order_key = NEW.order_key AND state = 'pending'
  );
END;

CREATE TABLE checked (times INTEGER NOT NULL) STRICT;  -- what a check writes
INSERT INTO checked VALUES (0);
`
