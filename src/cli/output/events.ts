import { formatDuration } from '../../resource/duration.ts'
import { API_VERSION } from '../../resource/key.ts'
import type { Event } from '../../store/types.ts'
import { ageOf, msSince } from './age.ts'
import type { Look } from './look.ts'
import { paletteOf } from './look.ts'
import type { MachineOutput } from './serialize.ts'
import { listOf, toJson, toJsonLines, toYaml } from './serialize.ts'
import type { Cell, Column } from './table.ts'
import { renderTable } from './table.ts'
import { clean, widthOf } from './text.ts'

const GAP = 2
/** Below this, names stand without their kinds; of sessions they say enough. */
const MESSAGE_MIN = 40

export interface EventsOptions extends Look {
  readonly output: 'table' | 'wide' | MachineOutput
  readonly headers?: boolean
}

/** What happened, in the order given, for stdout. */
export async function renderEvents(
  events: readonly Event[],
  options: EventsOptions,
): Promise<string> {
  switch (options.output) {
    case 'table':
    case 'wide':
      return events.length === 0
        ? ''
        : `${eventLines(events, { ...options, output: options.output }).join('\n')}\n`
    case 'name':
      return events.map(event => `Event/${event.seq}\n`).join('')
    case 'json':
      return toJson(listOf(events.map(toDocument)))
    case 'jsonl':
      return toJsonLines(events.map(toDocument))
    case 'yaml':
      return toYaml(listOf(events.map(toDocument)))
  }
}

export interface EventTable extends Look {
  readonly output: 'table' | 'wide'
  readonly headers?: boolean
  readonly indent?: number
  readonly wrapLast?: boolean
  /** Left out where all events are of one object. */
  readonly object?: boolean
}

/** The table alone, also for the end of `describe`. */
export function eventLines(events: readonly Event[], options: EventTable): readonly string[] {
  const { object = true, headers = true, indent = 0, wrapLast = false, output, width } = options
  const wide = output === 'wide'
  const paint = paletteOf(options.color)
  const namesOnly = object && !wide && isNarrow(events, options)
  const columns: readonly Column[] = [
    { header: 'LAST SEEN' },
    ...(namesOnly ? [] : [{ header: 'TYPE', drop: 1 }]),
    { header: 'REASON' },
    ...(object ? [{ header: 'OBJECT' }] : []),
    ...(wide ? [{ header: 'ATTEMPT' }, { header: 'SEQ' }] : []),
    { header: 'MESSAGE' },
  ]
  const rows = events.map((event): readonly Cell[] => [
    { text: lastSeen(event, options.now) },
    ...(namesOnly
      ? []
      : [{ text: event.type, paint: event.type === 'Warning' ? paint.warn : paint.faint }]),
    { text: clean(event.reason) },
    ...(object ? [{ text: namesOnly ? nameOf(event) : clean(event.object) }] : []),
    ...(wide ? [{ text: String(event.attempt) }, { text: String(event.seq) }] : []),
    { text: clean(event.message) },
  ])
  return renderTable(columns, rows, { width, fit: !wide, headers, indent, wrapLast })
}

/** Whether kinds would leave too little room for what is told. */
function isNarrow(events: readonly Event[], { now, width }: EventTable): boolean {
  const widest = (textOf: (event: Event) => string): number =>
    events.reduce((most, event) => Math.max(most, widthOf(textOf(event))), 0) + GAP
  const taken = [
    widest(event => lastSeen(event, now)),
    widest(event => clean(event.reason)),
    widest(event => clean(event.object)),
  ]
  return width - taken.reduce((sum, one) => sum + one, 0) < MESSAGE_MIN
}

function nameOf({ object }: Event): string {
  return clean(object.slice(object.indexOf('/') + 1))
}

/** `12m`, or `12m (x3 over 20m)` when the line stands for several. */
function lastSeen(event: Event, now: Date): string {
  const age = ageOf(event.time, now)
  if (event.count <= 1) return age
  const first = msSince(event.firstTime, now)
  return first === undefined
    ? `${age} (x${event.count})`
    : `${age} (x${event.count} over ${formatDuration(first)})`
}

function toDocument(event: Event): Readonly<Record<string, unknown>> {
  return { apiVersion: API_VERSION, kind: 'Event', ...event }
}
