/**
 * The baseline of latency.ts: Hono in, undici out, as a team would write it in an hour. It answers at once, proves and
 * stores nothing, and passes the body to three addresses. Prints its port.
 */
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { Agent, request } from 'undici'
import { SINKS } from './gateway.ts'

const url = process.argv[2] ?? ''
const dispatcher = new Agent()

const app = new Hono()
app.post('/webhook/event', async (c) => {
  const body = await c.req.text()
  JSON.parse(body)
  const headers = {
    'content-type': 'application/json',
    'webhook-id': c.req.header('x-event-id') ?? '',
  }
  for (const _ of SINKS) void forward(headers, body)
  return c.json({ code: 0, msg: 'accepted' })
})

async function forward(headers: Record<string, string>, body: string): Promise<void> {
  const answer = await request(url, { method: 'POST', headers, body, dispatcher })
  await answer.body.dump()
}

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(port))
