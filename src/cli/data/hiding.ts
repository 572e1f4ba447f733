import { hasReference } from '../../config/text/env.ts'
import { readFiles } from '../../config/text/files.ts'
import { ConfigError } from '../../core/errors.ts'
import { isObject, type Json } from '../../core/event.ts'
import { createRedaction } from '../../core/redact.ts'
import { readRoutesFiles } from '../../hosts/routes-files.ts'
import type { Hiding } from '../../http/api/shapes.ts'

/** What routes.yaml hides from people. It need not be in order otherwise: whoever is on call may lack its secrets. */
export async function readHiding(file: string, warn = warnPeople): Promise<Hiding> {
  const { redact, sinks } = await readWritten(file, warn)
  const listed = Array.isArray(redact) ? redact : []
  const names = listed.filter((name) => typeof name === 'string' && !hasReference(name))
  if (redact !== undefined && (!Array.isArray(redact) || names.length < redact.length)) {
    warn('what redact names is shown where it is no plain name: see lark-fanout check')
  }
  const options = Object.entries(isObject(sinks) ? sinks : {})
  return {
    redact: createRedaction(names),
    sinks: new Map(options.map(([name, sink]) => [name, { settings: { orderBy: orderOf(sink) } }])),
  }
}

interface Written {
  readonly redact?: Json
  readonly sinks?: Json
}

async function readWritten(file: string, warn: typeof warnPeople): Promise<Written> {
  try {
    const { value, parts, faults } = readFiles(await readRoutesFiles(file, async () => {}))
    const fault = faults.find((one) => one.file === parts[0]?.name)
    if (fault) throw new ConfigError([fault])
    return isObject(value) ? value : {}
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const [first] = error.message.split('\n')
    warn(`nothing is redacted, for routes.yaml cannot be read: ${first}`)
    return {}
  }
}

function orderOf(sink: Json): string | null {
  return isObject(sink) && typeof sink.order_by === 'string' ? sink.order_by : null
}

function warnPeople(message: string): void {
  process.stderr.write(`${message}\n`)
}
