/**
 * The program's door: a version is answered before anything else is loaded, and what people look at all day is a small file of its own.
 * The build makes one file each of `quick.ts` and `whole.ts`.
 */
import { createRequire } from 'node:module'

import type * as Quick from './quick.ts'
import type * as Whole from './whole.ts'

const args = process.argv.slice(2)

if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${AO_VERSION}\n`)
} else {
  const part = args[0] === 'get' ? './quick.cjs' : './whole.cjs'
  const { run } = createRequire(import.meta.url)(part) as typeof Quick | typeof Whole
  await run(args)
}
