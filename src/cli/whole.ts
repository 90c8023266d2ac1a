/** Every command, which is built into one file that is loaded at once and run only as far as it is needed; libraries apart. */
import { COMMANDS } from './commands.ts'
import { runProgram } from './program.ts'

/** Runs what `main.ts` found to begin with none of the quick commands. */
export async function run(argv: readonly string[]): Promise<never> {
  return runProgram(argv, COMMANDS)
}
