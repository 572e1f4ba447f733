import type { Context, MiddlewareHandler } from 'hono'
import { setCookie } from 'hono/cookie'
import { languageDetector } from 'hono/language'

export const LANGUAGES = ['en', 'zh'] as const
export type Language = (typeof LANGUAGES)[number]

/** A page's words, in each language. */
export type Words<W> = Readonly<Record<Language, W>>

const COOKIE = 'lark-fanout-language'
const LIFETIME_S = 365 * 24 * 60 * 60

/** By `?lang=`, which is remembered, else by what the browser asks for. */
export function detectLanguage(): MiddlewareHandler {
  const detect = languageDetector({
    supportedLanguages: [...LANGUAGES],
    fallbackLanguage: 'en',
    order: ['querystring', 'cookie', 'header'],
    lookupQueryString: 'lang',
    lookupCookie: COOKIE,
    caches: false,
    // zh-CN, zh-Hant-TW.
    convertDetectedLanguage: (language) => language.split('-')[0] ?? language,
  })
  return (c, next) =>
    detect(c, () => {
      if (c.req.query('lang') === languageOf(c)) remember(c)
      return next()
    })
}

function remember(c: Context): void {
  const options = { path: '/console', maxAge: LIFETIME_S, sameSite: 'Lax', httpOnly: true } as const
  setCookie(c, COOKIE, languageOf(c), options)
}

export function languageOf(c: Context): Language {
  const language: unknown = c.get('language')
  return LANGUAGES.find((one) => one === language) ?? 'en'
}
