import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll } from 'vitest'
import { pem } from './secure-receiver.ts'

/** Has this file's tests trust the authority of test/fixtures/tls. The next file, in the same process, does not. */
export function trustOwnAuthority(): void {
  const before = getCACertificates('default')
  beforeAll(() => setDefaultCACertificates([pem('ca.pem')]))
  afterAll(() => setDefaultCACertificates(before))
}
