import { RE2JS } from 're2js'

/**
 * Regular expressions that read a text once, however they are written: no text that someone sends keeps the gateway
 * from its work. Throws for what only going back and forth could find. `code` is the same for a module that has RE2JS.
 */
export const linearRegExp = Object.assign(
  (pattern: string) => RE2JS.compile(RE2JS.translateRegExp(pattern)),
  { code: '((pattern) => RE2JS.compile(RE2JS.translateRegExp(pattern)))' },
)
