/**
 * The program's door: a version is answered before anything else is loaded, and what people look at all day is a small file of its own,
 * which the build makes of `quick.ts`.
 */
import { createRequire } from 'node:module'

import type * as Quick from './quick.ts'

const args = process.argv.slice(2)

if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${AO_VERSION}\n`)
} else if (args[0] === 'get') {
  const { runQuickly } = createRequire(import.meta.url)('./quick.cjs') as typeof Quick
  await runQuickly(args)
} else {
  const [{ runProgram }, { COMMANDS }] = await Promise.all([
    import('./program.ts'),
    import('./commands.ts'),
  ])
  await runProgram(args, COMMANDS)
}
