/** What `--target` can be. */
export const TARGETS = ['cloudflare'] as const
