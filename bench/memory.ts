import { readFileSync } from 'node:fs'

/** Resident memory of a process, in megabytes (Linux only). */
export function residentMb(pid: number): number {
  return field(pid, 'VmRSS')
}

/** `87 MB resident, 93 at its peak` */
export function memoryOf(pid: number): string {
  return `${field(pid, 'VmRSS').toFixed(0)} MB resident, ${field(pid, 'VmHWM').toFixed(0)} at its peak`
}

function field(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024
}
