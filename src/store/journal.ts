import type { ResourceKey } from '../resource/key.ts'
import { readText, writeAtomic } from './files.ts'
import { loadJsonl, openJsonl, parseJsonl } from './jsonl.ts'
import type { JsonlLoad, JsonlLog } from './jsonl.ts'
import type { HomePaths } from './paths.ts'
import type { JournalEntry } from './types.ts'

const COMPACT_BYTES = 1024 * 1024
const KEPT_LINES = 1000

/** What is about to be done, as the journal keeps it. */
export type JournalBegin = Pick<
  JournalEntry,
  'object' | 'uid' | 'attempt' | 'step' | 'message' | 'merge'
>

/** Begin and end of effects that have no natural compare-and-swap. Every line is on the disk before its call ends. */
export interface Journal {
  /** To be awaited before the effect; gives back the id that `end` and `failed` want. */
  begin(entry: JournalBegin): Promise<string>
  end(id: string): Promise<void>
  failed(id: string, message: string): Promise<void>
  /** What was begun and is not known to have ended, oldest first; also by processes that are gone. */
  open(): readonly JournalEntry[]
  close(): Promise<void>
}

export interface JournalWriter {
  readonly now: () => Date
  readonly id: () => string
  readonly bootId: string
  readonly fence: () => Promise<void>
}

/** Opens the journal for its writer; a long one is first cut to what is open and the latest lines. */
export async function openJournal(paths: HomePaths, writer: JournalWriter): Promise<Journal> {
  const text = readText(paths.journal) ?? ''
  const { values } = parseJsonl<JournalEntry>(text)
  const kept = text.length > COMPACT_BYTES ? compact(values) : values
  if (kept.length < values.length) {
    const lines = kept.map(entry => `${JSON.stringify(entry)}\n`).join('')
    await writeAtomic(paths.journal, lines, { sync: true })
  }
  return new WrittenJournal(
    openJsonl(paths.journal, { sync: true, maxBytes: Infinity }),
    writer,
    kept,
  )
}

/** The lines about one object, oldest first, for whoever only looks. */
export function readJournal(
  paths: HomePaths,
  filter: { readonly object?: ResourceKey } = {},
): readonly JournalEntry[] {
  const { values }: JsonlLoad<JournalEntry> = loadJsonl(paths.journal)
  return values.filter(entry => filter.object === undefined || entry.object === filter.object)
}

class WrittenJournal implements Journal {
  readonly #log: JsonlLog
  readonly #writer: JournalWriter
  readonly #open: Map<string, JournalEntry>

  constructor(log: JsonlLog, writer: JournalWriter, entries: readonly JournalEntry[]) {
    this.#log = log
    this.#writer = writer
    this.#open = openEntries(entries)
  }

  async begin(begin: JournalBegin): Promise<string> {
    const id = this.#writer.id()
    const entry = this.#entry(id, 'begin', begin)
    await this.#append(entry)
    this.#open.set(id, entry)
    return id
  }

  async end(id: string): Promise<void> {
    await this.#finish(id, 'end', undefined)
  }

  async failed(id: string, message: string): Promise<void> {
    await this.#finish(id, 'failed', message)
  }

  open(): readonly JournalEntry[] {
    return [...this.#open.values()]
  }

  async close(): Promise<void> {
    await this.#log.close()
  }

  async #finish(id: string, phase: 'end' | 'failed', message: string | undefined): Promise<void> {
    const begun = this.#open.get(id)
    if (begun === undefined) return
    const { object, uid, attempt, step } = begun
    const said = message === undefined ? {} : { message }
    await this.#append(this.#entry(id, phase, { object, uid, attempt, step, ...said }))
    this.#open.delete(id)
  }

  #entry(id: string, phase: JournalEntry['phase'], begin: JournalBegin): JournalEntry {
    const { now, bootId } = this.#writer
    return { id, phase, time: now().toISOString(), bootId, ...begin }
  }

  async #append(entry: JournalEntry): Promise<void> {
    await this.#writer.fence()
    await this.#log.append([entry])
  }
}

function openEntries(entries: readonly JournalEntry[]): Map<string, JournalEntry> {
  const open = new Map<string, JournalEntry>()
  for (const entry of entries) {
    if (entry.phase === 'begin') open.set(entry.id, entry)
    else open.delete(entry.id)
  }
  return open
}

function compact(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  const open = openEntries(entries)
  const latest = new Set(entries.slice(-KEPT_LINES))
  return entries.filter(
    entry => latest.has(entry) || (entry.phase === 'begin' && open.has(entry.id)),
  )
}
