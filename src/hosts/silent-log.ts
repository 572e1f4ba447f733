import type { Log } from '../core/runtime.ts'

/** For commands, which answer or fail: what else there is to say nobody asked for. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
