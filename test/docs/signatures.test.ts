import { test } from 'vitest'
import { guideProgram, refusesToStartWithoutSecret, takesWhatIsSigned } from '../sdk/signed.ts'
import { openFolder } from '../serve.ts'

// Those in Go, Python and Java run beside the SDKs: test/sdk.
test('the receiver in Node takes what is signed for it, once each, and nothing else', async () => {
  await using folder = await openFolder({ 'receiver.mjs': guideProgram('js') })
  const program = [process.execPath, `${folder.path}/receiver.mjs`] as const
  await takesWhatIsSigned(program)
  await refusesToStartWithoutSecret(program)
})
