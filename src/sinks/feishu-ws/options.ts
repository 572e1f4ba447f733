import * as T from '@sinclair/typebox'

export const longConnectionOptions = T.Object({
  app_id: T.String({
    // Node's client takes no other.
    pattern: '^cli_[0-9a-fA-F]{16}$',
    examples: ['cli_a0000000000000ff'],
    description:
      "The app id by which the consumer's SDK client connects, yours to choose: cli_ and 16 hex digits. Each sink has its own.",
  }),
  app_secret: T.String({
    minLength: 1,
    secret: true,
    description: 'What the client must give for it, yours to choose as well.',
    examples: [`\${HR_APP_SECRET}`],
  }),
  verification_token: T.Optional(
    T.String({
      minLength: 1,
      secret: true,
      description: "The consumer's own Verification Token, put into the callback.",
      examples: [`\${HR_TOKEN}`],
    }),
  ),
})

export type LongConnectionOptions = T.Static<typeof longConnectionOptions>
