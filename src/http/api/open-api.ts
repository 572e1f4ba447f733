import * as T from '@sinclair/typebox'
import { describeApi } from './describe.ts'
import { type Operation, operation } from './operation.ts'

/** The description of all of them, itself included. */
export function openApiOperation(operations: readonly Operation[]): Operation {
  let document: string | undefined
  const itself: Operation = operation(
    {
      ...{ method: 'GET', path: '/api/openapi.json', id: 'describeApi', tag: 'gateway' },
      summary: 'This description',
      answer: {
        description: 'OpenAPI 3.1.',
        schema: T.Unsafe({ type: 'object', required: ['openapi', 'info', 'paths'] }),
        example: { openapi: '3.1.0', info: {}, paths: {} },
      },
    },
    (c) => {
      document ??= JSON.stringify(describeApi([...operations, itself]))
      return c.body(document, 200, { 'Content-Type': 'application/json' })
    },
  )
  return itself
}
