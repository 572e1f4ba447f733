import type { Env } from './environment.ts'

/**
 * What the environment says of traces, by OpenTelemetry's variables:
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export interface TracingSettings {
  readonly exporters: readonly Exporter[]
  /** Where OTLP goes, and with which headers: a token, most likely. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly sampler: Sampling
  /** Of this process, beside those that are always there. */
  readonly resource: Readonly<Record<string, string>>
}

export interface Sampling {
  /** Of the traces that begin here, from 0 to 1. */
  readonly ratio: number
  /** Whether what is part of a trace that has begun elsewhere is traced as that is. */
  readonly parentBased: boolean
}

export interface TracingWish {
  /** Undefined where nothing is traced. */
  readonly settings: TracingSettings | undefined
  /** What is not done as it is wished, and what to do; without the values, which may be secret. */
  readonly warnings: readonly string[]
}

type Exporter = 'otlp' | 'console'
type Warn = (message: string) => void

/** Traces are for those who run the gateway, and no reason not to start: what is wrong with them is a warning. */
export function readTracing(env: Env): TracingWish {
  const warnings: string[] = []
  const settings = read(env, (message) => void warnings.push(message))
  return { settings, warnings }
}

function read(env: Env, warn: Warn): TracingSettings | undefined {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return undefined
  const exporters = exportersOf(env, warn)
  if (exporters.length === 0) return undefined
  const url = urlOf(env, warn)
  if (exporters.includes('otlp') && (url === undefined || !speaksOurs(env, warn))) return undefined
  return {
    exporters,
    url: url ?? '',
    headers: { ...pairsOf(env, HEADERS, warn), ...pairsOf(env, TRACES_HEADERS, warn) },
    sampler: samplerOf(env, warn),
    resource: {
      'service.name': 'lark-fanout',
      ...pairsOf(env, 'OTEL_RESOURCE_ATTRIBUTES', warn),
      ...(env.OTEL_SERVICE_NAME && { 'service.name': env.OTEL_SERVICE_NAME }),
    },
  }
}

const ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT'
const TRACES_ENDPOINT = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'
const HEADERS = 'OTEL_EXPORTER_OTLP_HEADERS'
const TRACES_HEADERS = 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'

/** By the specification the default is `otlp`; here, somebody has to say where to. */
function exportersOf(env: Env, warn: Warn): readonly Exporter[] {
  const byDefault = env[ENDPOINT] || env[TRACES_ENDPOINT] ? 'otlp' : 'none'
  const names = (env.OTEL_TRACES_EXPORTER || byDefault).split(',').map((name) => name.trim())
  return names.flatMap((name) => {
    if (name === 'otlp' || name === 'console') return [name]
    if (name !== 'none')
      warn('OTEL_TRACES_EXPORTER: only otlp, console and none are known; the rest is left out')
    return []
  })
}

function urlOf(env: Env, warn: Warn): string | undefined {
  const own = env[TRACES_ENDPOINT]
  const base = env[ENDPOINT] || 'http://localhost:4318'
  const url = URL.parse(own || `${base.replace(/\/+$/, '')}/v1/traces`)
  if (url && /^https?:$/.test(url.protocol)) return url.href
  warn(`${own ? TRACES_ENDPOINT : ENDPOINT}: must be like http://collector:4318; nothing is traced`)
  return undefined
}

function speaksOurs(env: Env, warn: Warn): boolean {
  const names = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL']
  const name = names.find((each) => env[each])
  if (name === undefined || env[name] === 'http/protobuf') return true
  warn(
    `${name}: only http/protobuf is spoken here, nothing is traced: say that, and name the collector's port for it (4318) in ${ENDPOINT}`,
  )
  return false
}

/** `key=value,key=value`, percent-encoded. */
function pairsOf(env: Env, name: string, warn: Warn): Record<string, string> {
  const pairs = (env[name] ?? '').split(',').filter((pair) => pair.trim() !== '')
  const read = pairs.map(pairOf)
  if (read.includes(undefined)) warn(`${name}: must be like key=value,key=value; some is left out`)
  return Object.fromEntries(read.filter((pair) => pair !== undefined))
}

function pairOf(text: string): readonly [string, string] | undefined {
  const at = text.indexOf('=')
  try {
    const [key, value] = [text.slice(0, at), text.slice(at + 1)].map((part) =>
      decodeURIComponent(part.trim()),
    )
    return at > 0 && key && value !== undefined ? [key, value] : undefined
  } catch {
    return undefined
  }
}

const RATIOS: Readonly<Record<string, (ratio: number) => number>> = {
  always_on: () => 1,
  always_off: () => 0,
  traceidratio: (ratio) => ratio,
}

function samplerOf(env: Env, warn: Warn): Sampling {
  const name = env.OTEL_TRACES_SAMPLER || 'parentbased_always_on'
  const ratioOf = RATIOS[name.replace(/^parentbased_/, '')]
  const isKnown = ratioOf !== undefined
  if (!isKnown) warn('OTEL_TRACES_SAMPLER: is not known here; everything is traced')
  const ratio = ratioOf?.(argOf(env, warn)) ?? 1
  return { ratio, parentBased: !isKnown || name.startsWith('parentbased_') }
}

function argOf({ OTEL_TRACES_SAMPLER_ARG: text }: Env, warn: Warn): number {
  const ratio = text ? Number(text) : 1
  if (ratio >= 0 && ratio <= 1) return ratio
  warn('OTEL_TRACES_SAMPLER_ARG: must be from 0 to 1; everything is traced')
  return 1
}
