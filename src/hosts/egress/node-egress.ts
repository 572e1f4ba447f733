import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import {
  compileEgress,
  type EgressOptions,
  type Refusal,
  refusedByEgress,
} from '../../core/egress/rules.ts'
import type { Connection, Egress } from '../../core/runtime.ts'

export interface NodeEgress extends Omit<Egress, 'proxyOf'> {
  /** Why a proxy may not be asked for a host. */
  proxiedRefusal(host: string): Error | undefined
  /** Goes by these rules from now on, and closes the connections that they refuse. */
  follow(options: EgressOptions): void
}

/**
 * The rules where sockets are made: what a name stands for is checked for each connection, as it is made, and every one
 * of its addresses by itself. `lookup` stands for the system's resolver in tests.
 */
export function createNodeEgress(lookup: LookupFunction = systemLookup): NodeEgress {
  const held = new Map<Connection, () => Refusal | undefined>()
  let rules = compileEgress({})

  const errorOf = (refusal: Refusal | undefined) => refusal && refusedByEgress(refusal)
  const recheck = (connection: Connection, judge: () => Refusal | undefined) => {
    const refusal = judge()
    if (refusal) connection.destroy(refusedByEgress(refusal))
  }
  return {
    refusal: (host) => errorOf(rules.refusesHost(host)),
    proxiedRefusal: (host) => errorOf(rules.refusesProxied(host)),
    lookup(host, options, callback) {
      lookup(host, { ...options, all: true }, (error, found) => {
        if (error) return callback(error, [])
        // With `all` it is a list.
        const addresses = Array.isArray(found) ? found : []
        const refusals = addresses.map(({ address }) => rules.refusesAddress(host, address))
        const admitted = addresses.filter((_, index) => refusals[index] === undefined)
        const [first] = admitted
        if (!first) callback(errorOf(refusals[0]) ?? new Error('the name has no address'), [])
        else if ('all' in options && options.all === true) callback(null, admitted)
        else callback(null, first.address, first.family)
      })
    },
    hold(host, connection, isProxied = false) {
      const judge = () => {
        const { remoteAddress } = connection
        if (isProxied) return rules.refusesProxied(host)
        return remoteAddress ? rules.refusesAddress(host, remoteAddress) : undefined
      }
      held.set(connection, judge)
      connection.once('close', () => held.delete(connection))
      recheck(connection, judge)
    },
    follow(options) {
      rules = compileEgress(options)
      for (const [connection, judge] of held) recheck(connection, judge)
    },
  }
}
