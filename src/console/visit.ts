import type { Context } from 'hono'
import type { ConsoleContext } from './context.ts'
import type { Html } from './html.ts'
import type { Language, Words } from './language.ts'
import type { Session } from './session.ts'

/** One request for a page, by somebody who is logged in. */
export interface Visit {
  readonly c: Context
  readonly context: ConsoleContext
  readonly session: Session
  readonly language: Language
  /** What the form holds that was sent; empty where none was. Its token has been checked. */
  readonly form: ReadonlyMap<string, string>
}

export interface Page {
  readonly title: string
  /** The place in the navigation that it belongs to. */
  readonly section: Section
  readonly body: Html
}

export type Section = 'overview' | 'events' | 'dead' | 'sinks' | 'routes' | 'problems'

/** What answers at a path, and who may ask for it. */
export interface PageAt {
  readonly path: string
  get?(visit: Visit): Visited | Promise<Visited>
  /** Whether only an admin may even see it. */
  readonly adminsOnly?: boolean
  /** Only for an admin, as it changes something, unless `viewersMayPost`. */
  post?(visit: Visit): Visited | Promise<Visited>
  readonly viewersMayPost?: boolean
}

/** A page, or where to go to see one. */
export type Visited = Page | Response

export function wordsOf<W>({ language }: Pick<Visit, 'language'>, words: Words<W>): W {
  return words[language]
}

/** A parameter of the address; undefined where it is empty, as that of a field that was left empty. */
export function param({ c }: Pick<Visit, 'c'>, name: string): string | undefined {
  return c.req.query(name) || undefined
}

/** This page's address with other parameters: undefined takes one away. */
export function href(path: string, params: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) if (value) query.set(name, value)
  return query.size === 0 ? path : `${path}?${query}`
}
