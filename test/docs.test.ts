import { globSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { readConfigFile } from '../src/hosts/node-config.ts'
import { structuredCloudEvent } from '../src/sinks/format.ts'
import { blocksOf } from './docs/markdown.ts'
import { openReceiver } from './receiver.ts'
import { sampleEvent } from './sample-event.ts'
import { callbackOf, FEISHU, openFolder, post, run, serve } from './serve.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const documents = ['README.md', ...globSync('docs/**/*.md', { cwd: root })]

function blocks(document: string, language: string): string[] {
  return blocksOf(readFileSync(`${root}${document}`, 'utf8'), language)
}

// The Chinese README has those of the English one: test/docs/chinese.test.ts.
const inEnglish = documents.filter((document) => !document.includes('.zh-CN.'))
const files = inEnglish.flatMap((document) =>
  blocks(document, 'yaml')
    .filter((block) => block.includes('version: 1'))
    .map((text) => ({ document, text })),
)

/** Every variable that a text names, set to something. */
function environmentOf(text: string): Record<string, string> {
  const names = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name)
  const secretFor = (name: string) => {
    if (name.includes('URL')) return 'https://open.feishu.cn/open-apis/bot/v2/hook/x'
    return `whsec_${Buffer.from(`a secret called ${name} of some length`).toString('base64')}`
  }
  return Object.fromEntries(names.map((name) => [name, secretFor(name)]))
}

async function openWithPlugins(text: string) {
  const folder = await openFolder({ 'routes.yaml': text })
  for (const name of ['feishu-bot', 'jsonl']) {
    await folder.write(`plugins/${name}.ts`, await readFile(`${root}plugins/${name}.ts`, 'utf8'))
  }
  return folder
}

test.each([
  ...files,
  { document: 'routes.yaml', text: readFileSync(`${root}routes.yaml`, 'utf8') },
])('the routes in $document are in order, without a warning', async ({ text }) => {
  await using folder = await openWithPlugins(text)
  const { code, stdout, stderr } = await run(folder, ['check'], { env: environmentOf(text) })
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^\.\/routes\.yaml is in order/)
  expect(code).toBe(0)
})

test('the team’s file and the schema in docs/routes.md go with its larger example', async () => {
  const document = 'docs/routes.md'
  const block = (language: string, marker: string) =>
    blocks(document, language).find((text) => text.includes(marker)) ?? ''
  const example = files.findLast((file) => file.document === document)?.text ?? ''
  const main = example.replace('approval_instance]', 'approval_instance, expense_claimed]')
  const team = block('yaml', '# routes.d/finance.yaml')
  await using folder = await openWithPlugins(main + block('yaml', 'schemas:'))
  await folder.write('routes.d/finance.yaml', team)
  await folder.write('schemas/expense-claimed.json', block('json', 'claim_code'))
  const env = environmentOf(main + team)
  const { config, ...file } = await readConfigFile({ file: `${folder.path}/routes.yaml`, env })
  expect([file.warnings, file.teamFiles]).toEqual(['', ['routes.d/finance.yaml']])
  expect(Object.keys(config.schemas)).toEqual(['expense_claimed'])
})

test('there are routes to check in the README and in docs', () => {
  expect(new Set(files.map(({ document }) => document))).toEqual(
    new Set(['README.md', 'docs/routes.md', 'docs/guides/go-live.md']),
  )
})

test('the plugin in the README delivers', async () => {
  const [plugin = ''] = blocks('README.md', 'ts')
  await using receiver = await openReceiver()
  const sink = `{ type: pager, url: "${receiver.url}", key: "\${PAGER_KEY}" }`
  await using folder = await openFolder({
    'routes.yaml': `${FEISHU}sinks: { page: ${sink} }\nroutes: [{ name: all, to: [page] }]\n`,
    'plugins/pager.ts': plugin,
  })
  await using gateway = await serve(folder, { PAGER_KEY: 'k' })
  const callback = callbackOf()
  await post(gateway.url, callback)
  await expect.poll(() => receiver.requests.length).toBe(1)
  expect(receiver.requests[0]?.headers.authorization).toBe('Bearer k')
  expect(JSON.parse(receiver.requests[0]?.body ?? '')).toEqual(callback.event)
})

test('the CloudEvent in docs/consumers.md is what a consumer gets', () => {
  const [shown = ''] = blocks('docs/consumers.md', 'json')
  const { data: shownData, ...attributes } = JSON.parse(shown)
  const { data, ...sent } = JSON.parse(structuredCloudEvent(sampleEvent()))
  expect(sent).toEqual(attributes)
  expect(data).toMatchObject({ type: shownData.type, operate: shownData.operate })
})

test('every command that the documents name is there', async () => {
  const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  const text = documents.map((document) => readFileSync(`${root}${document}`, 'utf8')).join('\n')
  const named = [...text.matchAll(/npm (?:run )?(start|test|demo|lint|types)\b/g)]
  expect(named.length).toBeGreaterThan(2)
  for (const [, name = ''] of named) expect(scripts).toHaveProperty(name)
  await using folder = await openFolder({})
  const lines = [...text.matchAll(/^ *npx lark-fanout ([^#\n]+)/gm)].map(([, line = '']) =>
    line.trim(),
  )
  expect(lines).toContain('replay --since 2d --route reads --yes')
  // With --help a command reads its options, and does no more: those of all its lines at once.
  const byCommand = Map.groupBy(lines, (line) => /^[a-z]+( [a-z]+(?= |$))?/.exec(line)?.[0] ?? line)
  for (const [command, itsLines] of byCommand) {
    const words = itsLines.join(' ').match(/'[^']*'|\S+/g) ?? []
    const args = words.map((word) => word.replaceAll("'", ''))
    const { code } = await run(folder, [...command.split(' '), ...args, '--help'])
    expect(code, itsLines.join('\n')).toBe(0)
  }
})

test('every link between the documents leads somewhere', () => {
  const broken = documents.flatMap((document) => {
    const text = readFileSync(`${root}${document}`, 'utf8')
    const folder = document.includes('/') ? document.replace(/[^/]*$/, '') : ''
    return [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)]
      .map(([, target = '']) => `${folder}${target}`)
      .filter((target) => globSync(target, { cwd: root }).length === 0)
  })
  expect(broken).toEqual([])
})
