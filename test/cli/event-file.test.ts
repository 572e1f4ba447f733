import { expect, test } from 'vitest'
import { readEventFile, readPastedFile } from '../../src/cli/event-file.ts'
import { openFolder } from '../serve.ts'

test.each([
  ['send', readEventFile],
  ['explain', readPastedFile],
])('what is nested too deeply for JSON.stringify is refused: %s', async (_, read) => {
  const list = '['.repeat(10_000) + ']'.repeat(10_000)
  await using folder = await openFolder({ 'deep.json': `{"event":{"list":${list}}}` })
  await expect(read(`${folder.path}/deep.json`)).rejects.toThrow(
    'deep.json is nested deeper than 1000 levels',
  )
})
