import { earliest } from '../resource/duration.ts'

/** Who goes first: what a person asked for, then what every look finds to do. */
export const PRIORITY = { command: 100, resync: -100 } as const

const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 300_000

/** How one run of a key ended. Only failing makes it wait: `retry` longer each time, `stalled` until the next periodic look. */
export type RunResult = 'done' | 'retry' | 'stalled'

interface Entry {
  priority: number
  /** Milliseconds since the epoch; not before. */
  dueAt: number
  failures: number
  running: boolean
  /** Asked for by command while it ran: due again at once, however the run ends. */
  commanded: boolean
}

export interface QueueOptions {
  readonly now: () => number
  /** 0 up to 1. */
  readonly random: () => number
  /** When a stalled key is looked at again although nothing happened. */
  readonly resyncMs: number
}

/**
 * Keys to be worked on: each at most once at a time, asked for any number of times, the most urgent first. It holds no events: whoever works on a
 * key looks at the whole world.
 */
export class KeyedQueue<K extends string> {
  readonly #entries = new Map<K, Entry>()
  readonly #options: QueueOptions

  constructor(options: QueueOptions) {
    this.#options = options
  }

  /** Asks for a key. A command lifts whatever pause it is in; anything else respects it. */
  add(key: K, priority: number): void {
    const entry = this.#entry(key)
    entry.priority = Math.max(entry.priority, priority)
    if (priority < PRIORITY.command) return
    entry.dueAt = this.#options.now()
    entry.failures = 0
    entry.commanded = entry.running
  }

  /** The given keys that may run now: not running, not in a pause. The most urgent first, among equals in the order given. */
  due(keys: readonly K[]): readonly K[] {
    const now = this.#options.now()
    return [...new Set(keys)]
      .filter(key => {
        const entry = this.#entries.get(key)
        return entry === undefined || (!entry.running && entry.dueAt <= now)
      })
      .sort((a, b) => this.#priority(b) - this.#priority(a))
  }

  start(key: K): void {
    const entry = this.#entry(key)
    entry.running = true
    entry.commanded = false
  }

  finish(key: K, result: RunResult): void {
    const entry = this.#entry(key)
    const now = this.#options.now()
    entry.running = false
    if (entry.commanded) {
      entry.commanded = false
      entry.dueAt = now
      return
    }
    entry.priority = PRIORITY.resync
    entry.failures = result === 'done' ? 0 : entry.failures + 1
    entry.dueAt = now + this.#pauseAfter(result, entry.failures)
  }

  forget(key: K): void {
    this.#entries.delete(key)
  }

  /** The next moment at which a paused key is due, milliseconds since the epoch. */
  nextDueAt(): number | undefined {
    const now = this.#options.now()
    const paused = [...this.#entries.values()].filter(
      ({ running, dueAt }) => !running && dueAt > now,
    )
    return earliest(paused.map(({ dueAt }) => dueAt))
  }

  #entry(key: K): Entry {
    const known = this.#entries.get(key)
    if (known !== undefined) return known
    const dueAt = this.#options.now()
    const entry = {
      priority: PRIORITY.resync,
      dueAt,
      failures: 0,
      running: false,
      commanded: false,
    }
    this.#entries.set(key, entry)
    return entry
  }

  #priority(key: K): number {
    return this.#entries.get(key)?.priority ?? PRIORITY.resync
  }

  /** 1 s doubling to 5 min, give or take a tenth. */
  #pauseAfter(result: RunResult, failures: number): number {
    switch (result) {
      case 'done':
        return 0
      case 'stalled':
        return this.#options.resyncMs
      case 'retry': {
        const plain = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1))
        return plain * (0.9 + 0.2 * this.#options.random())
      }
    }
  }
}
