import type { Plan, SinkSettings } from '../src/core/plan.ts'
import { createRedaction } from '../src/core/redact.ts'

/** A sink's settings as tests want them: one attempt, and no help around it. */
export const settings: SinkSettings = {
  timeoutMs: 1000,
  concurrency: 1,
  retry: { waits: [], jitter: 0, quick: 0 },
  rateLimit: null,
  orderBy: null,
  breaker: { failures: 1_000_000, cooldownMs: 30_000 },
  paused: false,
}

/** A plan without sources, sinks and routes. */
export const emptyPlan: Plan = {
  sources: [],
  sinks: new Map(),
  routes: [],
  route: () => [],
  written: [],
  writtenSinks: new Map(),
  explain: () => [],
  preview: async () => undefined,
  check: () => [],
  checkAgain: () => [],
  redact: createRedaction([]),
  retention: { deliveredMs: 7 * 86_400_000, deadMs: 30 * 86_400_000 },
  alerts: null,
  approvals: () => [],
}
