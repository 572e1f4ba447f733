import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { DeliveryError } from '../../src/core/errors.ts'
import type { Event } from '../../src/core/event.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import { webhook } from '../../src/sinks/webhook.ts'
import { blocksOf } from '../docs/markdown.ts'
import { silentLog } from '../log.ts'
import { openReceiver } from '../receiver.ts'
import { context, eventWith } from '../suites/sink.ts'
import { type Consumer, startConsumer } from './consumer.ts'
import { freePort, listens, until } from './gateway.ts'
import type { Command } from './toolchains.ts'

const GUIDE = new URL('../../docs/guides/verify-signatures.md', import.meta.url)

const secretOf = (whose: string) => `whsec_${Buffer.from(whose.padEnd(32, '!')).toString('base64')}`
const THEIRS = secretOf('theirs')
const NEXT = secretOf('theirs, to come')
const STRANGE = secretOf('another consumer’s')

const FIRST = eventWith({ instance_code: '实例 "1"', operate: 'CREATE' }, 'event-1')
const SECOND = eventWith({ instance_code: '实例 2', operate: 'READ' }, 'event-2')
const THIRD = eventWith({ operate: 'CREATE' }, 'event-3')

/** The guide's program in this language. */
export function guideProgram(language: string): string {
  const [program, ...others] = blocksOf(readFileSync(fileURLToPath(GUIDE), 'utf8'), language)
  if (program === undefined || others.length > 0) throw new Error(`one program in ${language}`)
  return program
}

/** A consumer's program takes what our webhook sink signs for it, once each, and nothing else. */
export async function takesWhatIsSigned(program: Command): Promise<void> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/hooks`
  await using consumer = startConsumer(program, { PORT: String(port), WEBHOOK_SECRET: THEIRS })
  await until('the consumer listens', () => listens(port), [consumer])

  expect(await delivered(url, FIRST, [THEIRS])).toBe(204)
  expect(await delivered(url, FIRST, [THEIRS])).toBe(204)
  expect(await delivered(url, SECOND, [NEXT, THEIRS])).toBe(204)
  expect(await delivered(url, THIRD, [STRANGE])).toBe(401)
  expect(await delivered(url, THIRD, [THEIRS], -6 * 60_000)).toBe(401)
  expect(await delivered(url, THIRD, [THEIRS], 6 * 60_000)).toBe(401)
  await refusesForgeries(url)
  await printsOnce(consumer, [FIRST, SECOND])
}

/** What was signed is taken as it was sent, and in no other form. */
async function refusesForgeries(url: string): Promise<void> {
  const { headers, body } = await requestOf(SECOND)
  const send = async (changed: Record<string, string>, text = body) => {
    const message = { method: 'POST', headers: { ...headers, ...changed }, body: text }
    return [changed, (await fetch(url, message)).status]
  }
  expect(await send({})).toEqual([{}, 204])
  expect(await send({}, `${body} `)).toEqual([{}, 401])
  const [time, signature] = [headers['webhook-timestamp'], headers['webhook-signature']]
  for (const changed of [
    { 'webhook-id': THIRD.id },
    { 'webhook-timestamp': String(Number(time) - 1) },
    { 'webhook-timestamp': 'now' },
    { 'webhook-signature': '' },
    { 'webhook-signature': `${signature?.slice(0, -2)}==` },
    { 'webhook-signature': `v2${signature?.slice(2)}` },
  ]) {
    expect(await send(changed)).toEqual([changed, 401])
  }
  expect((await fetch(url, { method: 'POST', body })).status).toBe(401)
}

async function printsOnce(consumer: Consumer, events: readonly Event[]): Promise<void> {
  const lines = events.map(({ id, data }) => `${id} ${JSON.stringify(data)}`)
  const arePrinted = () => lines.every((line) => consumer.output.includes(line))
  await until('all are printed', arePrinted, [consumer])
  expect(consumer.output.filter((line) => line.startsWith('event-'))).toEqual(lines)
}

/** With an empty key anybody could sign. */
export async function refusesToStartWithoutSecret(program: Command): Promise<void> {
  await using consumer = startConsumer(program, { PORT: String(await freePort()) })
  await until('it has ended', () => consumer.end !== undefined, [consumer])
  expect(consumer.end).not.toBe(0)
  expect(consumer.output.join('\n')).toContain('WEBHOOK_SECRET must be')
}

/** The status that our sink's delivery gets, signed with these keys by a clock that is ahead. */
async function delivered(url: string, event: Event, secret: string[], aheadMs = 0) {
  const node = createNodeRuntime({ folder: '.', log: silentLog })
  const runtime = { ...node, now: () => Date.now() + aheadMs }
  try {
    const sink = await webhook.open({ url, secret, format: 'data' }, runtime)
    const receipt = await sink.deliver(event, context())
    return receipt?.status
  } catch (error) {
    if (error instanceof DeliveryError) return error.failure.status
    throw error
  } finally {
    await node.close()
  }
}

/** What our sink sends, for those who want to change it. */
async function requestOf(event: Event) {
  await using receiver = await openReceiver()
  await delivered(receiver.url, event, [THEIRS])
  const [{ headers = {}, body = '' } = {}] = receiver.requests
  const signed = Object.entries(headers).filter(([name]) => name.startsWith('webhook-'))
  return { headers: Object.fromEntries(signed.map(([name, value]) => [name, `${value}`])), body }
}
