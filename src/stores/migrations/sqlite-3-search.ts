/**
 * The trace that an event belongs to, where there is one. Not a column of `events`: to add one, SQLite reads the whole of
 * a STRICT table, and where a page of it is damaged the file would not open any more.
 */
export const search = `
CREATE TABLE traces (
  event       INTEGER PRIMARY KEY,
  traceparent TEXT NOT NULL
) STRICT;
`

/** By which people look for an event. Never edited: the index is of this very expression. */
export const INSTANCE_CODE = `CASE WHEN json_valid(raw) AND json_type(raw, '$.event.instance_code') = 'text'
  THEN json_extract(raw, '$.event.instance_code') END`

/**
 * Made beside the versions, for it reads every event (a million take 4 s): where a page of them is damaged, or the disk is
 * full, there is none, and codes are looked for in the text.
 *
 * An index of codes alone would have each event change a page of its own: an accept of three deliveries took 51 µs
 * instead of 40, and ever more as it grew. In groups of 4,096 events it takes 43, however many there are; a million
 * events are some 250 look-ups, 2 ms.
 */
export const searchIndex = `
CREATE INDEX IF NOT EXISTS events_by_instance ON events (seq >> 12, ${INSTANCE_CODE})
  WHERE ${INSTANCE_CODE} IS NOT NULL
`
