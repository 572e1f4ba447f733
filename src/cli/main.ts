#!/usr/bin/env node
import { createEnd } from './flushed.ts'
import { runCommand } from './run.ts'

const ends = [process.stdout, process.stderr].map(createEnd)
const code = await runCommand(process.argv.slice(2))
await Promise.all(ends.map((end) => end()))
// A plugin may have left timers and connections behind, which must not keep the process.
process.exit(code)
