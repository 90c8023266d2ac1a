/**
 * `ao get` by itself, which is built into one small file: people run it all day, and loading the program in parts costs more than the work.
 * It must never need a plugin.
 */
import { define } from './commands/get.ts'
import { COMMANDS } from './commands.ts'
import { runProgram } from './program.ts'

/** Runs what `main.ts` found to begin with one of the quick commands. */
export async function run(argv: readonly string[]): Promise<never> {
  const rows = COMMANDS.filter(({ name }) => name === 'get')
  return runProgram(
    argv,
    rows.map(row => ({ ...row, load: async () => ({ define }) })),
  )
}
