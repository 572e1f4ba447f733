import { html } from 'hono/html'
import type { LaneStatus } from '../../core/lane/status.ts'
import type { sinkShape } from '../../http/api/shapes.ts'
import { type Html, nothing } from '../html.ts'
import type { Language, Words } from '../language.ts'
import { moment } from './time.ts'

export type SinkView = ReturnType<typeof sinkShape>

/** The worst first. */
export const SINK_STATES = ['broken', 'trying', 'paused', 'gone', 'notReady', 'fine'] as const
export type SinkState = (typeof SINK_STATES)[number]

const KINDS: Readonly<Record<SinkState, 'good' | 'warn' | 'bad'>> = {
  broken: 'bad',
  trying: 'warn',
  paused: 'warn',
  gone: 'bad',
  notReady: 'warn',
  fine: 'good',
}

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
    fine: 'healthy',
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
    fine: '正常',
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
  const state = stateOf(sink)
  return html`<span class="badge ${KINDS[state]}">${stateWord(state, language)}</span>`
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

export function stateOf({ configured, paused, breaker, ready }: SinkView): SinkState {
  if (!configured) return 'gone'
  if (paused) return 'paused'
  if (breaker === 'open') return 'broken'
  if (breaker === 'half-open') return 'trying'
  return ready ? 'fine' : 'notReady'
}

export function stateWord(state: SinkState, language: Language): string {
  return words[language][state]
}
