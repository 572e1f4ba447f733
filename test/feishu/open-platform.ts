import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import { createApi } from '../../src/simulator/api.ts'
import type { Answer } from '../../src/simulator/call.ts'
import { recordingLog } from '../log.ts'
import { openReceiver, status } from '../receiver.ts'
import { APP } from '../simulator/app.ts'

const START = 1_700_000_000_000

interface Options {
  /** Without it, every code is an approval. */
  readonly approvals?: readonly string[]
  readonly subscribed?: readonly string[]
}

interface Called {
  readonly path: string
  readonly at: number
  /** Empty where there was none. */
  readonly token: string
}

/** The simulated open platform over real HTTP, a runtime, and a clock of both that only the test moves. */
export async function openPlatform(options: Options = {}) {
  const clock = { now: START }
  const now = () => clock.now
  const api = createApi({ apps: [APP], now, ...options })
  const calls: Called[] = []
  const answers: Answer[] = []
  const scripted: Answer[] = []
  const server = await openReceiver()
  server.answerWith((response, request) => {
    const { method, path, body: text } = request
    const { authorization } = request.headers
    const token = authorization?.replace('Bearer ', '') ?? ''
    calls.push({ path, at: clock.now, token })
    const body = text === '' ? {} : JSON.parse(text)
    const answer = scripted.shift() ?? api.answer({ method, path, authorization, body })
    if (answer) answers.push(answer)
    status(answer?.status ?? 404, {}, JSON.stringify(answer?.body))(response, request)
  })
  const log = recordingLog()
  const node = createNodeRuntime({ folder: '.', log })
  const waits: number[] = []
  return {
    api,
    clock,
    log,
    /** What was waited for, in milliseconds. */
    waits,
    app: { appId: APP.id, appSecret: APP.secret, domain: server.url },
    runtime: { ...node, now, random: () => 0 },
    /** Moves the clock in place of waiting. */
    async sleep(ms: number) {
      if (ms <= 0) return
      waits.push(ms)
      clock.now += ms
    },
    /** The next calls are answered so, in turn, whatever they ask. */
    answerNext: (...next: readonly Answer[]) => void scripted.push(...next),
    answers,
    calls,
    tokenCalls: () => calls.filter(({ path }) => path.includes('tenant_access_token')),
    /** The codes that were asked for, in order. */
    asked: () => calls.flatMap(({ path }) => codeIn(path)),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await node.close()
    },
  }
}

function codeIn(path: string): string[] {
  const [, code] = /\/approvals\/([^/]+)\/subscribe$/.exec(path) ?? []
  return code === undefined ? [] : [decodeURIComponent(code)]
}
