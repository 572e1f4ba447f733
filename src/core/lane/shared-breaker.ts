import type { BreakerPolicy } from '../plan.ts'
import { type Breaker, isOutage, type Ticket } from './breaker.ts'
import {
  afterReport,
  afterTry,
  atRest,
  type BreakerReport,
  isAhead,
  type SharedBreaker,
  type TryAnswer,
  type TryQuery,
} from './shared.ts'
import { createTelling, type Telling } from './telling.ts'

/** How a breaker reaches those of other gateways, and its lane. */
export interface BreakerLink {
  /** Undefined where the others cannot be asked: then it goes on with what it knows. */
  report(report: BreakerReport): Promise<SharedBreaker | undefined>
  try(query: TryQuery): Promise<TryAnswer | undefined>
  now(): number
  /** Hears of every opening and closing. */
  changed(state: 'open' | 'closed'): void
  /** Others have answered: something may be started now, or no more. */
  pump(): void
}

interface State {
  readonly policy: BreakerPolicy
  readonly tryMs: number
  readonly link: BreakerLink
  readonly telling: Telling
  known: SharedBreaker
  era: Ticket
  /** This gateway's, for one delivery to try. */
  leave: 'none' | 'asked' | 'given' | 'used'
  /** How often the others have answered. */
  answers: number
  /** Whether it has changed without their knowing. */
  isAlone: boolean
}

/**
 * A breaker that all gateways keep together. What requests come to counts here at once, and is told to the others; what
 * they answer then takes the place of what is known here. `tryMs` is the longest that the delivery which tries may take.
 */
export function createSharedBreaker(
  policy: BreakerPolicy,
  tryMs: number,
  link: BreakerLink,
): Breaker {
  const telling = createTelling(link.report, (answer) => hear(own, answer))
  const own: State = {
    policy,
    tryMs,
    link,
    telling,
    known: atRest,
    era: 0,
    leave: 'none',
    answers: 0,
    isAlone: false,
  }
  const isClosed = () => own.known.openUntil === null
  const isHalfOpen = (now: number) => !isClosed() && restsUntil(own, now) <= now
  return {
    state: (now) => (isClosed() ? 'closed' : isHalfOpen(now) ? 'half-open' : 'open'),
    admits: (now) => isClosed() || (isHalfOpen(now) && own.leave !== 'used'),
    get retryAt() {
      return restsUntil(own, link.now())
    },
    take() {
      if (own.leave === 'none' && !isClosed() && !telling.isBusy) void ask(own)
      return isClosed() || own.leave === 'given'
    },
    start() {
      if (own.leave === 'given') own.leave = 'used'
      return own.era
    },
    failed(ticket, failure) {
      if (ticket !== own.era) return
      if (failure.returned) giveBack(own, 'used')
      else if (isOutage(failure)) note(own, { succeeded: false, failures: 1 })
      else succeed(own)
    },
    succeeded(ticket) {
      if (ticket === own.era) succeed(own)
    },
    isCurrent: (ticket) => ticket === own.era,
    get memory() {
      return { failures: own.known.failures, openUntil: own.known.openUntil }
    },
    listen: () => listen(own),
  }
}

function become(own: State, { failures, openUntil, tryingUntil }: SharedBreaker): void {
  const isSame = openUntil === own.known.openUntil
  own.known = { failures, openUntil, tryingUntil }
  if (isSame) return
  own.era++
  own.leave = 'none'
  own.link.changed(openUntil === null ? 'closed' : 'open')
}

function hear(own: State, answer: SharedBreaker | undefined, isAlone = !answer): void {
  own.answers++
  own.isAlone = isAlone
  if (answer) become(own, answer)
  own.link.pump()
}

function note(own: State, came: Pick<BreakerReport, 'succeeded' | 'failures'>): void {
  const { policy, known, link, telling } = own
  const { failures: limit, cooldownMs } = policy
  const report = { ...came, seen: known.openUntil, limit, cooldownMs, now: link.now() }
  become(own, afterReport(known, report))
  telling.tell(report)
}

/** Told only where it changes something: a healthy sink costs nothing. */
function succeed(own: State): void {
  const { openUntil, failures } = own.known
  if (openUntil !== null || failures > 0) note(own, { succeeded: true, failures: 0 })
}

async function ask(own: State): Promise<void> {
  const { policy, known, link, tryMs } = own
  own.leave = 'asked'
  const { cooldownMs } = policy
  const query = { seen: known.openUntil, cooldownMs, tryMs, now: link.now() }
  const told = await link.try(query)
  const answer = told ?? afterTry(known, query)
  own.leave = answer.granted ? 'given' : 'none'
  hear(own, answer, !told)
  // What was to be tried may have gone meanwhile.
  giveBack(own, 'given')
}

/** Whether the receiver works is not known: the next one tries. */
function giveBack(own: State, leave: State['leave']): void {
  if (own.leave !== leave) return
  own.leave = 'none'
  note(own, { succeeded: false, failures: 0 })
}

/** Until when nothing is sent: for the cooldown, and while another gateway tries. In the past otherwise. */
function restsUntil({ known, policy, tryMs, leave }: State, now: number): number {
  const { openUntil, tryingUntil } = known
  if (isAhead(openUntil, policy.cooldownMs, now)) return openUntil
  const isOwn = leave === 'given' || leave === 'used'
  return !isOwn && isAhead(tryingUntil, tryMs, now) ? tryingUntil : Number.NEGATIVE_INFINITY
}

function listen(own: State): (state: SharedBreaker) => void {
  const before = own.answers
  return (state) => {
    // What has been told or asked meanwhile may not be in it.
    const isOld = own.telling.isBusy || own.leave === 'asked' || own.answers !== before
    if (isOld) return
    if (own.isAlone && state.openUntil === null && own.known.openUntil !== null) tellAgain(own)
    else become(own, state)
    own.link.pump()
  }
}

/** What opened while the others could not be told is open for all, until the same time. */
function tellAgain({ known, policy, telling, link }: State): void {
  const { failures: limit, cooldownMs } = policy
  const openedAt = (known.openUntil ?? link.now()) - cooldownMs
  const opening = { succeeded: false, failures: limit, seen: null, limit, cooldownMs }
  telling.tell({ ...opening, now: openedAt })
}
