import { readdirSync, readFileSync } from 'node:fs'

/** Microseconds of CPU, by who spent them. */
interface CpuTimes {
  readonly main: number
  readonly store: number
  /** The garbage collector, the compiler and libuv's pool. */
  readonly other: number
}

/** What a gateway's threads spend while something is measured (Linux only). */
export interface CpuMeter {
  during<T>(work: () => Promise<T>): Promise<T>
  /** `  CPU per callback: 170 µs main thread, 60 µs store threads, 20 µs other threads` */
  report(what: string, count: number): string
}

export function createCpuMeter(pid: number): CpuMeter {
  const spent = { main: 0, store: 0, other: 0 }
  return {
    async during(work) {
      const before = cpuTimes(pid)
      const result = await work()
      const after = cpuTimes(pid)
      spent.main += after.main - before.main
      spent.store += after.store - before.store
      spent.other += after.other - before.other
      return result
    },
    report(what, count) {
      const each = (micros: number) => `${Math.round(micros / count)} µs`
      const { main, store, other } = spent
      return `  CPU per ${what}: ${each(main)} main thread, ${each(store)} store threads, ${each(other)} other threads`
    },
  }
}

function cpuTimes(pid: number): CpuTimes {
  const times = { main: 0, store: 0, other: 0 }
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const of = (file: string) => readFileSync(`/proc/${pid}/task/${task}/${file}`, 'utf8')
    // The first number is nanoseconds on a CPU; `stat` has the same in ticks of 10 ms.
    const micros = Number(of('schedstat').split(' ')[0]) / 1000
    if (task === String(pid)) times.main += micros
    // The name that src/stores/thread.ts gives its threads, as far as Linux keeps it.
    else if (of('comm').startsWith('lark-fanout sto')) times.store += micros
    else times.other += micros
  }
  return times
}
