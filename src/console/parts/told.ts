import type { Language } from '../language.ts'
import { chinese } from './chinese-sentences.ts'

/** What is longer is no sentence of the gateway's, and is not to be searched at any length. */
const LONGEST = 2000

/**
 * What the gateway has said in English, of an attempt, an event or a request, in the reader's language. What anybody else
 * has said stays as it is, and so does what is not worth a sentence of its own. To be told after what may not be shown
 * has been hidden.
 */
export function told(text: string, language: Language): string {
  return language === 'zh' && text.length <= LONGEST ? chinese(text) : text
}
