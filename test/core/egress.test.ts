import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { compileEgress, type EgressOptions, parseRule } from '../../src/core/egress/rules.ts'

interface Case {
  readonly name: string
  readonly rules?: EgressOptions
  readonly address?: string
  readonly refuses?: string
  readonly hosts: readonly string[]
}

const file = new URL('../fixtures/egress.yaml', import.meta.url)
const cases: readonly Case[] = parse(readFileSync(file, 'utf8'))

describe.each(cases)('$name', ({ rules = {}, address, refuses, hosts }) => {
  test.each(hosts)('%s', (host) => {
    const { refusesHost, refusesAddress } = compileEgress(rules)
    const refusal = address === undefined ? refusesHost(host) : refusesAddress(host, address)
    if (refuses === undefined) expect(refusal).toBeUndefined()
    else expect(refusal?.reason).toContain(refuses)
  })
})

test('every IPv4 address is the same in each of its spellings', () => {
  const { refusesHost } = compileEgress({})
  const rare = fc.constantFrom(0xa9fea9fe, 0x646464c8, 0xe0000001, 0x00000001, 0xffffffff)
  fc.assert(
    fc.property(fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), rare), (number) => {
      const bytes = [24, 16, 8, 0].map((shift) => (number >>> shift) & 255)
      const hex = number.toString(16).padStart(8, '0')
      const [high, low] = [hex.slice(0, 4), hex.slice(4)]
      const isRefused = refusesHost(bytes.join('.')) !== undefined
      const spellings = [
        String(number),
        `0x${hex}`,
        bytes.map((byte) => `0${byte.toString(8)}`).join('.'),
        `[::ffff:${high}:${low}]`,
        `[::ffff:${bytes.join('.')}]`,
        `[64:ff9b::${high}:${low}]`,
        `[2002:${high}:${low}::]`,
      ]
      expect(spellings.map((host) => refusesHost(host) !== undefined)).toEqual(
        spellings.map(() => isRefused),
      )
    }),
  )
})

test('a refusal names an address, and never a host', () => {
  const { refusesHost, refusesAddress } = compileEgress({ deny: ['secret.example', '10.0.0.1'] })
  expect(refusesHost('secret.example')?.target).toBe('this host')
  expect(refusesAddress('other.example', '10.0.0.1')?.target).toBe('10.0.0.1')
  expect(refusesHost('167772161')?.target).toBe('10.0.0.1')
})

describe('through a proxy, which looks names up by itself', () => {
  const reasonOf = (rules: EgressOptions, host: string) =>
    compileEgress(rules).refusesProxied(host)?.reason

  test('addresses and names are checked', () => {
    expect(reasonOf({}, '2852039166')).toContain('link-local')
    expect(reasonOf({}, 'metadata.google.internal')).toContain('metadata')
    expect(reasonOf({ deny: ['*.evil.example'] }, 'a.evil.example')).toContain('egress.deny.0')
    expect(reasonOf({}, 'hooks.example.com')).toBeUndefined()
    expect(reasonOf({ allow: ['hooks.example.com'] }, 'hooks.example.com')).toBeUndefined()
  })

  test('a range allows no name', () => {
    const allow = ['10.0.0.0/8', '0.0.0.0/0']
    expect(reasonOf({ allow }, 'hooks.example.com')).toContain('looked up elsewhere')
    expect(reasonOf({ allow }, '10.1.2.3')).toBeUndefined()
  })
})

describe('a rule', () => {
  const good = [
    '10.0.0.0/8',
    '10.1.2.3',
    '0.0.0.0/0',
    '::1',
    '[::1]',
    'fe80::/10',
    '2001:DB8::1.2.3.4',
    'localhost',
    'kafka_1',
    'hooks.example.com',
    'hooks.example.com.',
    '*.example.com',
    '飞书.example',
  ]
  test.each(good)('may be %s', (text) => expect(typeof parseRule(text)).toBe('object'))

  const bad = [
    '',
    '*',
    '*.',
    'a.*.com',
    '*example.com',
    '10/8',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0',
    '256.1.1.1',
    '0xa9fea9fe',
    '2852039166',
    '10.0.0.0-10.0.0.9',
    'fe80::1%eth0',
    '::/129',
    'example.com:443',
    'https://example.com',
    'example.com/hooks',
    'exa mple.com',
    'a..b',
    '*.10.0.0.1',
  ]
  test.each(bad)('may not be %s', (text) => expect(parseRule(text)).toContain('must be an IP'))
})
