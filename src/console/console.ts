import type { Context, Hono } from 'hono'
import { html } from 'hono/html'
import { secureHeaders } from 'hono/secure-headers'
import { RejectedError } from '../core/errors.ts'
import { rejectionOf, serve } from '../http/app.ts'
import type { Tokens } from '../http/guard.ts'
import type { ConsoleContext } from './context.ts'
import { dead } from './dead/dead.ts'
import { retry } from './dead/retry.ts'
import { event } from './event/event.ts'
import { retryDelivery } from './event/retry.ts'
import { send } from './event/send.ts'
import { events } from './events/events.ts'
import { stream } from './events/stream.ts'
import { checkForm, readForm } from './form.ts'
import { frameWords } from './frame-words.ts'
import { detectLanguage, languageOf } from './language.ts'
import { inFrame, shell } from './layout.ts'
import { logout, serveLogin, toLogin } from './login.ts'
import { overview } from './overview/overview.ts'
import { told } from './parts/told.ts'
import { audit } from './problems/audit.ts'
import { problems } from './problems/problems.ts'
import { replayEvents } from './replay/replay.ts'
import { routes } from './routes/routes.ts'
import { createSessions, type Sessions } from './session.ts'
import { discardBacklog, pause, resume } from './sink/actions.ts'
import { sink } from './sink/sink.ts'
import { sinks } from './sinks/sinks.ts'
import type { PageAt, Visit, Visited } from './visit.ts'

const PAGES: readonly PageAt[] = [
  overview,
  events,
  stream,
  event,
  retryDelivery,
  send,
  dead,
  retry,
  sinks,
  sink,
  pause,
  resume,
  discardBacklog,
  routes,
  replayEvents,
  problems,
  audit,
]

/** Everything under /console. */
export function serveConsole(app: Hono, context: ConsoleContext, tokens: Tokens): void {
  const sessions = createSessions(tokens, context.runtime)
  app.use('/console/*', secureHeaders(HEADERS), showErrors(context))
  // Before the language is looked for: what caches keep for everybody sets no cookie.
  serveAssets(app, context)
  app.use('/console/*', detectLanguage())
  serveLogin(app, context, sessions)
  for (const page of [...PAGES, logout(sessions)]) servePage(app, page, context, sessions)
  app.all('/console/', (c) => c.redirect(`/console${new URL(c.req.url).search}`, 308))
  app.all('/console/*', async (c) => {
    if (!(await sessions.read(c))) return toLogin(c)
    throw noSuchPage(c)
  })
}

/** Nothing that is not the console's own: neither inline, nor from any other host, nor in another site's frame. */
const HEADERS = {
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
  },
  referrerPolicy: 'same-origin',
  // The proxy that speaks https says whether all of its host does.
  strictTransportSecurity: false,
  xFrameOptions: 'DENY',
}

function servePage(app: Hono, page: PageAt, context: ConsoleContext, sessions: Sessions): void {
  const both = [page.get && 'GET', page.post && 'POST'] as const
  const methods = both.filter((method) => method !== undefined)
  serve(app, methods, page.path, async (c) => {
    const session = await sessions.read(c)
    if (!session) return toLogin(c)
    const visit = { c, context, session, language: languageOf(c), form: new Map() }
    c.header('Cache-Control', 'no-store')
    return c.req.method === 'POST' ? post(page, visit) : get(page, visit)
  })
}

async function get(page: PageAt, visit: Visit): Promise<Response> {
  if (page.adminsOnly) checkAdmin(visit)
  return answer(visit, await page.get?.(visit))
}

async function post(page: PageAt, visit: Visit): Promise<Response> {
  const form = await readForm(visit.c)
  checkForm(visit, form)
  if (!page.viewersMayPost) checkAdmin(visit)
  return answer(visit, await page.post?.({ ...visit, form }))
}

function checkAdmin({ session, language }: Visit): void {
  if (session.role !== 'admin') throw new RejectedError(403, frameWords[language].forAdmins)
}

function answer(visit: Visit, visited: Visited | undefined): Response | Promise<Response> {
  if (visited instanceof Response) return visited
  if (visited) return visit.c.html(inFrame(visit, visited))
  throw noSuchPage(visit.c)
}

function noSuchPage(c: Context): RejectedError {
  return new RejectedError(404, frameWords[languageOf(c)].noSuchPage)
}

/** What goes wrong, as a page. */
function showErrors(context: ConsoleContext) {
  return async (c: Context, next: () => Promise<void>) => {
    await next()
    if (!c.error) return
    const { status, message } = rejectionOf(c.error)
    const language = languageOf(c)
    const { wentWrong, back } = frameWords[language]
    const body = html`<main class="login" id="content">
  <h1>${wentWrong}</h1>
  <p role="alert">${told(message, language)}</p>
  <p><a href="/console">${back}</a></p>
</main>`
    c.res = await c.html(shell({ language, context }, wentWrong, body), status as 400)
  }
}

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}

/** Their addresses change with them. */
const FOR_EVER = 'public, max-age=31536000, immutable'

function serveAssets(app: Hono, { assets }: ConsoleContext): void {
  for (const [name, text] of Object.entries(assets)) {
    const type = TYPES[name.split('.').at(-1) ?? ''] ?? 'text/plain'
    serve(app, 'GET', `/console/assets/${name}`, (c) =>
      c.body(text, 200, { 'Content-Type': type, 'Cache-Control': FOR_EVER }),
    )
  }
}
