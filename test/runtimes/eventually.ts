import { vi } from 'vitest'

/** Takes no longer than it needs. */
export function eventually(look: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(look, { timeout: 20_000, interval: 20 })
}
