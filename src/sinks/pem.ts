import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import { ConfigError } from '../core/errors.ts'
import type { TlsOptions } from '../core/runtime.ts'

/** Each is PEM text, or the name of a PEM file. */
export type CertificateFiles = Pick<TlsOptions, 'ca' | 'cert' | 'key'>

/**
 * The options with their files read, and found to be what they should be. Throws ConfigError, whose paths begin with
 * `option`.
 */
export function readCertificates(
  folder: string,
  option: string,
  files: CertificateFiles,
): CertificateFiles {
  const texts: CertificateFiles = Object.fromEntries(
    Object.entries(files).map(([name, value]) => [
      name,
      readPem(folder, value, `${option}.${name}`),
    ]),
  )
  const { ca, cert, key } = texts
  // Node passes over what is empty or no certificate, and would trust the system, or nobody.
  if (ca !== undefined) use(`${option}.ca`, 'certificate', () => checkCertificates(ca))
  if (cert !== undefined) use(`${option}.cert`, 'certificate', () => checkCertificates(cert))
  if (key !== undefined) {
    use(`${option}.key`, 'key of that certificate', () => createPrivateKey(key))
    use(`${option}.key`, 'key of that certificate', () => createSecureContext(texts))
  }
  return texts
}

function readPem(folder: string, value: string, path: string): string {
  if (value.includes('-----BEGIN')) return value
  try {
    return readFileSync(resolve(folder, value), 'utf8')
  } catch {
    // Without the value: a key pasted in another form must not be shown.
    const message = 'is neither PEM text nor a readable file; a relative path is beside routes.yaml'
    throw new ConfigError([{ path, message }])
  }
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
