import { createInterface } from 'node:readline/promises'

import { HouseError } from '../errors.ts'
import type { Context } from './context.ts'
import { isTerminal } from './terminal.ts'

/** What takes something away, as it is asked about. */
export interface Removal {
  /** With a question mark, such as `Carry this out (prune Worker/app-7)?`. */
  readonly question: string
  /** `-y`: the answer is known. */
  readonly yes: boolean | undefined
}

/**
 * Asks a person before something is taken away: true for yes, false where nobody can be asked, so that no script ever waits for an answer.
 * Throws `Interrupted` for every other answer.
 */
export async function isAgreed(
  context: Pick<Context, 'env' | 'signal'>,
  { question, yes }: Removal,
): Promise<boolean> {
  if (yes === true) return true
  if (!isAnybodyThere(context.env)) return false
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  // Ctrl-C and Ctrl-D end the lines without an answer.
  const ended = new Promise<string>(resolve => {
    lines.once('close', () => {
      resolve('')
    })
  })
  const asked = lines.question(`${question} [y/N] `, { signal: context.signal }).catch(() => '')
  try {
    const answer = await Promise.race([asked, ended])
    if (/^y(es)?$/i.test(answer.trim())) return true
  } finally {
    lines.close()
  }
  throw new HouseError('Interrupted', 'nothing was changed')
}

/** A session's agent sits at a terminal, too, and is nobody to decide on this. */
function isAnybodyThere(env: Context['env']): boolean {
  const isSession = (env['AO_SESSION_ID'] ?? '') !== ''
  return !isSession && isTerminal(process.stdin) && isTerminal(process.stderr)
}
