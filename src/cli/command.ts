import type { Command } from 'commander'

import type { Context } from './context.ts'
import { wrap } from './output/text.ts'

const NARROW = 80

/** Carries out a command with everything it needs; gives the exit code, 0 when it gives none. */
export type Work = (context: Context) => Promise<number | undefined>

/** What a command's action calls: makes the context, does the work and keeps the exit code. */
export type Act = (work: Work) => Promise<void>

/**
 * What each file in `commands/` exports as `define`: the arguments, options and help of its command, and what it does. Called only for the
 * command that was typed.
 */
export type DefineCommand = (command: Command, act: Act) => void

/** A command that only holds others. */
export function holdsCommands(command: Command): Command {
  return command.usage('<command> [options]').helpCommand('help [command]', 'Show help for one')
}

/** What a command's help says beyond its options, in lines that fit the narrowest screen. */
export function notes(text: string): string {
  return `\n${wrap(text.trim().replaceAll(/\s+/g, ' '), NARROW).join('\n')}`
}

/** Text under the help of a command. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map(line => `  $ ${line}\n`).join('')}`
}
