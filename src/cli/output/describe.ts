import type { Condition } from '../../resource/conditions.ts'
import { mergeReactions } from '../../resource/reactions.ts'
import type { Position } from '../../resource/spec.ts'
import type { SessionRecord } from '../../resource/record.ts'
import type { Channel } from '../../store/channels.ts'
import type { Event, JournalEntry, OutboxItem } from '../../store/types.ts'
import { ageOf } from './age.ts'
import { deliveryRows } from './describe-delivery.ts'
import { factsOf } from './describe-fact.ts'
import { reactionLines } from './describe-reaction.ts'
import { eventLines } from './events.ts'
import type { Look } from './look.ts'
import { paletteOf } from './look.ts'
import type { Cell } from './table.ts'
import { renderTable } from './table.ts'
import { clean, pad, widthOf, wrap } from './text.ts'
import type { ResourceView } from './view.ts'
import { isSessionView, keyOfView } from './view.ts'

export interface DescribeOptions extends Look {
  /** Where the values stand that manifests name, as in `Desired.fields`; the others are defaults. */
  readonly fields: Readonly<Record<string, Position>>
  /** Entries and items of other objects may be among them; they are left out. */
  readonly journal: readonly JournalEntry[]
  readonly events: readonly Event[]
  readonly outbox: readonly OutboxItem[]
  readonly record?: SessionRecord | undefined
  /** A Notifier's. */
  readonly channel?: Channel | undefined
}

const JOURNAL_SHOWN = 10
const EVENTS_SHOWN = 20
const INDENT = 2

/** Everything about one object, from its declaration to what happened last. */
export function renderDescribe(view: ResourceView, options: DescribeOptions): string {
  const { strong } = paletteOf(options.color)
  const journal = options.journal.filter(entry => entry.uid === view.metadata.uid)
  const key = keyOfView(view)
  const events = options.events.filter(event => event.object === key)
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ['', strong(title), ...lines]
  const lines = [
    strong(key),
    ...factLines(view, options),
    ...section(...reactionSection(view, options)),
    ...section('Conditions', conditionLines(view.status.conditions, options)),
    ...section('Deliveries', deliveryLines(view, options)),
    ...section('Journal', journalLines(journal.slice(-JOURNAL_SHOWN), options)),
    ...section(
      'Events',
      events.length === 0
        ? ['  none']
        : eventLines(events.slice(-EVENTS_SHOWN), {
            ...options,
            output: 'table',
            object: false,
            indent: INDENT,
            wrapLast: true,
          }),
    ),
  ]
  return `${lines.map(line => line.trimEnd()).join('\n')}\n`
}

/** Of a project only what it names, and what that comes to for sessions that say nothing themselves. */
function reactionSection(
  view: ResourceView,
  options: DescribeOptions,
): readonly [title: string, lines: readonly string[]] {
  if (isSessionView(view)) return ['Reactions', reactionLines({ ...view.spec.reactions }, options)]
  if (view.kind !== 'Project') return ['Reactions', []]
  const named = view.spec.sessionDefaults?.reactions ?? {}
  const reactions = Object.entries(mergeReactions(named)).filter(([name]) => name in named)
  return ['Reactions of its sessions', reactionLines(Object.fromEntries(reactions), options)]
}

function factLines(view: ResourceView, options: DescribeOptions): readonly string[] {
  const facts = factsOf(view, options)
  const label = Math.max(...facts.map(([name]) => widthOf(name)))
  const room = Math.max(20, options.width - INDENT - label - 2)
  return facts.flatMap(([name, text]) =>
    wrap(clean(text), room).map(
      (line, at) => `${' '.repeat(INDENT)}${pad(at === 0 ? name : '', label)}  ${line}`,
    ),
  )
}

function conditionLines(conditions: readonly Condition[], look: Look): readonly string[] {
  const paint = paletteOf(look.color)
  const rows = conditions.map((condition): readonly Cell[] => [
    { text: clean(condition.type), paint: paint.strong },
    { text: condition.status },
    { text: clean(condition.reason) },
    { text: ageOf(condition.lastTransitionTime, look.now) },
    { text: clean(condition.message) },
  ])
  const headers = ['TYPE', 'STATUS', 'REASON', 'SINCE', 'MESSAGE']
  return table(headers, rows, look)
}

function deliveryLines(view: ResourceView, options: DescribeOptions): readonly string[] {
  return table(['AGE', 'WHAT', 'STATE', 'TEXT'], deliveryRows(view, options), options)
}

function journalLines(journal: readonly JournalEntry[], look: Look): readonly string[] {
  const paint = paletteOf(look.color)
  const rows = journal.map((entry): readonly Cell[] => [
    { text: ageOf(entry.time, look.now) },
    { text: clean(entry.step) },
    entry.phase === 'failed' ? { text: entry.phase, paint: paint.bad } : { text: entry.phase },
    { text: String(entry.attempt) },
    { text: entry.message === undefined ? '-' : clean(entry.message) },
  ])
  return table(['AGE', 'STEP', 'PHASE', 'ATTEMPT', 'MESSAGE'], rows, look)
}

function table(
  headers: readonly string[],
  rows: readonly (readonly Cell[])[],
  { width }: Look,
): readonly string[] {
  if (rows.length === 0) return []
  return renderTable(
    headers.map(header => ({ header })),
    rows,
    { width, indent: INDENT, wrapLast: true },
  )
}
