export interface ProgressLine {
  /** So many are done. */
  show(done: number): void
  /** Leaves the terminal's line free for what comes next. */
  end(): void
}

interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
}

export interface ProgressOptions {
  /** What is counted: `events`. */
  readonly noun: string
  /** How many there will be, where that is known. */
  readonly total?: number | undefined
  readonly output?: Output
  /** Milliseconds that only grow. */
  readonly clock?: () => number
}

const REDRAW_MS = 100
const LINE_MS = 1000
const BAR_CELLS = 24
const CLEAR_LINE = '\r\u001b[K'

/** Shows how long work comes on: one line that is drawn again on a terminal, a plain line each second elsewhere. */
export function createProgressLine({
  noun,
  total,
  output = process.stderr,
  clock = () => performance.now(),
}: ProgressOptions): ProgressLine {
  const startedAt = clock()
  const everyMs = output.isTTY ? REDRAW_MS : LINE_MS
  let shownAt = startedAt
  let drawn = false

  return {
    show(done) {
      const now = clock()
      if (now - shownAt < everyMs) return
      shownAt = now
      const said = sentence(done, total, noun, now - startedAt)
      drawn = output.isTTY === true
      output.write(drawn ? `${CLEAR_LINE}${bar(done, total)}${said}` : `${said}\n`)
    },
    end() {
      if (drawn) output.write(CLEAR_LINE)
      drawn = false
    },
  }
}

/** `1200 of 5000 events, 400/s, 10 s left` */
function sentence(done: number, total: number | undefined, noun: string, elapsedMs: number) {
  const perSecond = (done / elapsedMs) * 1000
  const count = total === undefined ? `${done} ${noun}` : `${done} of ${total} ${noun}`
  const left = total !== undefined && perSecond > 0 ? Math.max(0, total - done) / perSecond : 0
  const eta = left > 0 ? `, ${duration(left)} left` : ''
  return `${count}, ${Math.round(perSecond)}/s${eta}`
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  return whole < 3600 ? `${Math.ceil(whole / 60)} min` : `${(whole / 3600).toFixed(1)} h`
}

function bar(done: number, total: number | undefined): string {
  if (!total) return ''
  const full = Math.min(BAR_CELLS, Math.round((done / total) * BAR_CELLS))
  return `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)} `
}
