import * as T from '@sinclair/typebox'
import type { Problem } from '../core/errors.ts'
import type { JsonObject } from '../core/event.ts'
import type { Destination } from '../core/plugin.ts'

/** As which app a source speaks to the open platform. */
export const appCredentials = {
  app_id: T.String({
    minLength: 1,
    examples: ['cli_a1b2c3d4e5f60718'],
    description: "The app's id, as the developer console shows it.",
  }),
  app_secret: T.String({
    minLength: 1,
    secret: true,
    description: "The app's secret.",
    examples: [`\${FEISHU_APP_SECRET}`],
  }),
}

/** What sources that know their app have beside its credentials. */
export const appOptions = {
  domain: T.String({
    default: 'https://open.feishu.cn',
    examples: ['https://open.feishu.cn', 'https://open.larksuite.com'],
    description: 'The open platform: https://open.larksuite.com for Lark.',
  }),
  subscribe: T.Boolean({
    default: false,
    description:
      'Subscribes the app to every approval_code that a route names: Feishu sends no events of other approvals.',
  }),
}

/** An app, and where its open platform is. */
export interface FeishuApp {
  readonly appId: string
  readonly appSecret: string
  /** Without a slash at its end. */
  readonly domain: string
}

interface AppOptions {
  readonly app_id?: string
  readonly app_secret?: string
  readonly domain: string
  readonly subscribe: boolean
}

/** The app of a source's checked options; undefined where they have no credentials. */
export function appOf(options: JsonObject): FeishuApp | undefined {
  const { app_id: appId, app_secret: appSecret, domain } = options
  if (typeof appId !== 'string' || typeof appSecret !== 'string') return undefined
  return { appId, appSecret, domain: String(domain).replace(/\/+$/, '') }
}

/** What the schemas of these options cannot say. */
export function appProblems(options: AppOptions): readonly Problem[] {
  return [...missingCredentials(options), ...domainProblems(options.domain)]
}

function missingCredentials(options: AppOptions): Problem[] {
  const { app_id, app_secret, subscribe } = options
  if (!subscribe && app_id === undefined && app_secret === undefined) return []
  const reason = subscribe ? 'subscribe: true needs it' : 'app_id and app_secret go together'
  return (['app_id', 'app_secret'] as const)
    .filter((path) => options[path] === undefined)
    .map((path) => ({ path, message: `is missing: ${reason}` }))
}

function domainProblems(domain: string): Problem[] {
  const url = URL.parse(domain)
  const problem = (message: string) => [{ path: 'domain', message }]
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    return problem('must be a whole address that starts with http:// or https://')
  }
  if (url.username || url.password || url.search || url.hash) {
    return problem('must be an address without user, query and fragment')
  }
  return []
}

/** Where a source with these options connects to. */
export function appDestinations({ app_id, domain }: AppOptions): readonly Destination[] {
  if (app_id === undefined) return []
  return [{ path: 'domain', host: URL.parse(domain)?.hostname ?? '' }]
}
