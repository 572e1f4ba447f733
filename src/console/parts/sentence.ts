/** An English sentence of the gateway's, and how to say it with what its groups have found. */
export type Sentence = readonly [pattern: RegExp, say: (...found: string[]) => string]

/** The same in Chinese, by the first sentence that it is; the same text where it is none of them. */
export function toldBy(sentences: readonly Sentence[], text: string): string {
  for (const [pattern, say] of sentences) {
    const found = pattern.exec(text)
    if (found) return say(...found.slice(1))
  }
  return text
}
