import { readFileSync, writeFileSync } from 'node:fs'

import { errnoOf, HouseError } from '../errors.ts'
import type { Context } from './context.ts'

/** What stands in a file that an option names; `-` is standard input. */
export async function readTextFile(context: Context, file: string): Promise<string> {
  if (file === '-') return context.readStdin()
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw unusable(file, 'read', error)
  }
}

/** Writes what an option asks to be written. */
export function writeTextFile(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw unusable(file, 'written', error)
  }
}

function unusable(file: string, done: string, error: unknown): HouseError {
  const why = errnoOf(error) ?? String(error)
  return new HouseError('Usage', `${file} cannot be ${done}: ${why}`)
}
