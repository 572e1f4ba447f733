import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readUnexpanded } from '../../src/cli/build/read.ts'
import { ConfigFileError } from '../../src/hosts/config-file-error.ts'
import { readConfigFile, routingOf } from '../../src/hosts/node-config.ts'
import { sampleEvent } from '../sample-event.ts'
import { type Folder, openFolder } from '../serve.ts'

const MAIN = `version: 1
sources: { feishu: { type: feishu, verification_token: "\${TOKEN}" } }
`
const team = (name: string) =>
  `sinks: { ${name}: { type: log } }\nroutes: [{ name: ${name}, to: [${name}] }]\n`
const env = { TOKEN: 't' }

const read = (folder: Folder, name = 'routes.yaml') =>
  readConfigFile({ file: join(folder.path, name), env })

async function reportOf(reading: Promise<unknown>): Promise<string> {
  const error: unknown = await reading.then(
    () => 'in order',
    (reason) => reason,
  )
  if (error instanceof ConfigFileError) return error.report
  return error instanceof Error ? error.message : String(error)
}

test('the files of routes.d are read by name, beside whichever file is the main one', async () => {
  await using folder = await openFolder({
    'mine.yaml': MAIN,
    'routes.d/b.yml': team('b'),
    'routes.d/a.yaml': team('a'),
    'routes.d/a.test.yaml': 'tests: []',
    'routes.d/.hidden.yaml': '}',
    'routes.d/notes.txt': '}',
    'routes.d/old/c.yaml': '}',
  })
  const file = await read(folder, 'mine.yaml')
  expect(file.teamFiles).toEqual(['routes.d/a.yaml', 'routes.d/b.yml'])
  expect(routingOf(file).written).toEqual([
    { name: 'a', to: ['a'], enabled: true, file: 'routes.d/a.yaml', line: 2 },
    { name: 'b', to: ['b'], enabled: true, file: 'routes.d/b.yml', line: 2 },
  ])
  const built = await readUnexpanded(join(folder.path, 'mine.yaml'))
  expect(built.config.routes.map(({ name }) => name)).toEqual(['a', 'b'])
})

test('one whose name is in capitals is read as well', async () => {
  await using folder = await openFolder({
    'routes.yaml': MAIN,
    'routes.d/B.YAML': team('b'),
  })
  expect((await read(folder)).teamFiles).toEqual(['routes.d/B.YAML'])
})

test('one that is no regular file is not read: a pipe would be waited for', async () => {
  await using folder = await openFolder({ 'routes.yaml': MAIN, 'routes.d/a.yaml': team('a') })
  await symlink('/dev/null', join(folder.path, 'routes.d/b.yaml'))
  await symlink('a.yaml', join(folder.path, 'routes.d/c.yaml'))
  expect(await reportOf(read(folder))).toMatch(
    /^cannot read .*routes\.d\/b\.yaml: it is no regular file$/,
  )
})

test('problems are reported under the names of their files, for a worker too', async () => {
  await using folder = await openFolder({
    'routes.yaml': MAIN,
    'routes.d/finance.yaml': team('finance').replace('log', 'log, retry: { attempts: 0 }'),
    'routes.d/hr.yaml': 'retention: { dead: 1d }\n',
  })
  const report = `routes.d/finance.yaml:1:51  sinks.finance.retry.attempts: must be >= 1
    sinks: { finance: { type: log, retry: { attempts: 0 } } }
                                                      ^

routes.d/hr.yaml:1:1  retention: belongs in routes.yaml
    retention: ***
    ^`
  expect(await reportOf(read(folder))).toBe(report)
  expect(await reportOf(readUnexpanded(join(folder.path, 'routes.yaml')))).toBe(report)
})

test('all that cannot be read is said at once', async () => {
  await using folder = await openFolder({ 'routes.d/b.yaml/x': '', 'routes.d/a.yaml/x': '' })
  const report = await reportOf(read(folder))
  expect(report.split('\n')).toEqual([
    expect.stringMatching(/^cannot read .*routes\.yaml: ENOENT/),
    expect.stringMatching(/^cannot read .*routes\.d\/a\.yaml: EISDIR/),
    expect.stringMatching(/^cannot read .*routes\.d\/b\.yaml: EISDIR/),
  ])
  await using other = await openFolder({ 'routes.yaml': MAIN, 'routes.d': 'a file' })
  expect(await reportOf(read(other))).toMatch(/^cannot read .*routes\.d: ENOTDIR/)
})

test('a schema beside routes.yaml checks events from the first one on', async () => {
  await using folder = await openFolder({
    'routes.yaml': `${MAIN}schemas: { approval_cc: schemas/cc.yaml }\n`,
    'schemas/cc.yaml': 'properties: { amount: { type: number } }\nrequired: [amount]\n',
  })
  const { check } = routingOf(await read(folder))
  expect(check(sampleEvent())).toEqual(['amount: is required'])
  expect(check(sampleEvent({ data: { amount: 1 } }))).toEqual([])
  expect(check(sampleEvent({ type: 'approval_task', data: { instance_code: 7 } }))).not.toEqual([])
})
