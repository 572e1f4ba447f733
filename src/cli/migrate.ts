import { type Command, configHelp, configOption } from './command.ts'

export const migrate: Command = {
  usage: '--from sqlite:FILE --to postgres://… [--dry-run]',
  help: `Moves all that a SQLite store holds into an empty Postgres database: events, what is owed and was delivered, dead
letters, pauses and the audit, all under the ids that they have. The SQLite file is only read, and no gateway may run on it. One
that runs on the database already waits: it answers 503, and delivers nothing, until all is there.

Interrupted, even by kill -9, the same command goes on where it was. At its end it counts both sides: exit code 0 when
they have the same, 1 when not.

--from sqlite:FILE  the store to move; DATABASE_URL without it
--to postgres://…   where to; DATABASE_URL without it, which keeps the password out of the list of processes
--dry-run           only count what there is to move
${configHelp}`,
  options: {
    ...configOption,
    from: { type: 'string' },
    to: { type: 'string' },
    'dry-run': { type: 'boolean' },
  },
  run: async (args) => (await import('./migrate/run.ts')).runMigrate(args),
}
