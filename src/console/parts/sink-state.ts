import { html } from 'hono/html'
import type { LaneStatus } from '../../core/lane/status.ts'
import type { sinkShape } from '../../http/api/shapes.ts'
import { type Html, nothing } from '../html.ts'
import type { Language, Words } from '../language.ts'
import { moment } from './time.ts'

export type SinkView = ReturnType<typeof sinkShape>

interface StateWords {
  readonly paused: string
  readonly broken: string
  readonly trying: string
  readonly notReady: string
  readonly gone: string
  readonly fine: string
  readonly pausedBy: Readonly<Record<'file' | 'operator' | 'receiver', string>>
  readonly until: string
}

const words: Words<StateWords> = {
  en: {
    paused: 'paused',
    broken: 'breaker open',
    trying: 'trying again',
    notReady: 'not ready',
    gone: 'not in routes.yaml',
    fine: 'delivering',
    pausedBy: {
      file: 'by routes.yaml',
      operator: 'by an operator',
      receiver: 'by the receiver: 410',
    },
    until: 'until',
  },
  zh: {
    paused: '已暂停',
    broken: '已熔断',
    trying: '试探中',
    notReady: '未就绪',
    gone: '已从 routes.yaml 移除',
    fine: '投递中',
    pausedBy: {
      file: '由 routes.yaml 暂停',
      operator: '由运维人员暂停',
      receiver: '接收方返回 410',
    },
    until: '直到',
  },
}

/** Why a sink is sent nothing, or that it is. */
export function sinkState(sink: SinkView, language: Language): Html {
  const { kind, text } = stateOf(sink, words[language])
  return html`<span class="badge ${kind}">${text}</span>`
}

/** Who has paused it, or until when its breaker is open; nothing of any other. */
export function stateReason(
  { configured, paused_by }: SinkView,
  lane: LaneStatus | undefined,
  language: Language,
): Html {
  const w = words[language]
  if (!configured) return nothing
  if (paused_by.length > 0) return html`${paused_by.map((by) => w.pausedBy[by]).join(', ')}`
  const until = lane?.breakerUntil ?? null
  return until === null ? nothing : html`${w.until} ${moment(until)}`
}

/** Whether it is sent what it is owed. */
export function isSending({ configured, paused, breaker, ready }: SinkView): boolean {
  return configured && !paused && breaker !== 'open' && ready
}

function stateOf(sink: SinkView, { paused, broken, trying, notReady, gone, fine }: StateWords) {
  if (!sink.configured) return { kind: 'bad', text: gone }
  if (sink.paused) return { kind: 'warn', text: paused }
  if (sink.breaker === 'open') return { kind: 'bad', text: broken }
  if (sink.breaker === 'half-open') return { kind: 'warn', text: trying }
  return sink.ready ? { kind: 'good', text: fine } : { kind: 'warn', text: notReady }
}
