import { html } from 'hono/html'
import type { ConsoleContext } from './context.ts'
import { frameWords } from './frame-words.ts'
import { hash } from './hash.ts'
import { type Html, nothing } from './html.ts'
import { LANGUAGES, type Language } from './language.ts'
import { liveBar } from './parts/live-bar.ts'
import { href, type Page, type Section, type Visit, wordsOf } from './visit.ts'

const PATHS: Readonly<Record<Section, string>> = {
  overview: '/console',
  events: '/console/events',
  dead: '/console/dead',
  sinks: '/console/sinks',
  routes: '/console/routes',
  problems: '/console/problems',
}

/** A page in the frame that all have. */
export function inFrame(visit: Visit, { title, section, body }: Page): Html {
  const words = wordsOf(visit, frameWords)
  const { session, context, language } = visit
  const isBad = context.recent.lastReload()?.result === 'rejected'
  return shell(
    visit,
    title,
    html`<header>
  <a class="skip" href="#content">${words.skip}</a>
  <a class="brand" href="/console">lark-fanout</a>
  <nav aria-label="${words.navigation}">
    ${Object.entries(PATHS).map(([name, path]) => {
      const mark =
        name === 'problems' && isBad
          ? html` <span class="badge bad">${words.rejected}</span>`
          : nothing
      const current = name === section ? html` aria-current="page"` : nothing
      return html`<a href="${path}"${current}>${words.sections[name as Section]}${mark}</a> `
    })}
  </nav>
  <div class="who">
    ${session.role === 'viewer' ? html`<span class="badge">${words.viewer}</span>` : nothing}
    ${languageLink(visit, language)}
    <form method="post" action="/console/logout">${csrfField(visit)}<button class="quiet">${words.logOut}</button></form>
  </div>
</header>
<main id="content" tabindex="-1">
  ${liveBar(language)}
  <h1>${title}</h1>
  ${body}
</main>
<footer>${words.timeZone} <span id="zone">UTC</span></footer>`,
  )
}

const STYLES = ['base.css', 'frame.css', 'parts.css', 'cards.css', 'events.css', 'event.css']

/** What is around whatever stands on a page. */
export function shell(
  { language, context }: { readonly language: Language; readonly context: ConsoleContext },
  title: string,
  body: Html,
): Html {
  const asset = (name: string) => `/console/assets/${name}?v=${versionOf(context, name)}`
  return html`<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · lark-fanout</title>
<link rel="icon" href="data:,">
${STYLES.map((name) => html`<link rel="stylesheet" href="${asset(name)}">`)}
<script type="module" src="${asset('live.js')}"></script>
</head>
<body>
${body}
</body>
</html>`
}

/** To stand in every form that is sent. */
export function csrfField({ session }: Pick<Visit, 'session'>): Html {
  return html`<input type="hidden" name="csrf" value="${session.csrf}">`
}

/** The same page in the other language. */
export function languageLink({ c }: Pick<Visit, 'c'>, language: Language): Html {
  const other = LANGUAGES.find((one) => one !== language) ?? language
  const { pathname, searchParams } = new URL(c.req.url)
  const to = href(pathname, { ...Object.fromEntries(searchParams), lang: other })
  return html`<a class="quiet" href="${to}" lang="${other}" hreflang="${other}">${frameWords[language].otherLanguage}</a>`
}

const versions = new WeakMap<object, Map<string, string>>()

/** Changes with an asset's text, so that browsers may keep the asset for ever. */
function versionOf({ assets }: ConsoleContext, name: string): string {
  const known = versions.get(assets) ?? new Map<string, string>()
  versions.set(assets, known)
  const version = known.get(name) ?? hash(assets[name] ?? '')
  known.set(name, version)
  return version
}
