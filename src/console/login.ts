import type { Context, Hono } from 'hono'
import { html } from 'hono/html'
import { RejectedError } from '../core/errors.ts'
import { serve } from '../http/app.ts'
import type { ConsoleContext } from './context.ts'
import { readForm } from './form.ts'
import { frameWords } from './frame-words.ts'
import { nothing } from './html.ts'
import { languageOf } from './language.ts'
import { languageLink, shell } from './layout.ts'
import type { Sessions } from './session.ts'
import { href, type PageAt } from './visit.ts'

const LOGIN = '/console/login'
const LOGOUT = '/console/logout'
/** In the login's address: something was sent, and nothing done. */
const UNDONE = 'undone'

/** Served by itself, as nobody has a session there. */
export function serveLogin(app: Hono, context: ConsoleContext, sessions: Sessions): void {
  serve(app, ['GET', 'POST'], LOGIN, async (c) => {
    if (c.req.method !== 'POST') return show(c, context)
    const form = await readForm(c)
    try {
      await sessions.open(c, context.guard.roleOf(c, form.get('token') ?? ''))
    } catch (error) {
      if (!(error instanceof RejectedError)) throw error
      return show(c, context, error)
    }
    return c.redirect(pageAt(URL.parse(c.req.query('next') ?? '', c.req.url)) ?? '/console', 303)
  })
}

export function logout(sessions: Sessions): PageAt {
  return {
    path: LOGOUT,
    viewersMayPost: true,
    async post({ c }) {
      await sessions.close(c)
      return c.redirect(LOGIN, 303)
    },
  }
}

/** To the login, and from there back to the page that was asked for, or from which something was sent in vain. */
export function toLogin(c: Context): Response {
  const { pathname, search } = new URL(c.req.url)
  if (pathname === LOGOUT) return c.redirect(LOGIN, 303)
  if (c.req.method === 'POST') {
    const next = pageAt(URL.parse(c.req.header('referer') ?? ''))
    return c.redirect(href(LOGIN, { next, [UNDONE]: '1' }), 303)
  }
  const next = pathname === '/console' ? undefined : pathname + search
  return c.redirect(href(LOGIN, { next }), 303)
}

/** The page at an address; undefined where it is none: nobody is led away from the console, nor back to the login. */
function pageAt(address: URL | null): string | undefined {
  const { pathname = '', search } = address ?? {}
  const isPage = /^\/console(?:\/|$)/.test(pathname) && ![LOGIN, LOGOUT].includes(pathname)
  return isPage ? `${pathname}${search}` : undefined
}

function show(c: Context, context: ConsoleContext, error?: RejectedError): Promise<Response> {
  const language = languageOf(c)
  const words = frameWords[language].login
  const retryAfter = Number(error?.headers['Retry-After'])
  const wrong = retryAfter > 0 ? words.tooMany(retryAfter) : words.wrong
  const body = html`<main class="login" id="content">
  <p class="brand">lark-fanout</p>
  <h1>${words.title}</h1>
  ${c.req.query(UNDONE) === undefined ? nothing : html`<p class="notice warn" role="alert">${words.undone}</p>`}
  <form method="post">
    ${error ? html`<p class="bad" role="alert">${wrong}</p>` : nothing}
    <label for="token">${words.token}</label>
    <input id="token" name="token" type="password" required autofocus autocomplete="current-password" aria-describedby="hint">
    <p id="hint" class="faint">${words.hint}</p>
    <button class="main">${words.submit}</button>
  </form>
  <p>${languageLink({ c }, language)}</p>
</main>`
  c.status((error?.status ?? 200) as 200)
  return Promise.resolve(c.html(shell({ language, context }, words.title, body)))
}
