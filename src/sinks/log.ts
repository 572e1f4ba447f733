import * as T from '@sinclair/typebox'
import { defineSink } from '../core/plugin.ts'

/** Writes one log line an event: to see what arrives before there is a receiver. */
export const log = defineSink({
  type: 'log',
  options: T.Object({}),
  open: (_, runtime) => ({
    async deliver({ id, type, via, data }) {
      const { approval_code, instance_code, operate } = data
      runtime.log.info({ id, type, approval_code, instance_code, operate, via }, 'event')
    },
  }),
})
