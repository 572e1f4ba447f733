/** How far another store has been moved into this one. */
export const moves = `
CREATE TABLE lark_fanout.moves (   -- one row at most
  source   text NOT NULL,          -- JSON: what the other store holds, by which it is known again
  done     bigint NOT NULL,        -- how many rows of it are here
  ended_at bigint
);
`
