import { HouseError } from '../../errors.ts'
import { readEvents } from '../../store/events.ts'
import type { EventFilter } from '../../store/events.ts'
import { readHome } from '../../store/home.ts'
import type { Event } from '../../store/types.ts'
import { watchEvents } from '../../store/watch-events.ts'
import { untilReaderLeaves } from '../reader.ts'
import type { DefineCommand } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { requireDuration } from '../duration.ts'
import { formatOf, lookOf } from '../look.ts'
import { renderEvents } from '../output/events.ts'
import type { EventsOptions } from '../output/events.ts'
import { notFound, toKey } from '../targets.ts'

const TYPES = { warning: 'Warning', normal: 'Normal' } as const

interface Flags {
  readonly for?: string
  readonly types?: string
  readonly watch?: boolean
  readonly since?: string
}

export const define: DefineCommand = (command, act) => {
  command
    .option('--for <object>', "Only of KIND/NAME, or a session's name.")
    .option('--types <types>', 'Only of these types: Warning, Normal.')
    .option('--since <duration>', 'Only what happened since then, such as 10m or 2h ago.')
    .option('-w, --watch', 'Go on, with a line for each event as it happens.')
    .addHelpText(
      'after',
      examples('ao events --since 1h', 'ao events --for worker/shop-login', 'ao events -w'),
    )
    .action(async (flags: Flags) => act(async context => events(context, flags)))
}

async function events(context: Context, flags: Flags): Promise<undefined> {
  const filter = filterOf(context, flags)
  const paths = readHome(context.home, { version: context.version })
  const options: EventsOptions = { ...lookOf(context), output: formatOf(context) }
  if (paths === undefined) {
    context.stderr(`no events: there is no home at ${context.home} yet\n`)
    return undefined
  }
  // Begun before the log is read, so that nothing falls between.
  const coming =
    flags.watch === true
      ? watchEvents(paths, { ...filter, signal: untilReaderLeaves(context.signal) })
      : undefined
  const past = readEvents(paths, filter)
  if (past.length === 0 && coming === undefined) context.stderr(`${nothingOf(filter, context)}\n`)
  const isList = coming === undefined || options.output === 'table' || options.output === 'wide'
  context.stdout(await renderEvents(past, isList ? options : streaming(options)))
  for await (const event of coming ?? []) {
    context.stdout(await lineOf(event, { ...streaming(options), now: context.now() }))
  }
  return undefined
}

/** A name that was mistyped has no events either. */
function nothingOf({ object }: EventFilter, context: Context): string {
  if (object === undefined) return 'no events'
  const store = context.store()
  const isThere = store?.desired.get(object) !== undefined
  return isThere ? `no events of ${object}` : `no events: ${notFound(object, store).message}`
}

/** One document for each event: a stream can't be a list. */
function streaming(options: EventsOptions): EventsOptions {
  return {
    ...options,
    headers: false,
    output: options.output === 'json' ? 'jsonl' : options.output,
  }
}

async function lineOf(event: Event, options: EventsOptions): Promise<string> {
  return renderEvents([event], options)
}

function filterOf(context: Context, flags: Flags): EventFilter {
  const { since } = flags
  const type = typeOf(flags.types)
  const ms = since === undefined ? undefined : requireDuration(since, '--since')
  return {
    ...(flags.for === undefined ? {} : { object: toKey(flags.for, context.store()) }),
    ...(type === undefined ? {} : { type }),
    ...(ms === undefined ? {} : { since: new Date(context.now().getTime() - ms) }),
  }
}

/** Both types are the same as none named. */
function typeOf(text: string | undefined): Event['type'] | undefined {
  if (text === undefined) return undefined
  const types = text.split(',').map(word => {
    const [, type] =
      Object.entries(TYPES).find(([name]) => name === word.trim().toLowerCase()) ?? []
    if (type !== undefined) return type
    throw new HouseError('Usage', `unknown event type "${word}"; known: Warning, Normal`, {
      next: 'ao events --help',
    })
  })
  const [first, ...others] = new Set(types)
  return others.length === 0 ? first : undefined
}
