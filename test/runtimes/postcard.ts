/** A plugin, as it stands in `plugins/postcard.ts`: posts the id of an event. */
export const postcard = `import { defineSink } from 'lark-fanout'
import { Type } from '@sinclair/typebox'

export default defineSink({
  type: 'postcard',
  options: Type.Object({ url: Type.String() }),
  open: ({ url }, runtime) => ({
    async deliver(event, { signal }) {
      await runtime.fetch(url, { method: 'POST', headers: {}, body: event.id, signal })
    },
  }),
})
`
