/** Pruning goes from stage to stage: each walks from `after` on. */
export interface Stage<Name extends string> {
  readonly stage: Name
  readonly after: number
}

export function cursorAtStage(at: Stage<string> | null): string | null {
  return at && `${at.stage}:${at.after}`
}

/** Where the cursor says, or at the beginning of the first. Throws RangeError for what no step has ever said. */
export function stageOf<Name extends string>(
  names: readonly [Name, ...Name[]],
  cursor: string | undefined,
): Stage<Name> {
  if (cursor === undefined) return { stage: names[0], after: 0 }
  const [, name, after] = /^(\w+):(\d{1,15})$/.exec(cursor) ?? []
  const stage = names.find((one) => one === name)
  if (!stage) throw new RangeError('cursor: must be the `next` of a step')
  return { stage, after: Number(after) }
}
