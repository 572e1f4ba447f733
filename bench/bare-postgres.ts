/** The baseline of postgres.ts: Hono on Node, and one durable insert before the answer. Prints its port. */
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import pg from 'pg'

const pool = new pg.Pool({ connectionString: process.argv[2], max: 8 })
// The database ends first.
pool.on('error', () => {})
await pool.query('CREATE TABLE IF NOT EXISTS bare (id bigserial PRIMARY KEY, body text NOT NULL)')

const app = new Hono()
app.post('/webhook/event', async (c) => {
  const body = await c.req.text()
  JSON.parse(body)
  await pool.query('INSERT INTO bare (body) VALUES ($1)', [body])
  return c.json({ code: 0, msg: 'accepted' })
})
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(port))
