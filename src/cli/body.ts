import type { Command } from 'commander'

import { HouseError } from '../errors.ts'
import type { Context } from './context.ts'
import { readTextFile } from './text-file.ts'

/** What of a command's flags is its longer text. */
export interface BodyFlags {
  readonly body?: string
  readonly bodyFile?: string
}

/** A longer text, typed or in a file: in the same two ways wherever a pull request gets one. */
export function bodyOptions(command: Command, what: string): Command {
  return command
    .option('--body <text>', what)
    .option('--body-file <path>', 'The same, from a file; - is standard input.')
}

/** Undefined when neither was given. Throws `Usage` when both were. */
export async function readBody(
  context: Context,
  { body, bodyFile }: BodyFlags,
): Promise<string | undefined> {
  if (body !== undefined && bodyFile !== undefined) {
    throw new HouseError('Usage', 'say it with --body or with --body-file, not with both')
  }
  return bodyFile === undefined ? body : readTextFile(context, bodyFile)
}
