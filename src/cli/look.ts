import { HouseError } from '../errors.ts'
import type { Context, OutputFormat } from './context.ts'
import type { Look } from './output/look.ts'

/** Every way to print data; a command may refuse some of them. */
export const FORMATS: readonly OutputFormat[] = ['table', 'wide', 'json', 'yaml', 'name', 'jsonl']

/** The screen and the person before it, as renderers want them. */
export function lookOf(context: Context): Look {
  const { width, color, userHome, cwd } = context
  return { width, color, now: context.now(), home: userHome, cwd }
}

/** What `-o` asks for, `table` when it isn't there. Throws `Usage` for a form this command has not. */
export function formatOf<F extends OutputFormat>(
  context: { readonly output?: OutputFormat | undefined },
  allowed?: readonly F[],
): F | 'table' {
  const known = allowed ?? FORMATS
  const wanted = context.output ?? 'table'
  const found = known.find(format => format === wanted)
  if (found !== undefined) return found as F
  if (wanted === 'table') return wanted
  const offered = [...new Set(['table', ...known])].join(', ')
  throw new HouseError('Usage', `-o ${wanted} is not possible here; possible: ${offered}`)
}
