import { isObject, type JsonObject } from '../../core/event.ts'

/** The JSON objects of a stream with one on each line. Throws SyntaxError for a line that is none. */
export async function* jsonLines(
  body: AsyncIterable<Uint8Array> | null,
): AsyncGenerator<JsonObject> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body ?? []) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines.filter(Boolean).map(parseObject)
  }
  if (rest) yield parseObject(rest)
}

function parseObject(line: string): JsonObject {
  const value: unknown = JSON.parse(line)
  if (isObject(value)) return value
  throw new SyntaxError('not an object')
}
