import type { ResourceKey } from '../resource/key.ts'
import { oneLine } from '../resource/text.ts'
import { createEventFolding } from './event-folding.ts'
import type { EventFolding } from './event-folding.ts'
import { readText } from './files.ts'
import { openJsonl, parseJsonl, rotatedFiles } from './jsonl.ts'
import type { JsonlLog } from './jsonl.ts'
import type { HomePaths } from './paths.ts'
import type { Event, NewEvent } from './types.ts'

/** How much of the log a new process parses to go on with its counts; what folds is at most an hour old. */
const REMEMBERED_LENGTH = 256 * 1024
/** Bytes of a message. */
const MAX_MESSAGE = 4096

/** What an event is about when it concerns the whole home; no name can contain a star. */
export const HOME_OBJECT: ResourceKey = 'Project/*'

/** What happened, and why something was done or left. A line whose `seq` stood before replaces that one, with a higher count. */
export interface EventLog {
  /** Gives back what was written; undefined when the event was only counted because its object repeats itself too much. */
  append(event: NewEvent): Promise<Event | undefined>
  lastSeq(): number
  close(): Promise<void>
}

export interface EventFilter {
  readonly object?: ResourceKey
  readonly type?: Event['type']
  /** Last occurrence at or after this moment. */
  readonly since?: Date
}

export interface EventWriter {
  readonly now: () => Date
  readonly fence: () => Promise<void>
  /** Bytes after which a new file is begun, and how many full ones are kept; 5 MB and 20. */
  readonly maxBytes?: number
  readonly maxFiles?: number
}

/** Opens the log for its writer, going on with the numbers and the counts of the process before. */
export function openEventLog(paths: HomePaths, writer: EventWriter): EventLog {
  return new WrittenEventLog(paths, writer)
}

/** Events in the order in which they happened, by sequence number and never by clock; `limit` keeps the last ones. */
export function readEvents(
  paths: HomePaths,
  filter: EventFilter & { readonly limit?: number } = {},
): readonly Event[] {
  const seen = new Set<number>()
  const wanted: Event[] = []
  for (const text of newestFirst(paths)) {
    for (const event of parseEvents(text, filter.object).toReversed()) {
      // Newest first: whatever comes later with the same number is an older count.
      if (seen.has(event.seq)) continue
      seen.add(event.seq)
      if (matches(event, filter)) wanted.push(event)
    }
    if (filter.limit !== undefined && wanted.length >= filter.limit) break
  }
  const inOrder = wanted.sort((a, b) => a.seq - b.seq)
  return inOrder.slice(Math.max(0, inOrder.length - (filter.limit ?? inOrder.length)))
}

/** Whether an event is one that was asked for. */
export function matches(event: Event, filter: EventFilter): boolean {
  if (filter.object !== undefined && event.object !== filter.object) return false
  if (filter.type !== undefined && event.type !== filter.type) return false
  return filter.since === undefined || Date.parse(event.time) >= filter.since.getTime()
}

/** The events in whole lines of text; lines that can't be one of the object's are not even parsed. */
export function parseEvents(text: string, object?: ResourceKey): readonly Event[] {
  if (object === undefined) return parseJsonl<Event>(text).values.filter(isEvent)
  const mark = JSON.stringify(object)
  const lines = text.split('\n').slice(0, -1)
  return parseJsonl<Event>(
    lines
      .filter(line => line.includes(mark))
      .map(line => `${line}\n`)
      .join(''),
  ).values.filter(isEvent)
}

class WrittenEventLog implements EventLog {
  readonly #writer: EventWriter
  readonly #folding: EventFolding
  readonly #log: JsonlLog

  constructor(paths: HomePaths, writer: EventWriter) {
    this.#writer = writer
    // The highest number may stand in the file before the newest, when that has just been begun.
    const text = [...rotatedFiles(paths.events).slice(-1), paths.events]
      .map(file => readText(file) ?? '')
      .join('')
    this.#folding = createEventFolding(highestSeq(text))
    for (const event of parseEvents(lastLines(text, REMEMBERED_LENGTH)))
      this.#folding.remember(event)
    this.#log = openJsonl(paths.events, {
      sync: false,
      ...(writer.maxBytes === undefined ? {} : { maxBytes: writer.maxBytes }),
      ...(writer.maxFiles === undefined ? {} : { maxFiles: writer.maxFiles }),
      onDropped: file => {
        this.#sayDropped(file)
      },
    })
  }

  async append(event: NewEvent): Promise<Event | undefined> {
    await this.#writer.fence()
    // Whatever others said of it stays one line, in which nothing is hidden.
    const message = oneLine(event.message, MAX_MESSAGE)
    const line = this.#folding.fold({ ...event, message }, this.#writer.now())
    if (line !== undefined) await this.#log.append([line])
    return line
  }

  lastSeq(): number {
    return this.#folding.lastSeq()
  }

  async close(): Promise<void> {
    await this.#log.close()
  }

  #sayDropped(file: string): void {
    const message = `Dropped the oldest event file ${file} to make room`
    const dropped = {
      type: 'Warning',
      reason: 'EventsDropped',
      object: HOME_OBJECT,
      attempt: 0,
      message,
    } as const
    // It is only news about the log: when it can't be written, the event that made room fails by itself.
    this.append(dropped).catch(() => undefined)
  }
}

function* newestFirst(paths: HomePaths): Generator<string> {
  yield readText(paths.events) ?? ''
  for (const file of rotatedFiles(paths.events).toReversed()) yield readText(file) ?? ''
}

function lastLines(text: string, length: number): string {
  if (text.length <= length) return text
  return text.slice(text.indexOf('\n', text.length - length) + 1)
}

function highestSeq(text: string): number {
  let highest = 0
  for (const [, seq] of text.matchAll(/^\{"seq":(\d+)/gm)) highest = Math.max(highest, Number(seq))
  return highest
}

function isEvent(value: Event): boolean {
  return typeof value?.seq === 'number' && typeof value.object === 'string'
}
