#!/usr/bin/env node
import { ended } from './flushed.ts'
import { runCommand } from './run.ts'

const code = await runCommand(process.argv.slice(2))
await Promise.all([ended(process.stdout), ended(process.stderr)])
// A plugin may have left timers and connections behind, which must not keep the process.
process.exit(code)
