/** An app as Feishu's developer console has it. */
export interface SimulatedApp {
  /** `cli_` and 16 hex digits: the official Node SDK takes no other for a long connection. */
  readonly id: string
  readonly secret: string
  readonly verificationToken: string
  readonly encryptKey?: string
}
