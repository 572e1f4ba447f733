import type { Recent } from '../core/recent.ts'
import type { ApiContext } from '../http/api/context.ts'
import type { Guard } from '../http/guard.ts'

/** What the pages need of the gateway: what the API needs, and more. */
export interface ConsoleContext extends ApiContext {
  readonly recent: Recent
  readonly guard: Guard
  readonly assets: Assets
}

/** The files in assets/, by their name. */
export type Assets = Readonly<Record<string, string>>
