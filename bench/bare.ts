/** The baseline of accept.ts: Hono on Node as it comes, with nothing behind it. Prints its port. */
import { serve } from '@hono/node-server'
import { Hono } from 'hono'

const app = new Hono()
app.post('/webhook/event', async (c) => {
  await c.req.json()
  return c.json({ code: 0, msg: 'accepted' })
})
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(port))
