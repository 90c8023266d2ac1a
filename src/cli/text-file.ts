import { readFileSync } from 'node:fs'

import { errnoOf, HouseError } from '../errors.ts'
import type { Context } from './context.ts'

/** What stands in a file that an option names; `-` is standard input. */
export async function readTextFile(context: Context, file: string): Promise<string> {
  if (file === '-') return context.readStdin()
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new HouseError('Usage', `${file} cannot be read: ${errnoOf(error) ?? String(error)}`, {
      cause: error,
    })
  }
}
