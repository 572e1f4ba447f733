/** By this line a folder is known as made here. */
export const MADE = '// Made by lark-fanout build: the next one writes it anew.'

/** By this name the worker finds its object. */
export const OBJECT_BINDING = 'GATEWAY'

/** What of wrangler.jsonc says how the worker runs. */
export type WranglerConfig = ReturnType<typeof wranglerConfig>

/** Where Cloudflare can be asked to put an object, as far as it has room there. */
export const LOCATIONS = [
  'wnam',
  'enam',
  'sam',
  'weur',
  'eeur',
  'apac',
  'apac-ne',
  'apac-se',
  'oc',
  'afr',
  'me',
] as const

export type Location = (typeof LOCATIONS)[number]

/** One object with SQLite holds the gateway, and a cron sees to it that it runs. */
export function wranglerConfig(name: string, location?: Location) {
  return {
    name,
    main: 'worker.js',
    no_bundle: true,
    // The platform behaves as it did on that day. Since 2025-11-17 a worker can call itself.
    compatibility_date: '2026-11-01',
    compatibility_flags: [
      // Since 2026-08-04 a worker has Node's modules and globals unless it says no to both.
      ...['no_nodejs_compat', 'no_nodejs_compat_v2'],
      // A receiver on workers.dev, or in the worker's own zone, is called as the internet calls it.
      'global_fetch_strictly_public',
    ],
    ...(location && { vars: { GATEWAY_LOCATION: location } }),
    durable_objects: { bindings: [{ name: OBJECT_BINDING, class_name: 'Gateway' }] },
    migrations: [{ tag: 'v1', new_sqlite_classes: ['Gateway'] }],
    triggers: { crons: ['* * * * *'] },
    // Variables that were set in the dashboard outlive a deploy, as secrets do.
    keep_vars: true,
    observability: { enabled: true },
  }
}

export function wranglerText(name: string, location?: Location): string {
  return `${MADE}\n${JSON.stringify(wranglerConfig(name, location), null, 2)}\n`
}

/** Of a wrangler.jsonc that is as `wranglerText` writes it. */
export function readWrangler(text: string): WranglerConfig {
  return JSON.parse(text.slice(MADE.length))
}
