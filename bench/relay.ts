/**
 * The baseline of latency.ts: Hono in, undici out, as a team would write it in an hour. It proves nothing and passes the
 * body to three addresses; given a file, it first writes each event to that database. Prints its port.
 */
import { DatabaseSync } from 'node:sqlite'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { Agent, request } from 'undici'
import { SINKS } from './gateway.ts'

const [url = '', file] = process.argv.slice(2)
const store = file ? openDatabase(file) : undefined
const dispatcher = new Agent()

const app = new Hono()
app.post('/webhook/event', async (c) => {
  const body = await c.req.text()
  JSON.parse(body)
  store?.run(body)
  const headers = {
    'content-type': 'application/json',
    'webhook-id': c.req.header('x-event-id') ?? '',
  }
  for (const _ of SINKS) void forward(headers, body)
  return c.json({ code: 0, msg: 'accepted' })
})

function openDatabase(path: string) {
  const db = new DatabaseSync(path)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE events (body TEXT)')
  return db.prepare('INSERT INTO events VALUES (?)')
}

async function forward(headers: Record<string, string>, body: string): Promise<void> {
  const answer = await request(url, { method: 'POST', headers, body, dispatcher })
  await answer.body.dump()
}

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(port))
