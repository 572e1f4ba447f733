/**
 * The words that say why a route does not match. What they are given is ready to be shown: names, values as JSON, and
 * operators as routes.yaml has them (`prefix "A"`).
 */
export interface ReasonWords {
  readonly absent: (path: string) => string
  /** `found` is a path with what was found there: `operate: "READ"`. */
  readonly present: (found: string) => string
  readonly noneOf: (found: string, wanted: string) => string
  readonly unmet: (found: string, wanted: string) => string
  readonly apart: (paths: string) => string
  readonly inAnyCase: (condition: string) => string
  readonly anythingBut: (conditions: string) => string
  readonly number: (range: string) => string
  /** The last of a list: how many more there are. */
  readonly more: (count: number) => string
  readonly disabled: string
  readonly ownEvent: string
  readonly noSource: (type: string) => string
  readonly onlyFrom: (sources: string) => string
}

/** What commands and the API say. */
export const english: ReasonWords = {
  absent: (path) => `${path}: absent`,
  present: (found) => `${found} is present`,
  noneOf: (found, wanted) => `${found} is not one of ${wanted}`,
  unmet: (found, wanted) => `${found} does not match ${wanted}`,
  apart: (paths) => `${paths}: each matches, but not in one element of a list`,
  inAnyCase: (condition) => `${condition} in any case`,
  anythingBut: (conditions) => `anything but ${conditions}`,
  number: (range) => `number ${range}`,
  more: (count) => `and ${count} more`,
  disabled: 'not enabled',
  ownEvent: "takes none of the gateway's own events: see alerts",
  noSource: (type) => `no source accepts events of type ${type}`,
  onlyFrom: (sources) => `takes only what comes by ${sources}`,
}
