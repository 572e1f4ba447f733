import { DeliveryError } from '../errors.ts'
import {
  addressOf,
  canonicalHost,
  isWithin,
  meaningsOf,
  only,
  parseRange,
  type Range,
} from './address.ts'
import { isMetadataHost, namesRefused, refusedByDefault } from './refused.ts'

/** `egress` of routes.yaml: IP addresses, CIDRs, host names and `*.suffix`. */
export interface EgressOptions {
  /** Nothing else may be reached. Without it: everything but what is refused by default. */
  readonly allow?: readonly string[]
  /** Wins over `allow`. */
  readonly deny?: readonly string[]
}

/** Why a connection may not be made. */
export interface Refusal {
  /** The address, or `this host`: the name of one may be a secret. */
  readonly target: string
  /** A sentence about it: `it is …`. */
  readonly reason: string
}

/** Where connections may go. */
export interface EgressRules {
  /** Why a host may not be connected to whatever its addresses are. */
  refusesHost(host: string): Refusal | undefined
  /** Why a host may not be connected to at this address. */
  refusesAddress(host: string, address: string): Refusal | undefined
  /** Why a host may not be asked for through what looks its address up by itself: a proxy, or the platform. */
  refusesProxied(host: string): Refusal | undefined
}

type Rule = { readonly range: Range } | { readonly matches: (name: string) => boolean }

/** What ends in a number is an address, or nothing. */
const HOST_NAME = /^([\w-]+\.)*(?!\d+$)[\w-]+$/

/** One entry of `allow` or `deny`. A string says what is wrong with it. */
export function parseRule(text: string): Rule | string {
  const range = parseRange(text)
  if (range) return { range }
  const isSuffix = text.startsWith('*.')
  const written = isSuffix ? text.slice(2) : text
  const name = canonicalHost(written)
  if (/[/:*\s]/.test(written) || !HOST_NAME.test(name)) {
    return 'must be an IP address, a CIDR such as 10.0.0.0/8, a host name without port, or *.example.com'
  }
  return { matches: (host) => (isSuffix ? host.endsWith(`.${name}`) : host === name) }
}

/** Rules that are not in order are passed over: whoever loads them says so. */
export function compileEgress({ allow, deny = [] }: EgressOptions): EgressRules {
  const allowed = allow && rulesOf(allow)
  const denied = rulesOf(deny)
  const refuses = (host: string, address: string | undefined, isProxied: boolean) => {
    const target = targetOf(host, address)
    const isUnreadable = address !== undefined && target.address === undefined
    const reason =
      (isUnreadable ? 'it is no address that can be read' : undefined) ??
      reasonDenied(target, denied) ??
      reasonByDefault(target, allowed ?? []) ??
      reasonNotAllowed(target, allowed, isProxied)
    return reason === undefined ? undefined : { target: target.shown, reason }
  }
  return {
    refusesHost: (host) => refuses(host, undefined, false),
    refusesAddress: (host, address) => refuses(host, address, false),
    refusesProxied: (host) => refuses(host, undefined, true),
  }
}

export const EGRESS_REFUSED = 'EGRESS_REFUSED'

/**
 * What a refused connection fails with. It is tried again, for routes.yaml may be mended, but not at once, and it does
 * not count for the breaker: it says nothing of the receiver.
 */
export function refusedByEgress({ target, reason }: Refusal): DeliveryError {
  const message = `the egress rules of routes.yaml refuse ${target}: ${reason}`
  return Object.assign(new DeliveryError(message), { code: EGRESS_REFUSED })
}

function rulesOf(texts: readonly string[]): readonly Rule[] {
  return texts.map((text) => {
    const rule = parseRule(text)
    return typeof rule === 'string' ? { matches: () => false } : rule
  })
}

interface Target {
  readonly name: string
  readonly shown: string
  /** Its digits; undefined while it is not known. */
  readonly address: string | undefined
}

function targetOf(host: string, resolved: string | undefined): Target {
  const name = canonicalHost(host)
  const address = addressOf(resolved ?? name)
  return { name, address, shown: resolved ?? (address === undefined ? 'this host' : name) }
}

function reasonDenied({ name, address }: Target, denied: readonly Rule[]): string | undefined {
  const meanings = address === undefined ? [] : meaningsOf(address)
  const index = denied.findIndex((rule) =>
    'range' in rule
      ? meanings.some((meaning) => isWithin(only(meaning), rule.range))
      : rule.matches(name),
  )
  return index === -1 ? undefined : `egress.deny.${index} names it`
}

function reasonByDefault({ name, address }: Target, allowed: readonly Rule[]): string | undefined {
  if (isMetadataHost(name) && !namesHost(allowed, name)) {
    return `it is the name of a cloud's metadata service; name it in egress.allow to reach it`
  }
  const whats = address === undefined ? [] : meaningsOf(address).map(refusedByDefault)
  const what = whats.find((each) => each !== undefined)
  if (what === undefined || address === undefined) return undefined
  const particular = allowed.filter((rule) => 'range' in rule && namesRefused(rule.range))
  if (namesAddress(particular, address)) return undefined
  const itself = whats[0] === undefined ? 'it stands for' : 'it is'
  return `${itself} ${what}; name it in egress.allow to reach it`
}

/** While the address is not known, a range may name it still, but not where the gateway will never know it. */
function reasonNotAllowed(
  { name, address }: Target,
  allowed: readonly Rule[] | undefined,
  isProxied: boolean,
): string | undefined {
  if (allowed === undefined || namesHost(allowed, name)) return undefined
  if (address !== undefined) {
    return namesAddress(allowed, address) ? undefined : 'egress.allow names neither it nor its host'
  }
  if (!allowed.some((rule) => 'range' in rule)) return 'egress.allow does not name it'
  return isProxied
    ? 'egress.allow does not name it, and its address is looked up elsewhere: name the host'
    : undefined
}

function namesHost(rules: readonly Rule[], name: string): boolean {
  return rules.some((rule) => 'matches' in rule && rule.matches(name))
}

function namesAddress(rules: readonly Rule[], address: string): boolean {
  return rules.some((rule) => 'range' in rule && isWithin(only(address), rule.range))
}
