import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { anchorsOf } from './markdown.ts'
import { openMetrics } from './metrics.ts'
import { readPromql } from './promql.ts'
import { promtool, runPromtool } from './promtool.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string) => readFileSync(join(root, file), 'utf8')

interface Target {
  readonly expr: string
  readonly legendFormat: string
}

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: {
    readonly x: number
    readonly y: number
    readonly w: number
    readonly h: number
  }
  readonly datasource?: { readonly uid: string }
  readonly targets?: readonly Target[]
}

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly annotations: Readonly<Record<string, string>>
}

const dashboard: {
  readonly schemaVersion: number
  readonly templating: { readonly list: readonly { name: string; query: string | object }[] }
  readonly panels: readonly Panel[]
} = JSON.parse(read('docs/ops/grafana-dashboard.json'))

const RULES = 'docs/ops/prometheus-rules.yaml'
const rules: readonly Rule[] = parse(read(RULES)).groups[0].rules

/** What Grafana puts in place of its variables: any duration, and a regular expression. */
const filledIn = (expr: string) => expr.replaceAll('$__rate_interval', '5m')

const targets = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map((target) => ({ ...target, title, expr: filledIn(target.expr) })),
)

const expressions = [
  ...targets.map(({ title, expr }) => ({ where: `the panel "${title}"`, expr })),
  ...rules.map(({ alert, expr }) => ({ where: `the rule ${alert}`, expr })),
]

const metrics = await openMetrics()

describe('what Grafana and Prometheus are given', () => {
  test.each(expressions)('$where asks for what a gateway tells', ({ expr }) => {
    expect(metrics.problemsOf(readPromql(expr))).toEqual([])
  })

  test.each([
    'sum(rate(lark_fanout_event_total[5m]))',
    'sum by (snik) (lark_fanout_backlog)',
    'lark_fanout_backlog{source="feishu"}',
    'lark_fanout_deliveries_total{result="succeeded"}',
    'lark_fanout_events_total{result=~"accepted|duplicates"}',
    'sum by (le) (lark_fanout_accept_seconds_sum)',
  ])('a misspelt name would be found: %s', (expr) => {
    expect(metrics.problemsOf(readPromql(expr))).toHaveLength(1)
  })

  test.each([
    'sum(lark_fanout_backlog',
    'rates(lark_fanout_backlog[5m])',
    'lark_fanout_backlog > > 1',
    'lark_fanout_backlog{sink=finance}',
    'rate(lark_fanout_backlog[5 minutes])',
  ])('what is no PromQL is refused: %s', (expr) => {
    expect(() => readPromql(expr)).toThrow()
  })

  test('every metric that a gateway tells is shown', () => {
    const shown = targets.flatMap(({ expr }) => readPromql(expr).selectors)
    const names = new Set(shown.map(({ metric }) => metric.replace(/_bucket$/, '')))
    expect(metrics.families.filter((family) => !names.has(family))).toEqual([])
  })
})

describe('the dashboard', () => {
  test('its variables list labels that are there, and are all that its panels use', () => {
    const names = dashboard.templating.list.map(({ name }) => name)
    const used = JSON.stringify(dashboard.panels).matchAll(/\$\{?(?!__)(\w+)/g)
    expect(new Set([...used].map(([, name = '']) => name))).toEqual(new Set(names))
    const queries = dashboard.templating.list.flatMap(({ query }) =>
      typeof query === 'object' && 'query' in query ? [String(query.query)] : [],
    )
    expect(queries).toHaveLength(3)
    for (const query of queries) {
      const [, selector = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(query) ?? []
      expect(metrics.problemsOf(readPromql(`sum by (${label}) (${selector})`))).toEqual([])
    }
  })

  test('its legends name labels that the results have', () => {
    for (const { expr, legendFormat } of targets) {
      const grouped = readPromql(expr).groupings.map(({ label }) => label)
      const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label)
      expect(grouped).toEqual(expect.arrayContaining(named))
    }
  })

  test('it can be imported into Grafana 10 and later', () => {
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(38)
    const ids = dashboard.panels.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { type, datasource, targets = [] } of dashboard.panels) {
      if (type === 'row') continue
      expect(datasource?.uid).toMatch(/^\$\{datasource\}$/)
      expect(targets.length).toBeGreaterThan(0)
    }
  })

  test('no panel covers another', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.x + gridPos.w))).toBe(24)
  })
})

describe('the alert rules', () => {
  test('each says what to read, and that is there', () => {
    for (const { annotations } of rules) {
      const [file = '', anchor] = annotations.runbook?.split('#') ?? []
      expect(anchorsOf(read(file))).toContain(anchor)
    }
  })

  test('the page lists them all, as they are called', () => {
    const listed = read('docs/ops/README.md').matchAll(/^\| `(\w+)` \|/gm)
    expect([...listed].map(([, name]) => name)).toEqual(rules.map(({ alert }) => alert))
  })

  test('each names only labels that its result has', () => {
    for (const { expr, annotations } of rules) {
      const grouped = readPromql(expr).groupings.map(({ label }) => label)
      const named = [...JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)]
      expect(grouped).toEqual(expect.arrayContaining(named.map(([, label = '']) => label)))
    }
  })

  test('each is fired by a case, and all are quiet where all is well', () => {
    const [well, ...others] = parse(read('test/fixtures/alerts.yaml')).tests
    const fired = JSON.stringify(others).matchAll(/alertname=\\"(\w+)\\"[^}]*\}","value"/g)
    expect(new Set([...fired].map(([, name = '']) => name))).toEqual(
      new Set(rules.map(({ alert }) => alert)),
    )
    const series = JSON.stringify(well.input_series)
    for (const { metric } of rules.flatMap(({ expr }) => readPromql(expr).selectors)) {
      expect(series).toContain(`"${metric}{`)
    }
  })

  const missing = promtool ? '' : ': SKIPPED, no promtool on the path, which .ci/run brings'
  test.skipIf(missing)(`promtool takes them, and they fire when they should${missing}`, () => {
    expect(runPromtool(['check', 'rules', join(root, RULES)])).toMatch(/^0\n/)
    expect(runPromtool(['test', 'rules', join(root, 'test/fixtures/alerts.yaml')])).toMatch(/^0\n/)
  })

  test.skipIf(missing)(`promtool takes the dashboard's expressions${missing}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'lark-fanout-promql-'))
    const file = join(folder, 'rules.yaml')
    const recorded = targets.map(({ expr }, n) => ({ record: `panel:${n}`, expr }))
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules: recorded }] }))
    expect(runPromtool(['check', 'rules', file])).toMatch(/^0\n/)
    rmSync(folder, { recursive: true })
  })
})
