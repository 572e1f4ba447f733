import { html } from 'hono/html'

/** Markup in which every value is escaped; parts of it may still be on their way. */
export type Html = ReturnType<typeof html>

export const nothing = html``
