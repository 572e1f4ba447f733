import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

/** Which folder of src may import which others; siblings never import each other, but for what stands here. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  feishu: ['core'],
  config: ['core'],
  stores: ['core'],
  sources: ['core', 'feishu'],
  sinks: ['core', 'feishu'],
  http: ['core'],
  console: ['core', 'http'],
  gateway: ['core', 'http'],
  index: ['core', 'gateway'],
  simulator: ['core', 'feishu'],
  hosts: ['core', 'feishu', 'config', 'stores', 'sources', 'sinks', 'http', 'console', 'gateway'],
  cli: [
    'core',
    'feishu',
    'config',
    'stores',
    'sources',
    'sinks',
    'http',
    'gateway',
    'hosts',
    'simulator',
  ],
}

/** Where Node's own modules and globals may be named. All other code, and what it imports, runs on any runtime with Web APIs. */
const NODE_FILES = [
  /^src\/hosts\/(?!edge\/)/,
  /^src\/cli\//,
  // Feishu itself, for the demo and for tests.
  /^src\/simulator\//,
  // Drivers for node:sqlite and its threads.
  /^src\/stores\/(sqlite-.*|thread)\.ts$/,
  // Postgres speaks TCP, which only Node has.
  /^src\/stores\/postgres(\.ts|\/)/,
  // kafkajs speaks TCP, which only Node has.
  /^src\/sinks\/kafka(\.ts|\/)/,
  // Reads the PEM files of sinks that have TLS options: Kafka's by itself, the others' through the host.
  /^src\/sinks\/pem\.ts$/,
  // The long connection: the SDK and its sockets.
  /^src\/sources\/feishu-ws(\.ts|\/)/,
]

/** Libraries that only some folders may use. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  core: ['p-retry'],
  feishu: ['@sinclair/typebox'],
  stores: ['pg'],
  console: ['hono', 'd3-shape'],
  http: ['hono', '@sinclair/typebox'],
  gateway: ['hono'],
  simulator: ['ws'],
  index: [],
}

interface Import {
  readonly file: string
  readonly target: string
  readonly typeOnly: boolean
}

const files = globSync('src/**/*.ts').map((file) => file.replaceAll('\\', '/'))
const imports = files.flatMap(importsOf)

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8')
  const pattern = /^\s*(?:import|export)\s+(type\s)?(?:[^'"]*?\sfrom\s+)?'([^']+)'/gm
  return [...text.matchAll(pattern)].map(([, typeOnly, target = '']) => ({
    file,
    target,
    typeOnly: typeOnly !== undefined,
  }))
}

/** `core` of `src/core/lane.ts`; `gateway` of `src/gateway.ts`. */
function placeOf(file: string): string {
  return file.split('/')[1]?.replace(/\.ts$/, '') ?? ''
}

test('there is something to check', () => {
  expect(files.length).toBeGreaterThan(30)
  expect(imports.length).toBeGreaterThan(100)
})

test('every folder of src has its rule', () => {
  expect(Object.keys(MAY_IMPORT).sort()).toEqual([...new Set(files.map(placeOf))].sort())
})

test('arrows point at core', () => {
  const wrong = imports.filter(({ file, target }) => {
    if (!target.startsWith('.')) return false
    const from = placeOf(file)
    const to = placeOf(normalize(join(dirname(file), target)))
    return from !== to && !MAY_IMPORT[from]?.includes(to)
  })
  expect(wrong).toEqual([])
})

/** These files, and what they import when they run. */
function reached(from: readonly string[]): ReadonlySet<string> {
  const known = new Set(from)
  for (const file of known) {
    for (const one of imports) {
      if (one.file !== file || one.typeOnly || !one.target.startsWith('.')) continue
      known.add(normalize(join(dirname(file), one.target)))
    }
  }
  return known
}

test('a command loads its libraries when it runs: --help and wrong usage need none', () => {
  const commands = loadedLater('src/cli/run.ts')
  expect(commands.length).toBeGreaterThan(10)
  const loaded = reached(['src/cli/main.ts', ...commands])
  const libraries = imports.filter(
    ({ file, target, typeOnly }) => loaded.has(file) && !typeOnly && !/^(\.|node:)/.test(target),
  )
  expect(libraries).toEqual([])
})

function loadedLater(file: string): readonly string[] {
  const found = readFileSync(file, 'utf8').matchAll(/\bimport\('(\.[^']+)'\)/g)
  return [...found].map(([, target = '']) => normalize(join(dirname(file), target)))
}

test('Node is named only where it may be', () => {
  const mayBeNode = (file: string) => NODE_FILES.some((pattern) => pattern.test(file))
  const portable = reached(files.filter((file) => !mayBeNode(file)))
  const isNode = (file: string) => mayBeNode(file) && !portable.has(file)
  const byImport = imports.filter(({ file, target }) => target.startsWith('node:') && !isNode(file))
  const byName = files.filter(
    (file) =>
      !isNode(file) && /\b(process\.[a-z]|Buffer[.(]|require\()/.test(readFileSync(file, 'utf8')),
  )
  expect({ byImport, byName }).toEqual({ byImport: [], byName: [] })
})

test('libraries stay where they belong', () => {
  const wrong = imports.filter(({ file, target, typeOnly }) => {
    const allowed = LIBRARIES[placeOf(file)]
    if (!allowed || typeOnly || /^(\.|node:)/.test(target)) return false
    return !allowed.some((name) => target === name || target.startsWith(`${name}/`))
  })
  expect(wrong).toEqual([])
})

test('JSONata is loaded by those who have a transform, and weighs nothing for others', () => {
  const wrong = imports.filter(({ file, target, typeOnly }) => {
    if (typeOnly || file.startsWith('src/sinks/transform/')) return false
    // Only Node reads schemas; what a worker has of it is compiled ahead.
    if (file === 'src/config/check/linear-regexp.ts') return target !== 're2js'
    return ['jsonata', 're2js'].includes(target) || target.includes('/transform/')
  })
  expect(wrong).toEqual([])
})

test('TypeBox is imported as a namespace: by its object `Type` a worker weighs 38 KB more', () => {
  const byObject = /^import \{[^}]*\bType\b[^}]*\} from '@sinclair\/typebox'/m
  expect(files.filter((file) => byObject.test(readFileSync(file, 'utf8')))).toEqual([])
})
