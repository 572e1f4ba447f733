import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Where .ci/kafka puts the jars. */
const jars =
  process.env.KAFKA_HOME ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'lark-fanout', 'kafka')

const JAVA_OPTIONS = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

const KEYSTORE_PASSWORD = 'changeit'

/** The one user on the secure listener, by PLAIN or SCRAM-SHA-512. */
export const KAFKA_USER = { username: 'lake', password: 'lake-password' }

/** A real Apache Kafka: one node, KRaft, on ports of its own and in a folder of its own. */
export interface KafkaBroker {
  /** host:port of the listener without login. */
  readonly address: string
  /** host:port of the listener with TLS, where KAFKA_USER logs in. */
  readonly secureAddress: string
  /** Whom to trust for it: a PEM file. */
  readonly caFile: string
  /** A listener that names itself to clients as `advertised`, where a test puts a proxy to `target`. */
  readonly proxied: { readonly target: number; readonly advertised: number }
  /** Where the partitions lie: `<logs>/<topic>-<partition>/00000000000000000000.log`. */
  readonly logs: string
  /** kill -9. */
  kill(): Promise<void>
  /** Starts it again on the same data. */
  start(): Promise<void>
  /** Kills it and removes its folder. */
  stop(): Promise<void>
}

/** Why no broker can run here, and what brings it; undefined when one can. */
export async function whyNoKafka(): Promise<string | undefined> {
  const hint = 'run .ci/kafka'
  if (!existsSync(jars) || !readdirSync(jars).some((file) => file.startsWith('kafka_'))) {
    return `no Kafka jars in ${jars}: ${hint}`
  }
  const java = await run('java', ['-version']).catch(() => undefined)
  return java ? undefined : `no java on the path: install Java 17, then ${hint}`
}

/** Resolves when the broker takes requests. Ten seconds or so on a small machine. */
export async function startKafka(): Promise<KafkaBroker> {
  const folder = await mkdtemp(join(tmpdir(), 'lark-fanout-kafka-'))
  const ports = await freePorts()
  const config = join(folder, 'server.properties')
  await cp(await formattedFolder(), folder, { recursive: true })
  await writeFile(config, properties(folder, ports))
  let child = await launch(config)
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
  return {
    address: `127.0.0.1:${ports.plain}`,
    secureAddress: `127.0.0.1:${ports.secure}`,
    caFile: join(folder, 'ca.pem'),
    proxied: { target: ports.proxied, advertised: ports.proxy },
    logs: join(folder, 'data'),
    kill,
    async start() {
      child = await launch(config)
    },
    async stop() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

type Ports = Record<'controller' | 'plain' | 'secure' | 'proxied' | 'proxy', number>

/** A folder is formatted for whatever ports. */
const NO_PORTS: Ports = { controller: 9091, plain: 9092, secure: 9093, proxied: 9094, proxy: 9095 }

async function freePorts(): Promise<Ports> {
  const servers = await Promise.all(Array.from({ length: 5 }, () => listen()))
  const [controller = 0, plain = 0, secure = 0, proxied = 0, proxy = 0] = servers.map(
    ({ port }) => port,
  )
  await Promise.all(servers.map(({ close }) => close()))
  return { controller, plain, secure, proxied, proxy }
}

async function listen(): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { port, close: () => new Promise((resolve) => server.close(() => resolve())) }
}

/** The short session and election times are for restarts: a killed broker's registration stands until they pass. */
function properties(folder: string, ports: Ports): string {
  const at = (port: number) => `127.0.0.1:${port}`
  const { username, password } = KAFKA_USER
  const login = 'org.apache.kafka.common.security'
  return `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@${at(ports.controller)}
controller.listener.names=CONTROLLER
listeners=CONTROLLER://${at(ports.controller)},PLAIN://${at(ports.plain)},SECURE://${at(ports.secure)},PROXIED://${at(ports.proxied)}
advertised.listeners=PLAIN://${at(ports.plain)},SECURE://${at(ports.secure)},PROXIED://${at(ports.proxy)}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAIN:PLAINTEXT,SECURE:SASL_SSL,PROXIED:PLAINTEXT
inter.broker.listener.name=PLAIN
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.secure.plain.sasl.jaas.config=${login}.plain.PlainLoginModule required user_${username}="${password}";
listener.name.secure.scram-sha-512.sasl.jaas.config=${login}.scram.ScramLoginModule required;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
allow.everyone.if.no.acl.found=true
auto.create.topics.enable=true
num.partitions=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=1000
broker.heartbeat.interval.ms=200
controller.quorum.election.timeout.ms=200
controller.quorum.fetch.timeout.ms=500
ssl.keystore.type=PKCS12
ssl.keystore.location=${join(folder, 'server.p12')}
ssl.keystore.password=${KEYSTORE_PASSWORD}
log.dirs=${join(folder, 'data')}
`
}

/**
 * A folder as each new broker finds it: formatted, and with a certificate. That takes three more programs in Java, so one
 * is kept for all; its name is of all that goes into it.
 */
async function formattedFolder(): Promise<string> {
  const recipe = createHash('sha256').update(readFileSync(import.meta.filename))
  for (const jar of readdirSync(jars).toSorted()) recipe.update(jar)
  const kept = join(tmpdir(), `lark-fanout-test-kafka-${recipe.digest('hex').slice(0, 16)}`)
  if (existsSync(kept)) return kept
  const fresh = await mkdtemp(`${kept}-`)
  const config = join(fresh, 'server.properties')
  await writeFile(config, properties(fresh, NO_PORTS))
  await Promise.all([format(config), createCertificate(fresh)])
  // Another may have been quicker: theirs will do as well, and this one is removed.
  await rename(fresh, kept).catch(() => rm(fresh, { recursive: true }))
  return kept
}

/** A certificate for 127.0.0.1 that vouches for itself. */
async function createCertificate(folder: string): Promise<void> {
  const store = ['-keystore', join(folder, 'server.p12'), '-storepass', KEYSTORE_PASSWORD]
  const name = ['-dname', 'CN=127.0.0.1', '-ext', 'san=ip:127.0.0.1']
  const kind = ['-keyalg', 'EC', '-storetype', 'PKCS12', '-validity', '36500']
  await run('keytool', ['-genkeypair', ...kind, ...name, ...store])
  await run('keytool', ['-exportcert', '-rfc', '-file', join(folder, 'ca.pem'), ...store])
}

async function format(config: string): Promise<void> {
  const { username, password } = KAFKA_USER
  const user = `SCRAM-SHA-512=[name=${username},password=${password}]`
  const clusterId = Buffer.from(crypto.randomUUID().replaceAll('-', ''), 'hex').toString(
    'base64url',
  )
  const tool = [...JAVA_OPTIONS, '-cp', join(jars, '*'), 'kafka.tools.StorageTool']
  await run('java', [...tool, 'format', '-t', clusterId, '-c', config, '--add-scram', user])
}

async function launch(config: string): Promise<ChildProcess> {
  const child = spawn('java', [...JAVA_OPTIONS, '-cp', join(jars, '*'), 'kafka.Kafka', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  process.once('exit', () => child.kill('SIGKILL'))
  const lastLines: string[] = []
  const lines = createInterface({ input: child.stderr })
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      lastLines.push(line)
      if (lastLines.length > 30) lastLines.shift()
      if (line.includes('Kafka Server started')) resolve()
    })
    child.once('exit', () => reject(new Error(`Kafka did not start:\n${lastLines.join('\n')}`)))
  })
  return child
}
