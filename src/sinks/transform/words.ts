import { messageOf } from '../../core/errors.ts'
import { LimitError } from './meter.ts'
import { child } from './tree.ts'

/** Why a transform has no result, as what follows `its transform`. */
export function failureOf(error: unknown, text: string, showsValues: boolean): string {
  const words = wordsOf(error, text, showsValues)
  return error instanceof LimitError ? words : `fails: ${words}`
}

const LONGEST_WORDS = 300

/** What JSONata says of an expression, and where it fails. What an event holds is not for everyone who reads of it. */
export function wordsOf(error: unknown, text: string, showsValues = false): string {
  const said = messageOf(child(error, 'message') ?? child(error, 'code') ?? error)
  const values = ['value', 'value2', 'exp'].map((name) => child(error, name))
  const isOfEvent = !/^(S|D2015)/.test(String(child(error, 'code')))
  const words = isOfEvent && !showsValues ? values.reduce(withoutValue, said) : said
  const position = child(error, 'position')
  const place = typeof position === 'number' ? placeIn(text, position) : ''
  return `${words.slice(0, LONGEST_WORDS)}${place}`
}

function withoutValue(words: string, value: unknown): string {
  try {
    const shown = JSON.stringify(value)
    return shown ? words.replaceAll(shown, () => '…') : words
  } catch {
    return words
  }
}

const CHARACTERS_SHOWN = 24

/** ` (line 2, character 14, at "…$sum(form.value")`: what is wrong ends at `position`. */
export function placeIn(text: string, position: number): string {
  const before = text.slice(0, position)
  const line = before.split('\n').length
  const column = Math.max(1, before.length - before.lastIndexOf('\n') - 1)
  const shown = before.slice(-CHARACTERS_SHOWN).replaceAll(/\s+/g, ' ')
  const more = before.length > CHARACTERS_SHOWN ? '…' : ''
  return ` (line ${line}, character ${column}, at "${more}${shown}")`
}
