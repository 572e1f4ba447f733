import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { ConfigError } from '../../core/errors.ts'
import type { TlsOptions } from '../../core/runtime.ts'
import { readPem } from '../../sinks/kafka/pem.ts'

/** The options with their files read. Throws ConfigError for what cannot be used. */
export function readTls(folder: string, { servername, ...files }: TlsOptions): TlsOptions {
  const texts: Omit<TlsOptions, 'servername'> = Object.fromEntries(
    Object.entries(files).map(([name, value]) => [name, readPem(folder, value, `tls.${name}`)]),
  )
  const { ca, cert, key } = texts
  // Node passes over what is empty or no certificate, and would trust the system, or nobody.
  if (ca !== undefined) use('tls.ca', 'certificate', () => checkCertificates(ca))
  if (cert !== undefined) use('tls.cert', 'certificate', () => checkCertificates(cert))
  if (key !== undefined) {
    use('tls.key', 'key of that certificate', () => createPrivateKey(key))
    use('tls.key', 'key of that certificate', () => createSecureContext(texts))
  }
  return { ...texts, ...(servername !== undefined && { servername }) }
}

/** Each of a bundle: Node goes by those before a broken one, and passes over it and all after it. */
function checkCertificates(bundle: string): void {
  const blocks = bundle.split(/(?=-----BEGIN )/).filter((block) => block.startsWith('-----BEGIN '))
  for (const block of blocks.length > 0 ? blocks : [bundle]) new X509Certificate(block)
}

/** OpenSSL's own words are for experts. */
function use(path: string, what: string, attempt: () => unknown): void {
  try {
    attempt()
  } catch {
    throw new ConfigError([{ path, message: `is no ${what} that can be read` }])
  }
}
