/** What a route's row is called on the routes' page; `at`: its place in the order of the file. */
export function routeId(at: number): string {
  return `route-${at}`
}

/** The way there. */
export function routeHref(at: number): string {
  return `/console/routes#${routeId(at)}`
}
