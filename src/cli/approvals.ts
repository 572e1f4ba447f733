import type { Config, SourceConfig } from '../config/config.ts'
import { concealAll } from '../config/text/report.ts'
import type { Subscription, WantedApproval } from '../core/plugin.ts'
import type { Runtime } from '../core/runtime.ts'
import { appOf, type FeishuApp } from '../feishu/app-options.ts'
import { subscribeNow } from '../feishu/subscriptions.ts'
import { createProgressLine } from './data/progress-line.ts'

/** A source that has credentials, its app, and what it subscribes to for all sources of that app. */
export interface Part {
  readonly source: SourceConfig
  readonly app: FeishuApp
  readonly wanted: readonly WantedApproval[]
}

export function partsOf(config: Config): readonly Part[] {
  return config.sources.flatMap((source): Part[] => {
    const app = appOf(source.options)
    return app ? [{ source, app, wanted: config.approvals.get(source.name) ?? [] }] : []
  })
}

export interface Results {
  readonly part: Part
  readonly results: readonly Subscription[]
}

/** Subscribes now, part by part, and shows how far it is. Ctrl-C ends it: what is not asked by then has failed. */
export async function* subscribeAll(
  parts: readonly Part[],
  runtime: Runtime,
): AsyncGenerator<Results> {
  const total = parts.reduce((sum, { wanted }) => sum + wanted.length, 0)
  const line = createProgressLine({ noun: 'approvals', total })
  const stopping = new AbortController()
  const stop = () => stopping.abort(new Error('not asked: the command was stopped'))
  process.once('SIGINT', stop).once('SIGTERM', stop)
  let done = 0
  try {
    for (const part of parts) {
      const results = await subscribeNow(part.app, part.wanted, runtime, {
        signal: stopping.signal,
        progress: (count) => line.show(done + count),
      })
      line.end()
      done += results.length
      yield { part, results }
    }
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

/** A code that comes from a variable is shown as routes.yaml has it. */
export function shownCode(code: string, { words }: Config): string {
  return words.find(({ value }) => value === code)?.shown ?? code
}

/** What Feishu said, without the secrets of the source. */
export function concealed(message: string, source: { name: string }, { words }: Config): string {
  const own = words.filter(({ path: [section, name] }) => {
    return section === 'sources' && name === source.name
  })
  return concealAll(message, own)
}
