import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Folder, openFolder } from '../serve.ts'
import { guideProgram, refusesToStartWithoutSecret, takesWhatIsSigned } from './signed.ts'
import type { Command } from './toolchains.ts'

/** Compilers are for those who have the time: `npm run test:sdk`, where what is missing fails. */
const skipped = process.env.SDK === 'required' ? '' : ': SKIPPED, npm run test:sdk runs it'

interface Language {
  readonly file: string
  /** Makes a program of the file; none needs more than its own tool. */
  program(folder: Folder): Command
}

const LANGUAGES: Readonly<Record<string, Language>> = {
  python: {
    file: 'receiver.py',
    program: ({ path }) => ['python3', '-B', join(path, 'receiver.py')],
  },
  go: {
    file: 'receiver.go',
    program({ path: cwd }) {
      const env = { ...process.env, CGO_ENABLED: '0' }
      const built = spawnSync('go', ['build', 'receiver.go'], { cwd, env, encoding: 'utf8' })
      expect(built.stderr).toBe('')
      return [join(cwd, 'receiver')]
    },
  },
  java: {
    file: 'Receiver.java',
    program({ path: cwd }) {
      const built = spawnSync('javac', ['Receiver.java'], { cwd, encoding: 'utf8' })
      expect(built.stderr).toBe('')
      return ['java', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', cwd, 'Receiver']
    },
  },
}

describe.concurrent('receivers of signed deliveries', { timeout: 180_000 }, () => {
  for (const [language, { file, program }] of Object.entries(LANGUAGES)) {
    test.skipIf(skipped)(`the guide's in ${language}${skipped}`, async () => {
      await using folder = await openFolder({ [file]: guideProgram(language) })
      const command = program(folder)
      await takesWhatIsSigned(command)
      await refusesToStartWithoutSecret(command)
    })
  }
})
