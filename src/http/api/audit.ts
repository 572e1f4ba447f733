import type { ApiContext } from './context.ts'
import * as examples from './examples.ts'
import { type Operation, operation } from './operation.ts'
import { pageFields, pageOf } from './page.ts'
import { auditSchema, pageSchema } from './schemas.ts'
import { auditShape } from './shapes.ts'

export function auditOperation({ ledger }: ApiContext): Operation {
  return operation(
    {
      ...{ method: 'GET', path: '/api/audit', id: 'listAudit', tag: 'gateway' },
      summary: 'Who did what, and what came of it, newest first',
      query: pageFields,
      answer: {
        description: 'A page of the audit.',
        schema: pageSchema(auditSchema),
        example: examples.page(examples.audit),
      },
    },
    async (c, { query }) => c.json(await pageOf(ledger.audit(query), auditShape)),
  )
}
