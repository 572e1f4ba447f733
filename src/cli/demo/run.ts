import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { within } from '../../core/within.ts'
import { TARGETS } from '../build/targets.ts'
import { type Arguments, oneOf } from '../command.ts'
import { openDemoFeishu } from './feishu.ts'
import { openOnNode, openOnWorkerd } from './gateways.ts'
import { demoSteps, routesFor, type Step } from './steps.ts'

const CONNECTED_WITHIN_MS = 10_000
const DELIVERED_WITHIN_MS = 10_000
const LOOK_EVERY_MS = 20

/** The ids of the events that each sink has got, in order. */
type Arrivals = Readonly<Record<string, readonly string[]>>

/** Resolves to the exit code. */
export async function runDemo(args: Arguments): Promise<number> {
  const target = oneOf(args, 'target', TARGETS) ?? 'node'
  // All of it is on loopback. The official SDK would ask a proxy for that, too.
  process.env.no_proxy = '127.0.0.1'
  const folder = await mkdtemp(join(tmpdir(), 'lark-fanout-demo-'))
  try {
    await writeFile(join(folder, 'routes.yaml'), routesFor[target])
    await symlink(
      fileURLToPath(new URL('../../../plugins', import.meta.url)),
      join(folder, 'plugins'),
    )
    return await show(folder, target)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function show(folder: string, target: keyof typeof routesFor): Promise<number> {
  const { openConnectedReceiver, openSdkReceiver, openSignedReceiver } = await import(
    './receivers.ts'
  ).catch(() => {
    throw new Error('the demo needs the checkout, for its plugins and for the consumers’ libraries')
  })
  const onNode = target === 'node'
  const feishu = await openDemoFeishu()
  const finance = await openSignedReceiver()
  const hr = await openSdkReceiver()
  const desk = onNode ? openConnectedReceiver() : undefined
  const variables = { ...feishu.env, ...finance.env, ...hr.env, ...desk?.env }
  const gateway = await (onNode ? openOnNode : openOnWorkerd)(folder, variables)
  const unconnected = () => new Error('the long-connection client did not connect')
  await within(CONNECTED_WITHIN_MS, async () => desk?.connect(gateway.url), unconnected)
  await feishu.saveUrl(`${gateway.url}/webhook/event`)
  const look = async (): Promise<Arrivals> => ({
    finance: finance.ids,
    'hr-app': hr.ids,
    ...(desk && { desk: desk.ids, archive: await archivedIds(folder) }),
  })
  const steps = demoSteps(Object.keys(await look()))
  const answers: string[] = []
  for (const step of steps) answers.push(await feishu.send(step))
  const arrivals = await waitFor(look, (seen) => steps.every((step) => hasReached(step, seen)))
  desk?.close()
  await gateway.close()
  await feishu.close()
  finance.close()
  hr.close()
  return report(steps, answers, arrivals)
}

async function archivedIds(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, 'archive.jsonl'), 'utf8').catch(() => '')
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line) => idOf(JSON.parse(line)))
}

async function waitFor(
  look: () => Promise<Arrivals>,
  done: (seen: Arrivals) => boolean,
): Promise<Arrivals> {
  const until = Date.now() + DELIVERED_WITHIN_MS
  for (;;) {
    const seen = await look()
    if (done(seen) || Date.now() > until) return seen
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

function idOf(callback: unknown): string {
  return String(Object(callback).uuid ?? Object(callback).id)
}

function hasReached({ callback, reaches }: Step, seen: Arrivals): boolean {
  return reaches.every((sink) => seen[sink]?.includes(idOf(callback)))
}

/** Prints what went where. Exit code 1 when something is not where it must be, or is somewhere twice. */
function report(steps: readonly Step[], answers: readonly string[], arrivals: Arrivals): number {
  const sinks = Object.keys(arrivals)
  const told = new Set<string>()
  const rows = steps.map((step, index) => {
    const id = idOf(step.callback)
    const first = !told.has(id)
    told.add(id)
    const times = sinks.map((sink) => arrivals[sink]?.filter((each) => each === id).length ?? 0)
    const wanted = sinks.map((sink) => (step.reaches.includes(sink) ? 1 : 0))
    const right = answers[index] === step.answer && (!first || String(times) === String(wanted))
    const cells = times.map((count) => (first && count > 0 ? `${count} ×` : '–'))
    return { cells: [step.name, answers[index] ?? '', ...cells], right }
  })
  printTable([['callback', 'answer', ...sinks], ...rows.map(({ cells }) => cells)])
  const wrong = rows.filter(({ right }) => !right).map(({ cells }) => cells[0])
  if (wrong.length === 0) return 0
  process.stderr.write(`not as it must be: ${wrong.join(', ')}\n`)
  return 1
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  for (const row of rows) {
    const line = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')
    process.stdout.write(`${line.trimEnd()}\n`)
  }
}
