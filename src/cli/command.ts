import type { Command } from 'commander'

import type { Context } from './context.ts'

/** Carries out a command with everything it needs; gives the exit code, 0 when it gives none. */
export type Work = (context: Context) => Promise<number | undefined>

/** What a command's action calls: makes the context, does the work and keeps the exit code. */
export type Act = (work: Work) => Promise<void>

/**
 * What each file in `commands/` exports as `define`: the arguments, options and help of its command, and what it does. Called only for the
 * command that was typed.
 */
export type DefineCommand = (command: Command, act: Act) => void

/** Text under the help of a command. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map(line => `  $ ${line}\n`).join('')}`
}
