import { expect, test } from 'vitest'
import { link } from '../../src/config/link.ts'
import { compileValidators } from '../../src/config/validators.ts'
import type { RetryBatch } from '../../src/core/ledger.ts'
import { eventSchemas } from '../../src/feishu/event-schemas.ts'
import { createGateway } from '../../src/gateway.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import { openMemoryStore } from '../../src/stores/memory.ts'
import { load, sinkTypes, sourceTypes } from '../config/load-text.ts'
import { silentLog } from '../log.ts'
import { openReceiver } from '../receiver.ts'
import { callbackOf, FEISHU, KEY, sealed, TOKEN } from '../serve.ts'

test('a receiver gets what the transform gives; what fails waits until it is mended, and others go on', async () => {
  await using receiver = await openReceiver()
  const runtime = createNodeRuntime({ folder: '.', log: silentLog })
  const store = openMemoryStore()
  const planWith = async (transform: string) => {
    const text = `${FEISHU}sinks:
  shaped:
    type: webhook
    url: ${receiver.url}/shaped
    format: data
    transform: |
      ${transform}
  plain: { type: webhook, url: "${receiver.url}/plain", format: data }
routes: [{ name: all, to: [shaped, plain] }]
`
    const env = { FEISHU_VERIFICATION_TOKEN: TOKEN, FEISHU_ENCRYPT_KEY: KEY }
    return link(await load(text, { env }), {
      runtime,
      validate: compileValidators(eventSchemas),
      sourceType: (type) => sourceTypes.find((known) => known.type === type),
      sinkType: (type) => sinkTypes.find((known) => known.type === type),
    })
  }
  const bodiesAt = (path: string) =>
    receiver.requests.filter((request) => request.path === path).map(({ body }) => JSON.parse(body))

  // `$$` is JSONata's, and no dollar that routes.yaml writes twice: in `lines` it is the event, and `$` a line.
  const gateway = createGateway({
    plan: await planWith(
      '{ "who": user_id, "rows": [1, 2].{ "of": $$.operate, "row": $ }, "sum": $sum(amounts) }',
    ),
    store,
    runtime,
    wakeAt() {},
  })
  const send = async (event: object) => {
    const callback = callbackOf(event)
    const message = await sealed(callback)
    const request = new Request('http://gateway/webhook/event', { method: 'POST', ...message })
    expect((await gateway.fetch(request)).status).toBe(200)
    return callback
  }
  const rows = [
    { of: 'CREATE', row: 1 },
    { of: 'CREATE', row: 2 },
  ]
  await send({ amounts: [1, 2] })
  await expect.poll(() => bodiesAt('/shaped')).toEqual([{ who: 'b613t51g', rows, sum: 3 }])

  const failing = await send({ amounts: ['a lot'] })
  const dead = async () => (await store.deliveries({ state: 'dead', limit: 10 })).items
  await expect.poll(async () => (await dead()).length).toBe(1)
  expect((await dead())[0]).toMatchObject({ sink: 'shaped', attempts: 1, eventId: failing.uuid })
  const { deliveries: [delivery] = [] } = (await store.event({ id: failing.uuid })) ?? {}
  expect(delivery?.reason).toBe(
    'its transform fails: Argument 1 of function "sum" must be an array of "numbers" (line 1, character 77, at "…"row": $ }, "sum": $sum("); mend the transform, then retry',
  )
  await expect.poll(() => bodiesAt('/plain').length).toBe(2)

  gateway.follow(await planWith('{ "first": amounts[0] }'))
  const batch: RetryBatch = { cursor: undefined, limit: 10, dryRun: false, now: Date.now() }
  await store.retry({ ids: (await dead()).map(({ id }) => id) }, batch)
  gateway.wake('now')
  await expect.poll(() => bodiesAt('/shaped').at(-1)).toEqual({ first: 'a lot' })
  expect(await dead()).toEqual([])
  await gateway.close()
  await runtime.close()
})
