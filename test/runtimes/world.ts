import { readFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'
import { type Answer, openReceiver, type ReceivedRequest, status } from '../receiver.ts'
import { FEISHU, openFolder } from '../serve.ts'
import type { Place, Started } from './places.ts'
import { postcard } from './postcard.ts'

/** One gateway, and the receiver of all that it delivers. */
export interface World extends AsyncDisposable {
  readonly url: string
  /** What has come to one path of the receiver. */
  at(path: string): readonly ReceivedRequest[]
  /** How the receiver answers at a path: with these in turn, and with the last one ever after. */
  answer(path: string, ...answers: readonly Answer[]): void
  /** Kills the gateway and starts it again, on what it has stored. */
  killAndStart(): Promise<void>
}

export const HOOK_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

export interface PatternCase {
  readonly name: string
  readonly pattern: object
  readonly match: readonly object[]
  readonly miss: readonly object[]
}

const fixtures: {
  readonly valid: readonly PatternCase[]
  readonly invalid: readonly { readonly pattern: unknown; readonly problems: readonly string[] }[]
} = parse(readFileSync(new URL('../fixtures/patterns.yaml', import.meta.url), 'utf8'))

export const patternCases = fixtures.valid

/** A route a case, which sees only the events of its case. */
const caseRoutes = patternCases.map(({ pattern }, index) => ({
  name: `case-${index}`,
  from: ['cases'],
  match: { ...literally(pattern), case_number: [index] },
  to: ['cases'],
}))

/** A dollar of a text in routes.yaml begins a reference. */
function literally(pattern: unknown): object {
  return JSON.parse(JSON.stringify(pattern), (_, value: unknown) =>
    typeof value === 'string' ? value.replaceAll('$', '$$$$') : value,
  )
}

function routesYaml(receiverUrl: string): string {
  const sinks = {
    hook: { type: 'webhook', url: `${receiverUrl}/hook`, secret: HOOK_SECRET },
    patient: {
      type: 'webhook',
      url: `${receiverUrl}/patient`,
      retry: { attempts: 5, initial: '200ms', factor: 1, quick: 0 },
    },
    once: { type: 'webhook', url: `${receiverUrl}/once`, retry: { attempts: 1, quick: 0 } },
    failing: {
      type: 'webhook',
      url: `${receiverUrl}/failing`,
      retry: { initial: '1s', factor: 1, max: '1s', attempts: 100, quick: 0 },
      breaker: { failures: 1000 },
    },
    cases: { type: 'webhook', url: `${receiverUrl}/cases` },
    postcard: { type: 'postcard', url: `${receiverUrl}/postcard` },
  }
  const to = (...names: string[]) =>
    names.map((name) => ({ name, match: { user_id: [name] }, to: [name] }))
  const routes = [...to('hook', 'patient', 'once', 'failing', 'postcard'), ...caseRoutes]
  const source = `  cases:
    type: feishu
    path: /webhook/cases
    verification_token: \${FEISHU_VERIFICATION_TOKEN}
    encrypt_key: \${FEISHU_ENCRYPT_KEY}
    events: '*'
`
  return `${FEISHU}${source}${stringify({ sinks, routes })}`
}

/** Every pattern that is refused, in a route of its own. */
export const wrongPatterns = fixtures.invalid.map(({ pattern }) => JSON.stringify(pattern))

/** A routes.yaml that has them all. */
export function wrongRoutesYaml(): string {
  return matchingYaml(fixtures.invalid.map(({ pattern }) => literally(pattern)))
}

/** What is wrong with a pattern is one text, which a variable can give: `operator` is what it stands at. */
export const wrongTexts = fixtures.invalid.flatMap(({ pattern, problems }, index) => {
  const [, operator] = /^a\.0\.(wildcard|cidr)$/.exec(problems.join()) ?? []
  if (operator === undefined) return []
  return [{ name: `WRONG_${index}`, operator, text: String(Object(pattern).a[0][operator]) }]
})

/** A routes.yaml that has them all, as variables. */
export function wrongTextsYaml(): string {
  return matchingYaml(
    wrongTexts.map(({ name, operator }) => ({ a: [{ [operator]: `\${${name}}` }] })),
  )
}

/** A route for each. */
function matchingYaml(patterns: readonly object[]): string {
  const routes = patterns.map((match, index) => ({ name: `wrong-${index}`, match, to: ['out'] }))
  return `${FEISHU}${stringify({ sinks: { out: { type: 'log' } }, routes })}`
}

export async function openWorld(place: Place): Promise<World> {
  const receiver = await openReceiver()
  const answers = new Map<string, readonly Answer[]>()
  receiver.answerWith((response, request) => {
    const [answer = status(200), ...rest] = answers.get(request.path) ?? []
    if (rest.length > 0) answers.set(request.path, rest)
    answer(response, request)
  })
  const folder = await openFolder({
    'routes.yaml': routesYaml(receiver.url),
    'plugins/postcard.ts': postcard,
  })
  let started: Started = await place.start(folder)
  return {
    get url() {
      return started.url
    },
    at: (path) => receiver.requests.filter((request) => request.path === path),
    answer: (path, ...next) => void answers.set(path, next),
    async killAndStart() {
      await started.kill()
      started = await place.start(folder)
    },
    async [Symbol.asyncDispose]() {
      await started[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
      await receiver[Symbol.asyncDispose]()
    },
  }
}
