/**
 * The program's door: a version is answered before anything else is loaded, and what people look at all day is a small file of its own.
 * The build makes one file each of `quick.ts` and `whole.ts`, and beside them what V8 made of them when they ran.
 */
import { readFileSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { join } from 'node:path'
import { Script } from 'node:vm'

import type * as Quick from './quick.ts'
import type * as Whole from './whole.ts'

/** The last line of a part is a comment with a digest of all before it. */
const DIGEST = /\/\/([0-9a-f]{64})\n$/
const DIGEST_LINE = 67

const args = process.argv.slice(2)

if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${AO_VERSION}\n`)
} else {
  void load(args[0] === 'get' ? 'quick.cjs' : 'whole.cjs').run(args)
}

/** Like `require`, but V8 need not read all of the code again where the build left its notes about this very text for this Node. */
function load(part: string): typeof Quick | typeof Whole {
  const dir = import.meta.dirname
  const filename = join(dir, part)
  // The build writes ASCII only, which is read quickest so.
  const source = readFileSync(filename, 'latin1')
  const cachedData = notesOn(source, dir)
  const script = new Script(Module.wrap(source), {
    filename,
    ...(cachedData === undefined ? {} : { cachedData }),
  })
  const made = { exports: {} as typeof Quick | typeof Whole }
  const enter = script.runInThisContext() as (...given: readonly unknown[]) => void
  enter(made.exports, createRequire(filename), made, filename, dir)
  return made.exports
}

/** V8 takes them only for its own version and flags; that they are about this text is in their name. */
function notesOn(source: string, dir: string): Buffer | undefined {
  const [, digest] = DIGEST.exec(source.slice(-DIGEST_LINE)) ?? []
  if (digest === undefined) return undefined
  try {
    return readFileSync(join(dir, 'code-cache', `${digest}.${process.version}-${process.arch}`))
  } catch {
    return undefined
  }
}
