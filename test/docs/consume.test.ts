import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { FEISHU, openFolder, run } from '../serve.ts'
import { blocksOf } from './markdown.ts'

const guide = fileURLToPath(new URL('../../docs/guides/consume.md', import.meta.url))
const [routes = '', tests = ''] = blocksOf(readFileSync(guide, 'utf8'), 'yaml')

/** No secret is set, as in a pull request. */
const env = { FEISHU_VERIFICATION_TOKEN: undefined, FEISHU_ENCRYPT_KEY: undefined }

test('the files of the guide are in order, and pass, without any secret', async () => {
  await using folder = await openFolder({
    'routes.yaml': FEISHU,
    'routes.d/finance.yaml': routes,
    'routes.d/finance.test.yaml': tests,
  })
  const checked = await run(folder, ['check', '--no-env'], { env })
  expect([checked.code, checked.stderr]).toEqual([0, ''])
  const tested = await run(folder, ['test'], { env })
  expect([tested.code, tested.stderr]).toEqual([0, ''])
  expect(tested.stdout).toContain('2 ')
})
