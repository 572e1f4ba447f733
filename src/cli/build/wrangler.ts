/** By this line a folder is known as made here. */
export const MADE = '// Made by lark-fanout build: the next one writes it anew.'

/** The platform behaves as it did on that day. Since 2025-11-17 a worker can call itself. */
export const COMPATIBILITY_DATE = '2026-11-01'

/** wrangler.jsonc: one object with SQLite holds the gateway, and a cron sees to it that it runs. */
export function wranglerConfig(name: string): string {
  const config = {
    name,
    main: 'worker.js',
    no_bundle: true,
    compatibility_date: COMPATIBILITY_DATE,
    durable_objects: { bindings: [{ name: 'GATEWAY', class_name: 'Gateway' }] },
    migrations: [{ tag: 'v1', new_sqlite_classes: ['Gateway'] }],
    triggers: { crons: ['* * * * *'] },
    observability: { enabled: true },
  }
  return `${MADE}\n${JSON.stringify(config, null, 2)}\n`
}
