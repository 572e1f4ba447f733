import * as T from '@sinclair/typebox'
import { DeliveryError, defineSink, type Event, type Runtime } from 'lark-fanout'

/**
 * A message card in a Feishu group, by the group's custom bot.
 *
 *     chat:
 *       type: feishu-bot
 *       webhook_url: ${BOT_WEBHOOK_URL}
 *       secret: ${BOT_SECRET}
 */
export default defineSink({
  type: 'feishu-bot',
  options: T.Object({
    webhook_url: T.String({
      secret: true,
      description: "The bot's address, as the group's settings show it.",
    }),
    secret: T.Optional(
      T.String({
        secret: true,
        minLength: 1,
        description: 'Where the bot verifies signatures: its signing secret.',
      }),
    ),
    title: T.Optional(
      T.String({
        minLength: 1,
        description: "The card's title. A bot that asks for a keyword finds it here.",
      }),
    ),
  }),
  check({ webhook_url }) {
    if (URL.canParse(webhook_url) && /^https?:\/\//i.test(webhook_url)) return []
    return [{ path: 'webhook_url', message: 'must be a whole address, http or https' }]
  },
  destinations: ({ webhook_url }) => [
    { path: 'webhook_url', host: URL.parse(webhook_url)?.hostname ?? '' },
  ],
  open({ webhook_url, secret, title }, runtime) {
    return {
      async deliver(event, { signal }) {
        const signature = secret === undefined ? {} : await sign(secret, runtime)
        const response = await runtime.fetch(webhook_url, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json; charset=utf-8' },
          body: JSON.stringify({
            ...signature,
            msg_type: 'interactive',
            card: cardOf(event, title),
          }),
          signal,
        })
        return readAnswer(response.status, await response.text(), runtime)
      },
    }
  },
})

/** The bot's own scheme: time and secret are the key, and what is signed is empty. Holds for an hour. */
async function sign(secret: string, { crypto, now }: Runtime) {
  const timestamp = String(Math.floor(now() / 1000))
  const key = new TextEncoder().encode(`${timestamp}\n${secret}`)
  return { timestamp, sign: crypto.toBase64(await crypto.hmacSha256(key, '')) }
}

/** Titles of the events that most people will see; others show their type. */
const TITLES = new Map([
  ['approval_cc CREATE', 'Approval: someone was copied in'],
  ['approval_cc READ', 'Approval: a copy was read'],
  ['approval_instance PENDING', 'Approval: submitted'],
  ['approval_instance APPROVED', 'Approval: approved'],
  ['approval_instance REJECTED', 'Approval: rejected'],
])

/** What the card shows of an event, in this order, as far as the event has it. */
const FIELDS = [
  ['user_id', 'User'],
  ['from', 'From'],
  ['status', 'Status'],
  ['approval_code', 'Approval'],
  ['instance_code', 'Instance'],
] as const

function cardOf(event: Event, title: string | undefined) {
  return event.via === 'lark-fanout' ? alertCardOf(event, title) : eventCardOf(event, title)
}

function eventCardOf(event: Event, title: string | undefined) {
  const state = event.data.operate ?? event.data.status
  const fields = FIELDS.flatMap(([name, label]) => {
    const value = event.data[name]
    return typeof value === 'string' && value !== '' ? [field(label, value)] : []
  })
  const time = new Date(event.time).toISOString()
  return {
    config: { wide_screen_mode: true },
    header: {
      template: 'blue',
      title: plain(title ?? TITLES.get(`${event.type} ${state}`) ?? event.type),
    },
    elements: [
      { tag: 'div', fields: [...fields, field('Time', time)] },
      { tag: 'note', elements: [plain(event.id)] },
    ],
  }
}

/** What the card shows of the gateway's own events, which come by `alerts` in routes.yaml. */
const ALERT_FIELDS = [
  ['error', 'Last error'],
  ['event_ids', 'Events'],
  ['since', 'Since'],
  ['gateway', 'Gateway'],
] as const

function alertCardOf({ id, data }: Event, title: string | undefined) {
  const fields = ALERT_FIELDS.flatMap(([name, label]) => {
    const value = [data[name] ?? []].flat().join(', ')
    return value === '' ? [] : [field(label, value)]
  })
  const { message, link } = data
  const text = plain('Open the console')
  const action = { tag: 'action', actions: [{ tag: 'button', text, type: 'primary', url: link }] }
  return {
    config: { wide_screen_mode: true },
    header: { template: 'red', title: plain(title ?? 'lark-fanout needs a look') },
    elements: [
      { tag: 'div', text: plain(String(message)), fields },
      ...(link === undefined ? [] : [action]),
      { tag: 'note', elements: [plain(id)] },
    ],
  }
}

function field(label: string, value: string) {
  return { is_short: false, text: plain(`${label}: ${value}`) }
}

/** Never Feishu's markdown: what an event says must not mention people or make links. */
function plain(content: string) {
  return { tag: 'plain_text', content }
}

/** Bad request, and message too large: the same card will be refused again. */
const REFUSED = [9499, 19036]
/** 100 messages a minute, 5 a second. */
const TOO_MANY = 11232

/**
 * The bot says 200 to almost everything; the code in its answer tells. A wrong signature, address or keyword (19021,
 * 19022, 19024 and others) is tried again like any failure: it is mended in the group's settings or in routes.yaml.
 */
function readAnswer(status: number, response: string, { random }: Runtime) {
  const { code, msg } = parse(response)
  if (status === 200 && code === 0) return { status }
  const what = status === 200 && code !== undefined ? code : `HTTP ${status}`
  throw new DeliveryError(`the bot answered ${what}${msg && `: ${msg}`}`, {
    status,
    response,
    permanent: typeof code === 'number' && REFUSED.includes(code),
    transient: status >= 500,
    // Spread over the minute, or all that came too many would come too many again.
    ...(code === TOO_MANY && { retryAfterMs: 10_000 + Math.floor(random() * 50_000) }),
  })
}

function parse(response: string): { code?: unknown; msg: string } {
  try {
    const answer: unknown = JSON.parse(response)
    if (typeof answer !== 'object' || answer === null || !('code' in answer)) return { msg: '' }
    return { code: answer.code, msg: 'msg' in answer ? String(answer.msg) : '' }
  } catch {
    return { msg: '' }
  }
}
