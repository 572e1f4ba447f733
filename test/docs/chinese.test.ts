import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const english = readFileSync(`${root}README.md`, 'utf8')
const chinese = readFileSync(`${root}docs/README.zh-CN.md`, 'utf8')

/** Every block with its language, without the comments. */
function blocksOf(text: string): string[] {
  const blocks = [...text.matchAll(/^ *```\w*\n[\s\S]*?^ *```/gm)].map(([block]) => block)
  return blocks.map((block) => block.replaceAll(/ *#.*$/gm, ''))
}

/** Where its links lead, from the root of the repository. */
function linksOf(text: string, folder: string): Set<string> {
  const links = [...text.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, target = '']) => target)
  const base = `file:///${folder}`
  return new Set(links.map((link) => new URL(link, base).href.slice('file:///'.length)))
}

test('both have the same commands, files and figures', () => {
  expect(blocksOf(english).length).toBeGreaterThan(8)
  expect(blocksOf(chinese)).toEqual(blocksOf(english))
})

test('both name the same variables', () => {
  const variables = (text: string) =>
    [...text.matchAll(/^\| `(.+?)` +\|/gm)].map(([, name]) => name)
  expect(variables(english).length).toBeGreaterThan(5)
  expect(variables(chinese)).toEqual(variables(english))
})

test('both lead to the same pages, and to each other', () => {
  const [ours, theirs] = [linksOf(english, ''), linksOf(chinese, 'docs/')]
  expect(ours.delete('docs/README.zh-CN.md')).toBe(true)
  expect(theirs.delete('README.md')).toBe(true)
  expect(theirs).toEqual(ours)
})

test('both have as many headings, of the same levels', () => {
  const levels = (text: string) => [...text.matchAll(/^(#+) /gm)].map(([, marks]) => marks)
  expect(levels(chinese.replaceAll(/^```[\s\S]*?^```/gm, ''))).toEqual(
    levels(english.replaceAll(/^```[\s\S]*?^```/gm, '')),
  )
})
