import type { TlsOptions } from '../../core/runtime.ts'
import { readCertificates } from '../../sinks/pem.ts'

/** The options with their files read. Throws ConfigError for what cannot be used. */
export function readTls(folder: string, { servername, ...files }: TlsOptions): TlsOptions {
  const texts = readCertificates(folder, 'tls', files)
  return { ...texts, ...(servername !== undefined && { servername }) }
}
