import type { SourceConfig } from '../../config/config.ts'
import { messageOf } from '../../core/errors.ts'
import { isObject, type JsonObject } from '../../core/event.ts'
import type { Runtime } from '../../core/runtime.ts'
import { createSeal } from '../../feishu/seal.ts'
import { setToken } from '../../feishu/token.ts'
import { readConfigFile } from '../../hosts/node-config.ts'
import { createNodeRuntime } from '../../hosts/node-runtime.ts'
import { silentLog } from '../../hosts/silent-log.ts'
import { type Arguments, fileAndEnv, positive, text, UsageError } from '../command.ts'
import { readEventFile, sampleCallback, withNewId } from '../event-file.ts'

const IN_FLIGHT = 16
/** As long as Feishu itself waits. */
const ANSWER_MS = 3000

/** Resolves to the exit code. */
export async function runSend(args: Arguments): Promise<number> {
  const [file] = args.positionals
  const callback = file === undefined ? sampleCallback() : await readEventFile(file)
  const { file: configFile, env } = fileAndEnv(args)
  const { config } = await readConfigFile({ file: configFile, env, sourcesOnly: true })
  const source = sourceNamed(config.sources, text(args, 'source'))
  const url = text(args, 'url') ?? `http://127.0.0.1:${env.PORT || 3000}${source.path}`
  if (!URL.canParse(url))
    throw new UsageError('--url must be a URL, such as http://127.0.0.1:3000/')
  const runtime = createNodeRuntime({ folder: '.', log: silentLog })
  const count = Math.ceil(positive(args, 'count') ?? 1)
  const post = await createPost(source, url, runtime)
  const answers = await postAll(post, callback, count, positive(args, 'rate'))
  await runtime.close()
  return report(answers)
}

function sourceNamed(sources: readonly SourceConfig[], name: string | undefined): SourceConfig {
  const receiving = sources.find(({ path }) => path !== undefined)
  const byDefault = receiving ?? sources[0]
  const source = name === undefined ? byDefault : sources.find((known) => known.name === name)
  if (!source) {
    const known = sources.map((each) => each.name).join(', ')
    throw new UsageError(`there is no source "${name}"; routes.yaml has ${known}`)
  }
  if (source.path !== undefined) return source
  const instead = receiving ? `use --source ${receiving.name}` : 'routes.yaml has no other'
  throw new UsageError(
    `source "${source.name}" connects by itself and takes no callbacks: ${instead}`,
  )
}

type Post = (callback: JsonObject) => Promise<string>

/** Posts one callback and says what came back: `200 accepted`. */
async function createPost(source: SourceConfig, url: string, runtime: Runtime): Promise<Post> {
  const token = firstOf(source.options.verification_token) ?? ''
  const seal = await createSeal(firstOf(source.options.encrypt_key), runtime)
  return async (callback) => {
    const { headers, body } = await seal(setToken(JSON.stringify(callback), token))
    const signal = AbortSignal.timeout(ANSWER_MS)
    try {
      const answer = await runtime.fetch(url, { method: 'POST', headers, body, signal })
      return `${answer.status} ${said(await answer.text())}`
    } catch (error) {
      return `no answer: ${messageOf(error)}`
    }
  }
}

function firstOf(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' ? first : undefined
}

/** What the gateway said in its answer's body. */
function said(body: string): string {
  try {
    const answer: unknown = JSON.parse(body)
    if (isObject(answer)) return String(answer.msg ?? answer.detail ?? '')
  } catch {}
  return body
}

async function postAll(
  post: Post,
  callback: JsonObject,
  count: number,
  rate: number | undefined,
): Promise<string[]> {
  const answers: string[] = []
  const startedAt = Date.now()
  let sent = 0
  async function worker(): Promise<void> {
    while (sent < count) {
      const number = sent++
      if (rate !== undefined) await sleepUntil(startedAt + (number * 1000) / rate)
      answers.push(await post(number === 0 ? callback : withNewId(callback)))
    }
  }
  await Promise.all(Array.from({ length: Math.min(count, IN_FLIGHT) }, worker))
  return answers
}

function sleepUntil(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, time - Date.now())))
}

/** A line for each kind of answer, most frequent first. Exit code 1 when one of them was not a 200. */
function report(answers: readonly string[]): number {
  const counts = new Map<string, number>()
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1)
  for (const [answer, count] of [...counts].sort((a, b) => b[1] - a[1])) {
    process.stdout.write(`${count === 1 ? '' : `${count} × `}${answer}\n`)
  }
  return answers.every((answer) => answer.startsWith('200 ')) ? 0 : 1
}
