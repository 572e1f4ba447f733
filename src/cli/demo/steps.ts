import type { JsonObject } from '../../core/event.ts'
import { sampleCallback } from '../event-file.ts'

/** One callback of the demo, and what must come of it. */
export interface Step {
  readonly name: string
  readonly callback: JsonObject
  /** Encrypted and signed with a key that is not the app's. */
  readonly forged: boolean
  readonly answer: string
  /** The sinks that must get it. */
  readonly reaches: readonly string[]
}

const SOURCE_AND_SINKS = `version: 1
sources:
  feishu:
    type: feishu
    verification_token: \${TOKEN}
    encrypt_key: \${KEY}
sinks:
  finance:        # checks signatures with the standardwebhooks library
    type: webhook
    url: \${FINANCE_URL}
    secret: \${FINANCE_SECRET}
    format: cloudevents
  hr-app:         # is built on the official Feishu SDK, and knows nothing of a gateway
    type: webhook
    url: \${HR_URL}
    verification_token: \${HR_TOKEN}
    encrypt_key: \${HR_KEY}
`

const SINKS_OF_NODE = `  desk:           # is a client of the official SDK's long connection, and connects to the gateway
    type: feishu-ws
    app_id: \${DESK_APP_ID}
    app_secret: \${DESK_APP_SECRET}
  archive:        # is a plugin: plugins/jsonl.ts
    type: jsonl
    path: archive.jsonl
`

const ROUTES = `routes:
  - { name: created, match: { operate: CREATE }, to: [finance] }
  - { name: read, match: { operate: READ }, to: [hr-app] }
`

/** The demo's routes.yaml. A worker has neither long connections nor files. */
export const routesFor = {
  node: `${SOURCE_AND_SINKS}${SINKS_OF_NODE}${ROUTES}  - { name: everything, to: [desk, archive] }
`,
  cloudflare: SOURCE_AND_SINKS + ROUTES,
} as const

/** What each of these sinks must get of them. */
export function demoSteps(sinks: readonly string[]): Step[] {
  const created = sampleCallback('CREATE')
  const step = (
    name: string,
    callback: JsonObject,
    answer: string,
    reaches: readonly string[] = [],
  ): Step => {
    return {
      name,
      callback,
      answer,
      reaches: reaches.filter((sink) => sinks.includes(sink)),
      forged: false,
    }
  }
  return [
    step('cc created', created, '200 accepted', ['finance', 'desk', 'archive']),
    step('the same again', created, '200 duplicate'),
    step('cc read', sampleCallback('READ'), '200 accepted', ['hr-app', 'desk', 'archive']),
    step('an unknown operate', sampleCallback('SHRED'), '200 quarantined'),
    { ...step('forged', sampleCallback('CREATE'), '401'), forged: true },
  ]
}
