/** Wrong tokens, counted by the address that sent them. */
export interface Guesses {
  /** For how long an address is still to be refused, in milliseconds; 0 when it may try. */
  refusedMs(address: string): number
  /** Returns whether it was one too many. */
  count(address: string): boolean
}

interface Guessed {
  wrong: number
  /** Unix milliseconds. */
  readonly endsAt: number
}

const ALLOWED = 10
/** For how long a wrong token counts, from the first one on. */
export const COUNTED_MS = 60_000
const MAX_ADDRESSES = 10_000
/** For all the addresses beyond that, so that neither memory nor guesses are without bound. */
const OTHERS = 'others'

/** `guessed` is told of each wrong token: from then on something is remembered, for as long as it counts. */
export function createGuesses(now: () => number, guessed = () => {}): Guesses {
  /** Those whose minute ends first come first, but for a clock that has been set back. */
  const counted = new Map<string, Guessed>()

  /** Also over for one who would have to wait for longer than a minute: the clock has been set back. */
  function isOver({ endsAt }: Guessed): boolean {
    return endsAt <= now() || endsAt > now() + COUNTED_MS
  }

  function forget(): void {
    for (const [key, entry] of counted) {
      if (!isOver(entry)) return
      counted.delete(key)
    }
  }

  function entryOf(key: string): Guessed | undefined {
    const entry = counted.get(key)
    return entry && !isOver(entry) ? entry : undefined
  }

  function keyOf(address: string): string {
    const network = networkOf(address)
    return counted.size < MAX_ADDRESSES || counted.has(network) ? network : OTHERS
  }

  return {
    refusedMs(address) {
      forget()
      const entry = entryOf(keyOf(address))
      return entry && entry.wrong >= ALLOWED ? entry.endsAt - now() : 0
    },
    count(address) {
      const key = keyOf(address)
      const entry = entryOf(key) ?? { wrong: 0, endsAt: now() + COUNTED_MS }
      entry.wrong++
      counted.set(key, entry)
      guessed()
      return entry.wrong === ALLOWED
    },
  }
}

/** An IPv4 address as it is; of an IPv6 address the first 64 bits, for whoever has one has all with these. */
function networkOf(address: string): string {
  if (address.includes('.') || !address.includes(':')) return address
  const [before = '', after] = address.split('::')
  const head = before.split(':')
  const tail = after?.split(':') ?? []
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  return [...head, ...zeros, ...tail].slice(0, 4).join(':')
}
