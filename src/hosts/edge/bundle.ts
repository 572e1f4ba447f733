import type { BundledChecks, BundledConfig } from '../../config/bundled.ts'
import type { Assets } from '../../console/context.ts'
import type { SinkType, SourceType } from '../../core/plugin.ts'

/** What `lark-fanout build` puts into a worker: routes.yaml, and the code that it names. */
export interface Bundle {
  /** Checked, with its references (`${VAR}`) as they are written. */
  readonly config: BundledConfig
  readonly sourceTypes: readonly SourceType[]
  /** Those in use, plugins among them. */
  readonly sinkTypes: readonly SinkType[]
  /** Compiled ahead, for the platform lets nobody compile at run time. */
  readonly checks: BundledChecks
  /** The console's. */
  readonly assets: Assets
}
