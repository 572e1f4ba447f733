import { DeliveryError } from '../../core/errors.ts'
import { isObject } from '../../core/event.ts'
import { firstObject, NO_API } from './report.ts'

/** The Kafka cluster behind a REST API. */
export interface Cluster {
  /** Hands over the cluster's id. Where nobody has configured it, a 404 forgets it: there may be another one by now. */
  use<T>(signal: AbortSignal, call: (id: string) => Promise<T>): Promise<T>
}

/** `ask` gives the API's list of clusters. It is asked once for all who wait, who share its failure too. */
export function createCluster(
  configured: string | undefined,
  ask: (signal: AbortSignal) => Promise<string>,
): Cluster {
  let known: Promise<string> | undefined
  return {
    async use(signal, call) {
      if (configured !== undefined) return call(configured)
      known ??= ask(signal)
        .then(clusterIdIn)
        .catch((error: unknown) => {
          known = undefined
          throw error
        })
      const asked = known
      return call(await asked).catch((error: unknown) => {
        const isUnknown = error instanceof DeliveryError && error.failure.status === 404
        if (isUnknown && known === asked) known = undefined
        throw error
      })
    },
  }
}

/** A REST API serves one cluster. */
function clusterIdIn(text: string): string {
  const list = firstObject(text)?.data
  const [first, second] = Array.isArray(list) ? list : []
  if (!isObject(first) || typeof first.cluster_id !== 'string') throw new DeliveryError(NO_API)
  if (second === undefined) return first.cluster_id
  throw new DeliveryError("the REST API has several clusters: set the sink's cluster_id")
}
