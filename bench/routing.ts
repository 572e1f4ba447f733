/** What routing one event costs with ten routes and with ten thousand: microseconds, and their ratio. */
import { performance } from 'node:perf_hooks'
import { createPatternIndex } from '../src/core/filter/route-index.ts'

const eventCount = 20_000
const batchSize = 50
/** How many different events keep coming; they belong to routes all over the file. */
const distinctEvents = 200
const rounds = 5

function code(n: number): string {
  return `${((n * 2654435761) % 4294967296).toString(16).padStart(8, '0').toUpperCase()}-8745-2245-9675-08B7C63E7A85`
}

/** Half name an approval code; the rest have a prefix, an exclusion or a choice. */
function pattern(n: number): unknown {
  if (n % 2 === 0) return { approval_code: [code(n)] }
  if (n % 6 === 1) return { operate: ['CREATE'], approval_code: [{ prefix: code(n).slice(0, 12) }] }
  if (n % 6 === 3) return { approval_code: [{ 'anything-but': [code(n)] }], user_id: [`user-${n}`] }
  return { $or: [{ approval_code: [code(n)] }, { user_id: [`user-${n}`] }] }
}

function event(n: number): unknown {
  return JSON.parse(
    JSON.stringify({
      app_id: 'cli_0123456789abcdef',
      approval_code: code(n),
      instance_code: code(n + 1_000_000),
      operate: n % 3 === 0 ? 'READ' : 'CREATE',
      tenant_key: '0123456789abcdef',
      type: 'approval_cc',
      user_id: `user-${n * 7}`,
    }),
  )
}

/** Both sizes see the same events, parsed in batches off the clock just before they are routed, as in a gateway. */
function createRun(routeCount: number) {
  const route = createPatternIndex(Array.from({ length: routeCount }, (_, n) => pattern(n)))
  return () => {
    let spentMs = 0
    for (let first = 0; first < eventCount; first += batchSize) {
      const batch = Array.from({ length: batchSize }, (_, n) =>
        event((((first + n) % distinctEvents) * 97) % 20_000),
      )
      const startedAt = performance.now()
      for (const each of batch) route(each)
      spentMs += performance.now() - startedAt
    }
    return (spentMs * 1000) / eventCount
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

const few = createRun(10)
const many = createRun(10_000)
few()
many()
const times = Array.from({ length: rounds }, () => ({ few: few(), many: many() }))
const fewMicros = median(times.map((time) => time.few))
const manyMicros = median(times.map((time) => time.many))
console.log(
  `routing: 10,000 routes cost ${(manyMicros / fewMicros).toFixed(2)} times what 10 cost ` +
    `(${manyMicros.toFixed(2)} and ${fewMicros.toFixed(2)} µs an event)`,
)
