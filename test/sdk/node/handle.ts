/** Prints what a consumer works with. `FIRST` says what becomes of the first event: `fail` throws, `hang` never ends. */
let first = process.env.FIRST

export async function handle({ uuid, token, instance_code, operate, from }: Event): Promise<void> {
  process.stdout.write(`${JSON.stringify({ uuid, token, instance_code, operate, from })}\n`)
  const fate = first
  first = undefined
  if (fate === 'hang') await new Promise(() => {})
  if (fate === 'fail') throw new Error('the first event fails')
}

/** The SDK puts the envelope and the event into one object. */
type Event = Readonly<
  Record<'uuid' | 'token' | 'instance_code' | 'operate' | 'from', string | undefined>
>
