import * as T from '@sinclair/typebox'
import type { Event } from '../core/event.ts'
import { isOwn } from '../core/own-events.ts'
import { defineSink } from '../core/plugin.ts'

/** Writes one log line an event: to see what arrives before there is a receiver. */
export const log = defineSink({
  type: 'log',
  options: T.Object({}),
  preview: (event) => JSON.stringify(fieldsOf(event)),
  open: (_, runtime) => ({
    async deliver(event) {
      runtime.log.info(fieldsOf(event), isOwn(event) ? 'alert' : 'event')
    },
  }),
})

function fieldsOf(event: Event): object {
  const { id, type, via, data } = event
  const { approval_code, instance_code, operate } = data
  const shown = isOwn(event) ? data : { approval_code, instance_code, operate }
  return { id, type, ...shown, via }
}
