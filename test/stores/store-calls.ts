/** JSON that also carries what JSON alone would lose: undefined, Infinity and NaN. */
export function encode(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    const isLost = part === undefined || (typeof part === 'number' && !Number.isFinite(part))
    return isLost ? { $: String(part) } : part
  })
}

export function decode(text: string): unknown {
  return JSON.parse(text, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || !('$' in part)) return part
    return part.$ === 'undefined' ? undefined : Number(part.$)
  })
}
