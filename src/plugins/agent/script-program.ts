import { openTerminal } from './script-terminal.ts'

// The terminal first, and only then what takes a moment to load.
const terminal = openTerminal(process.stdin, process.stdout)
const { playScenario } = await import('./script-play.ts')
await playScenario(process.argv.slice(2), process.env, terminal)
