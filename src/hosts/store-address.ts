import type { Env } from './environment.ts'

/** Which store `DATABASE_URL` names. */
export type StoreAddress =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly file: string }
  | {
      readonly kind: 'postgres'
      readonly url: string
      /** Past a pooler; undefined where there is none, or none is named. */
      readonly directUrl: string | undefined
    }

const DEFAULT_URL = 'sqlite:./data/lark-fanout.db'

/** `reject` hears of what is wrong, with the variable's name and without its value, which may hold a password. */
export function readStoreAddress(
  env: Env,
  reject: (variable: string, message: string) => void,
): StoreAddress {
  const url = env.DATABASE_URL || DEFAULT_URL
  const directUrl = env.DATABASE_DIRECT_URL || undefined
  if (isPostgres(url)) {
    for (const [name, each] of Object.entries({
      DATABASE_URL: url,
      DATABASE_DIRECT_URL: directUrl,
    })) {
      const problem = each === undefined ? undefined : problemOf(each)
      if (problem) reject(name, problem)
    }
    return { kind: 'postgres', url, directUrl }
  }
  if (directUrl !== undefined) {
    reject('DATABASE_DIRECT_URL', 'is only for a DATABASE_URL of postgres://')
  }
  if (url === 'memory:') return { kind: 'memory' }
  const file = sqliteFile(url)
  if (file === '') {
    reject('DATABASE_URL', 'must be sqlite:<file>, postgres://<host>/<database> or memory:')
  }
  return { kind: 'sqlite', file }
}

/** For people: without the user, the password and the query. */
export function describeStore(address: StoreAddress): string {
  if (address.kind === 'memory') return 'memory:'
  if (address.kind === 'sqlite') return `sqlite:${address.file}`
  const { protocol, host, pathname, searchParams } = new URL(address.url)
  return `${protocol}//${host || (searchParams.get('host') ?? '')}${pathname}`
}

/** `sqlite:./a.db`, `sqlite:/a.db` or `sqlite:///a.db`; empty for anything else. */
function sqliteFile(url: string): string {
  const [, file = ''] = /^sqlite:(?:\/\/(?=\/))?(?!\/\/|:)(.+)$/.exec(url) ?? []
  return file
}

function isPostgres(url: string): boolean {
  return /^postgres(ql)?:/i.test(url)
}

/** Those that pg knows, whose misspelling would be a stricter one to it. */
const SSL_MODES = ['disable', 'no-verify', 'prefer', 'require', 'verify-ca', 'verify-full']

/** What is wrong with the URL of a Postgres database; undefined where nothing is. */
function problemOf(text: string): string | undefined {
  const url = isPostgres(text) ? URL.parse(text) : null
  const host = url?.hostname || url?.searchParams.get('host')
  if (!url || !host || !/^\/[^/@]+$/.test(url.pathname)) {
    return (
      'must be postgres://<user>:<password>@<host>:<port>/<database>: ' +
      'percent-encode what is no letter or digit in user and password (@ is %40, / is %2F, # is %23)'
    )
  }
  const sslMode = url.searchParams.get('sslmode')
  if (sslMode === null || SSL_MODES.includes(sslMode)) return undefined
  return `sslmode must be one of ${SSL_MODES.join(', ')}`
}
