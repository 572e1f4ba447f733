import { vi } from 'vitest'
import { link } from '../src/config/link.ts'
import { compileValidators } from '../src/config/validators.ts'
import type { Event } from '../src/core/event.ts'
import { createFeed } from '../src/core/feed.ts'
import { defineSink } from '../src/core/plugin.ts'
import type { Store } from '../src/core/store.ts'
import { eventSchemas } from '../src/feishu/event-schemas.ts'
import { createGateway } from '../src/gateway.ts'
import { createNodeRuntime } from '../src/hosts/node-runtime.ts'
import type { IntakeRoom } from '../src/http/intake.ts'
import { openMemoryStore } from '../src/stores/memory.ts'
import { load, sourceTypes } from './config/load-text.ts'
import { recordingLog } from './log.ts'
import { KEY, sealed, sealedText, TOKEN } from './serve.ts'

/** Two sources, one of them without a key, and a sink that keeps all it gets. */
const FILE = `version: 1
sources:
  sealed: { type: feishu, path: /sealed, verification_token: "\${TOKEN}", encrypt_key: "\${KEY}", events: "*" }
  plain: { type: feishu, path: /plain, verification_token: "\${TOKEN}", events: "*" }
sinks:
  all: { type: recorder, concurrency: 64, retry: { attempts: 1 } }
routes:
  - { name: all, to: [all] }
`

/** A real gateway in this process: sources from routes.yaml, the memory store unless another is given. */
export async function openInProcess(store: Store = openMemoryStore(), intakeRoom?: IntakeRoom) {
  const delivered: Event[] = []
  const recorder = defineSink({
    type: 'recorder',
    options: { type: 'object', properties: {} },
    open: () => ({ deliver: async (event: Event) => void delivered.push(event) }),
  })
  const log = recordingLog()
  const clock = { aheadMs: 0 }
  const node = createNodeRuntime({ folder: '.', log })
  const runtime = { ...node, now: () => Date.now() + clock.aheadMs }
  const config = await load(FILE, { env: { TOKEN, KEY }, resolveSink: async () => recorder })
  const plan = await link(config, {
    runtime,
    validate: compileValidators(eventSchemas),
    sourceType: (type) => sourceTypes.find((known) => known.type === type),
    sinkType: () => recorder,
  })
  const results: string[] = []
  const feed = createFeed()
  feed.follow((happening) => {
    if (happening.kind === 'received') results.push(happening.result)
  })
  const gateway = createGateway({ plan, store, runtime, feed, intakeRoom, wakeAt() {} })
  const send = (path: string, init: RequestInit) =>
    gateway.fetch(new Request(`http://gateway${path}`, init))
  const post = (message: { headers: Record<string, string>; body: string }) =>
    send('/sealed', { method: 'POST', ...message })
  return {
    gateway,
    delivered,
    results,
    log,
    clock,
    send,
    /** As Feishu would send it. */
    postEvent: async (callback: object) => post({ ...(await sealed(callback)) }),
    postText: async (text: string) => post({ ...(await sealedText(text)) }),
    async [Symbol.asyncDispose]() {
      // A gateway that closes waits a while for a store that hangs: a test that has failed by fake timers ends as well.
      vi.useRealTimers()
      await gateway.close()
      await runtime.close()
    },
  }
}
