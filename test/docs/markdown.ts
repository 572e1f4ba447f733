/** The blocks of a document in this language, in their order; '' for those without one. */
export function blocksOf(text: string, language: string): string[] {
  const fences = text.matchAll(/^ *```(\w*)\n([\s\S]*?)^ *```/gm)
  return [...fences].flatMap(([, name, block = '']) => (name === language ? [block] : []))
}

/** What links may name behind their #, as GitHub makes it of the headings. */
export function anchorsOf(text: string): string[] {
  const headings = text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  )
}
