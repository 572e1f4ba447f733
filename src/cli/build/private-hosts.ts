import type { BundledConfig } from '../../config/bundled.ts'
import { mapTexts } from '../../config/text/expand.ts'
import { addressOf } from '../../core/egress/address.ts'
import type { Problem } from '../../core/errors.ts'

/**
 * What sinks send to that only a network of one's own has: Cloudflare connects a worker to public names alone
 * (https://developers.cloudflare.com/workers/platform/known-issues/). On one's own machine it does connect.
 */
export function privateHosts({ sinks }: BundledConfig): readonly Problem[] {
  const problems: Problem[] = []
  for (const { name, written } of sinks) {
    mapTexts(written, (text, path) => {
      const host = hostOf(text)
      if (isPrivate(host)) {
        const message = `Cloudflare does not connect a worker to ${host}: give the receiver a public name, by a tunnel for one`
        problems.push({ path: ['sinks', name, ...path].join('.'), message })
      }
      return text
    })
  }
  return problems
}

function hostOf(text: string): string {
  return /^https?:\/\//.test(text) && URL.canParse(text) ? new URL(text).hostname : ''
}

function isPrivate(host: string): boolean {
  return addressOf(host) !== undefined || /(^|\.)(localhost|local|internal)$/.test(host)
}
