import { testDataCommands } from '../suites/data-commands.ts'

testDataCommands('--url')
