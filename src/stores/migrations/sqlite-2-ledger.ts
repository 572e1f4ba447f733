/**
 * What people read and ask for. An event is found by its id through its identity, so that ids need no index of their
 * own. Statements, not triggers, keep `behind` and `tallies` right from here on: the tallies once a transaction, and
 * `behind` also where an earlier delivery is owed again while a later one of its key is in flight.
 */
export const ledger = `
DROP TRIGGER tally_owed;
DROP TRIGGER tally_changed;
DROP TRIGGER free_next;

DROP INDEX pending_by_key;
CREATE INDEX pending_by_key ON deliveries (sink, order_key, behind)
  WHERE state = 'pending' AND order_key IS NOT NULL;
CREATE INDEX dead ON deliveries (state) WHERE state = 'dead';
CREATE INDEX dead_by_sink ON deliveries (sink) WHERE state = 'dead';
CREATE INDEX deliveries_by_event ON deliveries (event);

ALTER TABLE deliveries ADD COLUMN unsettled INTEGER NOT NULL DEFAULT 0;  -- claims since the last attempt that ended
UPDATE deliveries SET unsettled = 1, attempts = attempts - 1 WHERE leased = 1;

ALTER TABLE identities ADD COLUMN event INTEGER;  -- which may be gone, and its number is never used again
UPDATE identities SET event = e.seq FROM events e
  WHERE identities.app_id = e.app_id AND identities.tenant_key = e.tenant_key AND identities.id = e.id;
CREATE INDEX identities_by_event ON identities (event);

CREATE TABLE pauses (
  sink      TEXT NOT NULL,
  paused_by TEXT NOT NULL CHECK (paused_by IN ('operator', 'receiver')),
  at        INTEGER NOT NULL,
  options   TEXT NOT NULL,
  PRIMARY KEY (sink, paused_by)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,
  at      INTEGER NOT NULL,
  actor   TEXT NOT NULL,
  action  TEXT NOT NULL,
  request TEXT NOT NULL,           -- JSON
  outcome TEXT                     -- JSON; NULL while it is under way
) STRICT;
`
