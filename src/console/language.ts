import type { Context, MiddlewareHandler } from 'hono'
import { languageDetector } from 'hono/language'

export const LANGUAGES = ['en', 'zh'] as const
export type Language = (typeof LANGUAGES)[number]

/** A page's words, in each language. */
export type Words<W> = Readonly<Record<Language, W>>

const COOKIE = 'lark-fanout-language'

/** By `?lang=`, which is remembered, else by what the browser asks for. */
export function detectLanguage(): MiddlewareHandler {
  return languageDetector({
    supportedLanguages: [...LANGUAGES],
    fallbackLanguage: 'en',
    order: ['querystring', 'cookie', 'header'],
    lookupQueryString: 'lang',
    lookupCookie: COOKIE,
    caches: ['cookie'],
    cookieOptions: { path: '/console', sameSite: 'Lax', httpOnly: true, secure: false },
    // zh-CN, zh-Hant-TW.
    convertDetectedLanguage: (language) => language.split('-')[0] ?? language,
  })
}

export function languageOf(c: Context): Language {
  const language: unknown = c.get('language')
  return LANGUAGES.find((one) => one === language) ?? 'en'
}
