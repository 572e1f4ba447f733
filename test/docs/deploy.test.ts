import { execSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cp, mkdir, rename, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { callbackOf, FEISHU, openFolder, post, run, serve } from '../serve.ts'
import { type Named, ofKind, type Resource, theOne } from './kubernetes.ts'
import { blocksOf } from './markdown.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string) => readFileSync(join(root, 'docs/guides', file), 'utf8')
const guide = read('deploy.md')

const resourcesOf = (file: string): Resource[] =>
  parseAllDocuments(read(`deploy/${file}`)).map((document) => document.toJS())

const common = resourcesOf('kubernetes.yaml')
const ways = ['kubernetes-sqlite.yaml', 'kubernetes-postgres.yaml'] as const
const nameOf = ({ name }: Named) => name

/** What every example's gateway is started by. */
const START = JSON.stringify(parse(read('deploy/compose.yaml')).services.gateway.command)

describe.each(ways)('%s', (file) => {
  const resources = [...common, ...resourcesOf(file)]
  const { spec } = theOne(resources, 'Deployment')
  const pod = spec.template.spec
  const [gateway] = pod.containers

  test('labels, ports and names lead from one resource to the next', () => {
    const { labels } = spec.template.metadata
    const service = theOne(resources, 'Service')
    const budget = ofKind(resources, 'PodDisruptionBudget')
    expect(spec.selector.matchLabels).toEqual(labels)
    expect(service.spec.selector).toEqual(labels)
    if (budget) expect(budget.spec.selector.matchLabels).toEqual(labels)

    const ports = gateway.ports.map(nameOf)
    for (const { targetPort } of service.spec.ports) expect(ports).toContain(targetPort)
    for (const { backend } of theOne(resources, 'Ingress').spec.rules[0].http.paths) {
      expect(backend.service.name).toBe(service.metadata.name)
      expect(service.spec.ports.map(nameOf)).toContain(backend.service.port.name)
    }
  })

  test('every volume is mounted, and comes from something that is there', () => {
    expect(gateway.volumeMounts.map(nameOf).toSorted()).toEqual(pod.volumes.map(nameOf).toSorted())
    const there = resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    const wanted = pod.volumes.flatMap(({ configMap, persistentVolumeClaim: claim }) => [
      ...(configMap ? [`ConfigMap ${configMap.name}`] : []),
      ...(claim ? [`PersistentVolumeClaim ${claim.claimName}`] : []),
    ])
    expect(wanted).toContain('ConfigMap lark-fanout')
    expect(there).toEqual(expect.arrayContaining(wanted))
  })

  test('the gateway is started with a file that is mounted, and has the time to end', () => {
    expect(JSON.stringify(gateway.command)).toBe(START)
    const mount = gateway.volumeMounts.find(({ name }) => name === 'config')
    expect(`/app/${gateway.command.at(-1)}`).toBe(`${mount?.mountPath}/routes.yaml`)
    expect(theOne(resources, 'ConfigMap').data).toHaveProperty(['routes.yaml'])
    expect(gateway.volumeMounts.some(({ subPath }) => subPath)).toBe(false)
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(30)
    expect([gateway.readinessProbe, gateway.livenessProbe].map(({ httpGet }) => httpGet)).toEqual([
      { path: '/readyz', port: 'http' },
      { path: '/healthz', port: 'http' },
    ])
    expect(gateway.env).toContainEqual({ name: 'ADMIN_PORT', value: '9090' })
    expect(gateway.ports).toContainEqual({ name: 'admin', containerPort: 9090 })
    expect(gateway.ports).toContainEqual({ name: 'http', containerPort: 3000 })
  })

  test('only one gateway has the store in a file', () => {
    const url = gateway.env.find(({ name }) => name === 'DATABASE_URL')?.value
    const claims = pod.volumes.filter(({ persistentVolumeClaim: claim }) => claim)
    expect([url === undefined, claims.length]).toEqual(
      file.includes('sqlite') ? [false, 1] : [true, 0],
    )
    if (url === undefined) return
    expect(url).toMatch(/^sqlite:\/app\/data\//)
    expect([spec.replicas, spec.strategy.type]).toEqual([1, 'Recreate'])
  })

  test('what routes.yaml and the gateway want of the environment is in the secret', () => {
    const { name } = gateway.envFrom[0].secretRef
    expect(guide).toContain(`kubectl create secret generic ${name} --from-env-file=.env`)
    const [dotenv = ''] = blocksOf(guide, 'sh')
    expect(dotenv).not.toMatch(/^\w+=.*#/m)
    const config = Object.values(theOne(resources, 'ConfigMap').data).join()
    for (const [, variable] of config.matchAll(/\$\{(\w+)\}/g)) {
      expect(dotenv).toMatch(new RegExp(`^${variable}=`, 'm'))
    }
    if (file.includes('postgres')) expect(dotenv).toMatch(/^DATABASE_URL=/m)
  })
})

test('the Ingress leads to what Feishu asks for, and to nothing else', () => {
  const routes = parse(theOne(common, 'ConfigMap').data['routes.yaml'] ?? '')
  const { http } = theOne(common, 'Ingress').spec.rules[0]
  expect(http.paths.map(({ path }) => path)).toEqual([routes.sources.feishu.path, '/callback/ws'])
})

test('Compose gives the gateway the database that it starts, and what its .env has', () => {
  const { services, volumes } = parse(read('deploy/compose.yaml'))
  const { gateway, db } = services
  const url = new URL(gateway.environment.DATABASE_URL.replace(/\$\{[^}]*\}/, 'secret'))
  expect([url.hostname in services, url.username, url.pathname]).toEqual([
    true,
    db.environment.POSTGRES_USER,
    `/${db.environment.POSTGRES_DB}`,
  ])
  expect(Object.keys(volumes)).toEqual(['db'])
  expect(gateway.volumes[0]).toContain(':/app/config:')
  expect(gateway.ports).toEqual(
    expect.arrayContaining([expect.stringMatching(/^127\.0\.0\.1:3000:3000$/)]),
  )
  expect(guide).toContain(JSON.parse(START).join(' '))
})

test('the commands in the containers are there', async () => {
  await using folder = await openFolder({})
  const lines = [...guide.matchAll(/src\/cli\/main\.ts (?!serve)(.+)$/gm)].map(([, line]) => line)
  expect(lines).toHaveLength(2)
  for (const line of lines) {
    expect((await run(folder, [...(line ?? '').split(' '), '--help'])).code).toBe(0)
  }
})

const BASE = `${FEISHU}sinks: { here: { type: log } }\nroutes: [{ name: all, to: [here] }]\n`

/** As kubelet does it: each state is a folder, and one link leads to the newest. */
async function publish(config: string, state: string, files: Readonly<Record<string, string>>) {
  await using staged = await openFolder(files)
  await cp(staged.path, join(config, state), { recursive: true })
  await symlink(state, join(config, '..data_tmp'))
  await rename(join(config, '..data_tmp'), join(config, '..data'))
}

test('a ConfigMap and a projected folder are followed without a restart', async () => {
  await using folder = await openFolder({})
  const config = join(folder.path, 'config')
  await mkdir(config)
  const team = (name: string) =>
    `sinks: { ${name}: { type: log } }\nroutes: [{ name: ${name}, to: [${name}] }]\n`
  await publish(config, '..1', { 'routes.yaml': BASE, 'routes.d/team.yaml': team('first') })
  for (const name of ['routes.yaml', 'routes.d'])
    await symlink(`..data/${name}`, join(config, name))
  await using gateway = await serve(folder, { DATABASE_URL: 'memory:' }, [
    '--config',
    'config/routes.yaml',
  ])
  await publish(config, '..2', { 'routes.yaml': BASE, 'routes.d/team.yaml': team('second') })
  await gateway.logged('reloaded')
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
  expect(metrics).toContain('lark_fanout_backlog{sink="second"}')
  expect(metrics).not.toContain('sink="first"')
})

test('a backup is made beside the running gateway, and restored', async () => {
  const [makes = '', restores = ''] = blocksOf(guide, 'sh').slice(-2)
  await using folder = await openFolder({ 'routes.yaml': BASE })
  const sh = (script: string) => execSync(script, { cwd: folder.path, encoding: 'utf8' })
  const [kept, lost] = [callbackOf(), callbackOf()]
  {
    await using gateway = await serve(folder)
    await post(gateway.url, kept)
    sh(makes)
    await post(gateway.url, lost)
  }
  sh(restores)
  await using again = await serve(folder)
  expect(await post(again.url, kept)).toBe('200 duplicate')
  expect(await post(again.url, lost)).toBe('200 accepted')
  const opened = "new (require('node:sqlite').DatabaseSync)('data/lark-fanout.db')"
  const shrinks = `node -p "${opened}.prepare('PRAGMA auto_vacuum').get().auto_vacuum"`
  expect(sh(shrinks).trim()).toBe('2')
})
