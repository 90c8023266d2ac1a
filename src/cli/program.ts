import { isatty } from 'node:tty'

import { Command, CommanderError, Option } from 'commander'

import { errnoOf, exitCodeOf, HouseError, toHouseError } from '../errors.ts'
import type { Work } from './command.ts'
import type { CommandRow } from './commands.ts'
import type { GlobalOptions, OutputFormat } from './context.ts'
import { FORMATS, formatOf } from './look.ts'
import { columnsOf } from './terminal.ts'

const INTERRUPTED = 130
const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const STDERR = 2

/** Runs what was typed, one of these commands, and ends the process with the exit code it deserves. */
export async function runProgram(
  argv: readonly string[],
  commands: readonly CommandRow[],
): Promise<never> {
  endQuietlyWithoutReader()
  const signal = abortOnSignals()
  const ended = { exitCode: 0 }
  const program = createProgram(commands, signal, ended)
  try {
    await program.parseAsync(helpFirst(argv), { from: 'user' })
  } catch (error) {
    ended.exitCode = await report(error, program, argv)
  }
  await Promise.all([drain(process.stdout), drain(process.stderr)])
  process.exit(signal.aborted && ended.exitCode === 0 ? INTERRUPTED : ended.exitCode)
}

/** The names and summaries of all commands; the options of one are read from its file when it is the one that was typed. */
function createProgram(
  commands: readonly CommandRow[],
  signal: AbortSignal,
  ended: { exitCode: number },
): Command {
  const program = new Command('ao')
    .description('Declares fleets of coding agents, and keeps them as they are declared.')
    .usage('<command> [options]')
    .version(AO_VERSION, '-V, --version', 'Print the version.')
    .option('--home <dir>', 'The control plane; default $AO_HOME, else ~/.ao.')
    .addOption(new Option('-o, --output <format>', 'How to print data.').choices(FORMATS))
    .option('--no-color', 'No colours; NO_COLOR does the same.')
    .option('-v, --verbose', 'Say more on stderr.')
    .helpOption('-h, --help', 'Show help.')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true, subcommandTerm: termOf })
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
    .addHelpText('after', '\nExamples:\n  $ ao init\n  $ ao diff\n  $ ao apply\n  $ ao get\n')
  const actFor =
    ({ formats = [] }: CommandRow) =>
    async (work: Work): Promise<void> => {
      formatOf(globalsOf(program), formats)
      const { createContext } = await import('./context.ts')
      const context = await createContext({ ...globalsOf(program), signal })
      ended.exitCode = (await work(context)) ?? 0
    }
  const loaders = new Map<Command, () => Promise<void>>()
  for (const row of commands) {
    const { name, summary, group, load } = row
    const command = program.command(name).description(summary).helpGroup(group)
    loaders.set(command, async () => {
      const { define } = await load()
      define(command, actFor(row))
    })
  }
  program.hook('preSubcommand', async (_program, command) => loaders.get(command)?.())
  return program
}

function globalsOf(program: Command): Omit<GlobalOptions, 'signal'> {
  const { home, output, color, verbose } = program.opts<{
    home?: string
    output?: OutputFormat
    color: boolean
    verbose?: boolean
  }>()
  return {
    ...(home === undefined ? {} : { home }),
    ...(output === undefined ? {} : { output }),
    color,
    verbose: verbose === true,
  }
}

/** `ao`, `ao help` and `ao help get` as the options they stand for. */
function helpFirst(argv: readonly string[]): string[] {
  if (argv.length === 0) return ['--help']
  return argv[0] === 'help' ? [...argv.slice(1), '--help'] : [...argv]
}

async function report(error: unknown, program: Command, argv: readonly string[]): Promise<number> {
  if (error instanceof CommanderError && error.exitCode === 0) return 0
  const failure =
    error instanceof CommanderError
      ? usageError(error, program, argv)
      : withHelp(toHouseError(error), program, argv)
  const { renderError } = await import('./output/error.ts')
  const { color, verbose } = globalsOf(program)
  const isPlain = !color || (process.env['NO_COLOR'] ?? '') !== ''
  const look = {
    width: isatty(STDERR) ? columnsOf(process.stderr) : Infinity,
    color: isatty(STDERR) && !isPlain,
  }
  process.stderr.write(renderError(failure, look))
  if (verbose && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`)
  return exitCodeOf(failure.code)
}

/** Commander's `error: unknown option '--prnue'\n(Did you mean --prune?)` in the house's form. */
function usageError(error: CommanderError, program: Command, argv: readonly string[]): HouseError {
  const message = error.message
    .replace(/^error: /, '')
    .replace(/\s*\((Did you mean [^)]*)\)\s*$/, (_all, hint: string) => `; ${lowerFirst(hint)}`)
    .replace(/\.$/, '')
  const typed = typedCommand(program, argv)
  // A command that only holds others, typed alone: its help is on the screen.
  const problem = error.code === 'commander.help' ? `ao ${typed} needs a command` : message
  return new HouseError('Usage', problem, { next: helpOf(typed) })
}

/** What was typed wrongly, and by whoever found out said no better, is looked up in the command's help. */
function withHelp(error: HouseError, program: Command, argv: readonly string[]): HouseError {
  const { code, message, next, cause } = error
  if (code !== 'Usage' || next !== undefined) return error
  return new HouseError(code, message, { next: helpOf(typedCommand(program, argv)), cause })
}

function typedCommand(program: Command, argv: readonly string[]): string {
  return commandIn(
    program,
    argv.filter(word => !word.startsWith('-')),
  )
}

function helpOf(typed: string): string {
  return typed === '' ? 'ao --help' : `ao ${typed} --help`
}

/** That a command has options, its own help tells; the room is for what it does. */
function termOf(command: Command): string {
  const words = command.registeredArguments.map(argument =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  )
  return [command.name(), ...words].join(' ')
}

/** `pr view`, say: as far as words name commands. */
function commandIn(parent: Command, words: readonly string[]): string {
  const at = words.findIndex(word => parent.commands.some(known => known.name() === word))
  const command = parent.commands.find(known => known.name() === words[at])
  if (command === undefined) return ''
  return `${command.name()} ${commandIn(command, words.slice(at + 1))}`.trim()
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}

/** The first signal asks everybody to come to an end, the second one doesn't wait for it. */
function abortOnSignals(): AbortSignal {
  const controller = new AbortController()
  for (const name of END_SIGNALS) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(INTERRUPTED)
      controller.abort(new HouseError('Interrupted', `Interrupted by ${name}`))
    })
  }
  return controller.signal
}

/** Whoever reads us may leave when it has seen enough, such as `head`. */
function endQuietlyWithoutReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', error => {
      if (errnoOf(error) === 'EPIPE') process.exit(0)
      throw error
    })
  }
}

async function drain(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise<void>(resolve => {
    stream.write('', () => {
      resolve()
    })
  })
}
