import { SINK_STATES, type SinkView, stateOf } from './sink-state.ts'

/** By state, then by dead letters, then by what is owed; otherwise in the order of the file. */
export function worstFirst(sinks: readonly SinkView[]): readonly SinkView[] {
  const rank = (sink: SinkView) => SINK_STATES.indexOf(stateOf(sink))
  return sinks.toSorted((a, b) => rank(a) - rank(b) || b.dead - a.dead || b.backlog - a.backlog)
}
