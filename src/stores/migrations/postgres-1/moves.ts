/** How far another store has been moved into this one. */
export const moves = `
CREATE TABLE lark_fanout.moves (   -- one row at most
  source   text NOT NULL,          -- JSON: what the other store holds, by which it is known again
  done     bigint NOT NULL,        -- how many rows of it are here
  ended_at bigint
);

-- What a gateway did meanwhile could not be told from what comes yet. To be called before anything else: whoever begins
-- to move waits for those who have called it, and is waited for.
CREATE FUNCTION lark_fanout.require_moved() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM lark_fanout.moves WHERE ended_at IS NULL) THEN
    RAISE 'another store is being moved into this database: wait until lark-fanout migrate has ended, or call it again where it was interrupted'
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
END $$;
`
