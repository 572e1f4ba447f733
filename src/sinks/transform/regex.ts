import { type Matcher, RE2JS } from 're2js'
import { LimitError, type Meter } from './meter.ts'

/** Regular expressions that take linear time, in JSONata's place of JavaScript's. Throws where RE2 has no such thing. */
export function compileRegex({ source, flags }: RegExp): RE2JS {
  const ignoresCase = flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0
  const isMultiline = flags.includes('m') ? RE2JS.MULTILINE : 0
  return RE2JS.compile(RE2JS.translateRegExp(source), ignoresCase | isMultiline)
}

/** What JSONata makes its regular expressions with, of which it then uses `exec` and `lastIndex`. */
export function regexEngine(meter: Meter): RegExpConstructor {
  const compiled = new Map<RegExp, RE2JS>()
  function RegexEngine(pattern: RegExp) {
    const regex = compiled.get(pattern) ?? compileRegex(pattern)
    compiled.set(pattern, regex)
    return createMatching(regex, meter)
  }
  // Only called as `new RegexEngine(pattern)`.
  return RegexEngine as unknown as RegExpConstructor
}

/** So many characters, each in one state of the regular expression, are read in the time of a step. */
const READ_A_STEP = 128

/** What reads no further than it matches: characters and classes, the last one repeated or not. Most are so. */
const LOCAL = /^(?:\\[A-Za-z.,;:/|-]|\[[^\]]+\]|[^\\[\](){}.*+?^$|])+\+?$/

function createMatching(regex: RE2JS, meter: Meter) {
  const isLocal = LOCAL.test(regex.pattern())
  const read = (length: number) => meter.spend((length * regex.programSize()) / READ_A_STEP)
  let matcher = regex.matcher('')
  let lastText = ''
  const matching = {
    lastIndex: 0,
    exec(text: unknown) {
      if (typeof text !== 'string') throw new LimitError('matches what is no text')
      const from = matching.lastIndex
      meter.spend(1)
      if (!isLocal) read(text.length - from)
      if (text !== lastText) matcher = regex.matcher(text)
      lastText = text
      const isFound = matcher.find(from)
      if (isLocal) read((isFound ? matcher.end() : text.length) - from)
      if (!isFound) return null
      matching.lastIndex = matcher.end()
      return matched(matcher)
    },
  }
  return matching
}

/** As JavaScript has it. */
function matched(matcher: Matcher): (string | undefined)[] & { index: number } {
  const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, index) => {
    return matcher.group(index) ?? undefined
  })
  return Object.assign(groups, { index: matcher.start() })
}
