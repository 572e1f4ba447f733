import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { anchorsOf } from './markdown.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (document: string) => readFileSync(join(root, document), 'utf8')

test('every link to a heading finds it', () => {
  const lost = ['README.md', ...globSync('docs/**/*.md', { cwd: root })].flatMap((document) =>
    [...read(document).matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)].flatMap(
      ([link, target = '', anchor = '']) => {
        const file = target === '' ? document : join(dirname(document), target)
        return anchorsOf(read(file)).includes(anchor) ? [] : [`${document}: ${link}`]
      },
    ),
  )
  expect(lost).toEqual([])
})
