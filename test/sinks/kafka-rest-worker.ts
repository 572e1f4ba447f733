import type { Event } from '../../src/core/event.ts'
import { createEdgeRuntime } from '../../src/hosts/edge/runtime.ts'
import type { KafkaRestOptions } from '../../src/sinks/kafka-rest/options.ts'
import { kafkaRest } from '../../src/sinks/kafka-rest.ts'
import { silentLog } from '../log.ts'

/** What its worker is posted. */
export interface Order {
  readonly options: KafkaRestOptions
  readonly event: Event
}

/** Delivers an event in workerd: answers 200, or 500 and what went wrong. */
export default {
  async fetch(request: Request): Promise<Response> {
    const { options, event } = (await request.json()) as Order
    const { signal } = request
    try {
      const sink = await kafkaRest.open(options, createEdgeRuntime({ log: silentLog }))
      await sink.deliver(event, { deliveryId: 'delivery-1', attempt: 1, signal })
      return new Response()
    } catch (error) {
      return new Response(String(error), { status: 500 })
    }
  },
}

/** Not used: the test's workerd wants one. */
export class Gateway {}
