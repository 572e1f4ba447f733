import { randomBytes } from 'node:crypto'
import { isObject } from '../../core/event.ts'
import { nodeCrypto } from '../../hosts/node-crypto.ts'
import { createPush } from '../../simulator/push.ts'
import { type Attempt, atSpeed } from '../../simulator/schedule.ts'
import { openSimulator } from '../../simulator/simulator.ts'
import { sampleEvent } from '../sample-event.ts'
import type { Step } from './steps.ts'

/** Feishu with the demo's app, and a stranger who guesses at its key. */
export interface DemoFeishu {
  /** The app's secrets, as variables of the demo's routes.yaml. */
  readonly env: Readonly<Record<string, string>>
  /** Saves the app's request URL, which the gateway must verify. */
  saveUrl(url: string): Promise<void>
  /** What the gateway answered at last: `200 accepted`, or the status alone. */
  send(step: Step): Promise<string>
  close(): Promise<void>
}

/** Six hours in a fifth of a second: a gateway that does not answer must not hold up the demo. */
const SPEED = 100_000

export async function openDemoFeishu(): Promise<DemoFeishu> {
  const { app_id, approval_code } = sampleEvent()
  const secret = () => randomBytes(16).toString('hex')
  const keys = { secret: secret(), verificationToken: secret(), encryptKey: secret() }
  const app = { id: String(app_id), ...keys }
  const runtime = { crypto: nodeCrypto, now: Date.now }
  const feishu = await openSimulator({
    apps: [app],
    runtime,
    subscribed: [String(approval_code)],
    wait: atSpeed(SPEED),
  })
  const stranger = await createPush({ ...app, encryptKey: 'a guess' }, { runtime })
  let url = ''
  return {
    env: { TOKEN: app.verificationToken, KEY: app.encryptKey },
    async saveUrl(requestUrl) {
      url = requestUrl
      await feishu.saveUrl(app.id, url)
    },
    async send({ callback, forged }) {
      const text = JSON.stringify(callback)
      if (forged) return answerOf(await stranger.sendOf(text)(url))
      const { attempts, outcome } = await feishu.emit(text)
      const last = attempts.at(-1)
      return last ? answerOf(last) : outcome
    },
    close: feishu.close,
  }
}

function answerOf({ status, said }: Attempt): string {
  return status === undefined ? said : `${status} ${msgIn(said)}`.trim()
}

function msgIn(body: string): string {
  try {
    const answer: unknown = JSON.parse(body)
    return isObject(answer) && typeof answer.msg === 'string' ? answer.msg : ''
  } catch {
    return ''
  }
}
