import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readWrangler, type WranglerConfig } from './wrangler.ts'

/** How Miniflare runs a folder that `build` has made: as its own wrangler.jsonc says. */
export async function builtWorker(folder: string) {
  const config = readWrangler(await readFile(join(folder, 'wrangler.jsonc'), 'utf8'))
  return {
    scriptPath: join(folder, config.main),
    modulesRoot: folder,
    ...workerOptions(config),
  }
}

/** All but the script. */
export function workerOptions(config: WranglerConfig) {
  const sqliteClasses = config.migrations.flatMap((migration) => migration.new_sqlite_classes)
  const objects = config.durable_objects.bindings.map(({ name, class_name: className }) => {
    return [name, { className, useSQLite: sqliteClasses.includes(className) }] as const
  })
  return {
    modules: true as const,
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    durableObjects: Object.fromEntries(objects),
  }
}
