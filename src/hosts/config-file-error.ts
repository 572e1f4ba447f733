import { ConfigError } from '../core/errors.ts'

/** What is wrong with routes.yaml, as people read it: every problem with its line and a caret. */
export class ConfigFileError extends ConfigError {
  readonly report: string

  constructor(cause: ConfigError, report: string) {
    super(cause.problems)
    this.report = report
  }
}
