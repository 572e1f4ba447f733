import type { Hono } from 'hono'

/** What may stand for each `:name` in a path. */
export type Values = Readonly<Record<string, readonly string[]>>

/** The paths that an app answers by this method, as it was told: a page that is made tomorrow is among them. */
export function pathsOf({ routes }: Hono, method: 'GET' | 'POST'): readonly string[] {
  const own = routes.filter((route) => route.method === method && !route.path.includes('*'))
  return [...new Set(own.map(({ path }) => path))]
}

/** A path with each value that there is in place of its parameters, of which the first is the most usual. */
export function filled(path: string, values: Values): readonly string[] {
  const name = /[:{](\w+)\}?/.exec(path)
  if (!name) return [path]
  const known = values[name[1] ?? '']
  if (!known || known.length === 0) throw new Error(`${path}: say what stands for ${name[0]}`)
  return known.flatMap((value) => filled(path.replace(name[0], encodeURIComponent(value)), values))
}

/** The first of them. */
export function oneOf(path: string, values: Values): string {
  return filled(path, values)[0] ?? path
}

/** Whether an address is one of a path with parameters. */
export function isAt(path: string, address: string): boolean {
  const { pathname } = new URL(address, 'http://x')
  return new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`).test(pathname)
}

/** Where a page's links lead to within the console, but to its other language. */
export function linksIn(page: string): readonly string[] {
  const links = [...page.matchAll(/<a [^>]*?href="(\/console[^"#]*)/g)]
  return links.map(([, to = '']) => unescaped(to)).filter((to) => !to.includes('lang='))
}

export interface Form {
  readonly action: string
  readonly fields: Readonly<Record<string, string>>
}

/** What a page's forms send that change something: one for each of their buttons. `at`: the page's own address. */
export function formsIn(page: string, at: string): readonly Form[] {
  const forms = [...page.matchAll(/<form method="post"([^>]*)>(.*?)<\/form>/gs)]
  return forms.flatMap(([, attributes = '', inner = '']) => {
    const [action = at] = attribute(attributes, 'action').split('#').filter(Boolean)
    const inputs = [...inner.matchAll(/<input ([^>]*)>/g)].map(([, text = '']) => pairOf(text))
    const buttons = [...inner.matchAll(/<button([^>]*)>/g)]
    return buttons.map(([, text = '']) => ({
      action,
      fields: Object.fromEntries([...inputs, pairOf(text)].filter(([name]) => name !== '')),
    }))
  })
}

function pairOf(attributes: string): readonly [name: string, value: string] {
  return [attribute(attributes, 'name'), attribute(attributes, 'value')]
}

function attribute(attributes: string, name: string): string {
  return unescaped(new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? '')
}

function unescaped(text: string): string {
  return text.replaceAll('&#39;', "'").replaceAll('&quot;', '"').replaceAll('&amp;', '&')
}
