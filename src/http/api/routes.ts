import type { ApiContext } from './context.ts'
import * as examples from './examples.ts'
import { type Operation, operation } from './operation.ts'
import { pageSchema, routeSchema } from './schemas.ts'
import { routeShape } from './shapes.ts'

export function routesOperation({ plan }: ApiContext): Operation {
  return operation(
    {
      ...{ method: 'GET', path: '/api/routes', id: 'listRoutes', tag: 'routes' },
      summary: 'The routes that are in force, as they are written',
      description: 'In the order of the files, on one page; what comes from outside by its name.',
      answer: {
        description: 'All routes.',
        schema: pageSchema(routeSchema),
        example: examples.page(examples.route),
      },
    },
    (c) => c.json({ items: plan().written.map(routeShape), next: null }),
  )
}
