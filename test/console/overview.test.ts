import { expect, test } from 'vitest'
import { attempted, received } from '../happenings.ts'
import { acceptance } from '../stores/samples.ts'
import { openConsole } from './setup.ts'

/** The cells of a table's row, as text. */
function cells(text: string, name: string): readonly string[] {
  const row = text.split('<tr>').find((one) => one.includes(`>${name}</a></th>`)) ?? ''
  return [...row.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell = '']) =>
    cell.replace(/<[^>]*>/g, '').trim(),
  )
}

test('each sink shows how it does', async () => {
  const { browse, feed, store, clock, lanes } = openConsole()
  lanes.push({
    ...{
      sink: 'lake',
      pausedBy: [],
      breaker: 'open',
      breakerUntil: null,
      ready: true,
      inFlight: 0,
    },
    ...{ deliveredPerMinute: 0, failedPerMinute: 0 },
  })
  for (let i = 0; i < 3; i++) feed.tell({ ...attempted('lake', 'delivered', 30), at: clock.now })
  feed.tell({ ...attempted('lake', 'failed', 30), at: clock.now })
  feed.tell({ ...received('feishu', 'approval_cc', 'accepted', 3), at: clock.now })
  feed.tell({ ...received('feishu', '', 'rejected', 3), at: clock.now })
  await store.accept([acceptance('e1')], clock.now - 90_000)
  const browser = browse()
  await browser.logIn()
  const { text } = await browser.get('/console')
  expect(cells(text, 'lake')).toEqual(['breaker open', '', '75%', '50 ms', '1', '1 min', '', '0'])
  expect(cells(text, 'slow')[0]).toBe('paused')
  expect(text).toMatch(/<dt>Events<\/dt><dd>1<small>1 rejected<\/small><\/dd>/)
  expect(text).toMatch(/aria-label="Deliveries: 3 now, 3 at the most in the last hour"/)
})

test('names and ids are text, whatever they hold', async () => {
  const { browse, store, clock } = openConsole()
  const data = { instance_code: '<img src=x onerror=alert(1)>', operate: '"><script>' }
  await store.accept([acceptance('<b>', { data, via: '<i>' })], clock.now)
  const browser = browse()
  await browser.logIn()
  const { text } = await browser.get('/console')
  expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;')
  expect(text).not.toMatch(/<img|<b>|<i>|"><script>/)
})

test('before anything has come it says so', async () => {
  const browser = openConsole().browse()
  await browser.logIn()
  expect((await browser.get('/console?lang=zh')).text).toContain('还没有收到事件。')
})
