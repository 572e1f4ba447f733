import { callbackOf, openFolder, post, serve } from '../serve.ts'
import type { Named } from './promql.ts'

/** What every series has from the one who asks for it. */
const TARGET_LABELS = ['job', 'instance']

/** All that one can be: delivered, failed, dead; and a source that connects, to nobody. */
const ROUTES = `version: 1
sources:
  feishu: { type: feishu, verification_token: "\${FEISHU_VERIFICATION_TOKEN}", encrypt_key: "\${FEISHU_ENCRYPT_KEY}" }
  line: { type: feishu-ws, app_id: cli_00000000000000a1, app_secret: a-secret, domain: "http://127.0.0.1:1" }
sinks:
  good: { type: log }
  bad: { type: webhook, url: "http://127.0.0.1:1", retry: { attempts: 1, quick: 0 } }
  busy: { type: webhook, url: "http://127.0.0.1:1", retry: { attempts: 2, quick: 0 } }
routes: [{ name: all, to: [good, bad, busy] }]
`

/** What a real gateway tells of itself, once everything that it counts has happened. */
export async function openMetrics() {
  const text = await render()
  const families = [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name = '']) => name)
  const labels = new Map<string, Map<string, Set<string>>>()
  for (const [, name = '', list = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const known = labels.get(name) ?? new Map<string, Set<string>>()
    labels.set(name, known)
    for (const [, label = '', value = ''] of list.matchAll(/(\w+)="([^"]*)"/g)) {
      known.set(label, (known.get(label) ?? new Set()).add(value))
    }
  }
  const has = (metric: string, label: string) =>
    TARGET_LABELS.includes(label) || labels.get(metric)?.has(label)

  /** A fixed value that no such series has ever had; names of sources and sinks are everybody's own. */
  function isUnknown(metric: string, label: string, value: string): boolean {
    if (label !== 'result') return false
    return value.split('|').some((each) => !labels.get(metric)?.get(label)?.has(each))
  }

  function problemsOf({ selectors, groupings }: Named): string[] {
    const unknown = selectors.filter(({ metric }) => !labels.has(metric))
    const known = selectors.filter(({ metric }) => labels.has(metric))
    return [
      ...unknown.map(({ metric }) => `no metric ${metric}`),
      ...known.flatMap(({ metric, matchers }) =>
        matchers.flatMap(({ label, value }) => {
          if (!has(metric, label)) return [`${metric} has no label ${label}`]
          return isUnknown(metric, label, value) ? [`${metric} has no ${label} "${value}"`] : []
        }),
      ),
      ...groupings.flatMap(({ label, of }) =>
        of.flatMap(({ metric }) =>
          labels.has(metric) && !has(metric, label) ? [`${metric} has no label ${label}`] : [],
        ),
      ),
    ]
  }

  return { families, problemsOf }
}

async function render(): Promise<string> {
  await using folder = await openFolder({ 'routes.yaml': ROUTES })
  await using gateway = await serve(folder, { DATABASE_URL: 'memory:' })
  const callback = callbackOf()
  await post(gateway.url, callback)
  await post(gateway.url, callback)
  await post(gateway.url, callbackOf({ type: 'approval_instance' }))
  await post(gateway.url, callbackOf({ operate: 'UNHEARD-OF' }))
  await post(gateway.url, callbackOf(), 'another-key')
  for (;;) {
    const text = await (await fetch(`${gateway.url}/metrics`)).text()
    if (/result="failed"/.test(text) && /result="dead"/.test(text)) return text
  }
}
