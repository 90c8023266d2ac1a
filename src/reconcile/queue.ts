/** Who goes first: a person's command, a changed manifest, a hook, the periodic look. */
export const PRIORITY = { command: 100, manifest: 0, hook: -10, resync: -100 } as const

const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 300_000

/** How one run of a key ended. Waiting is not failing: only `retry` grows the pause. */
export type RunResult =
  | { readonly type: 'done' }
  | { readonly type: 'after'; readonly ms: number }
  | { readonly type: 'retry'; readonly error: Error }
  | { readonly type: 'stalled'; readonly error: Error }

interface Entry {
  priority: number
  /** Order of arrival within a priority. */
  order: number
  /** Milliseconds since the epoch; not before. */
  dueAt: number
  failures: number
  running: boolean
  /** Asked for again while it ran. */
  dirty: boolean
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
  #order = 0

  constructor(options: QueueOptions) {
    this.#options = options
  }

  /** Asks for a key. A command lifts whatever pause it is in; anything else respects it. */
  add(key: K, priority: number): void {
    const entry = this.#entries.get(key)
    const now = this.#options.now()
    if (entry === undefined) {
      this.#order += 1
      this.#entries.set(key, {
        priority,
        order: this.#order,
        dueAt: now,
        failures: 0,
        running: false,
        dirty: false,
      })
      return
    }
    if (priority > entry.priority) {
      this.#order += 1
      entry.priority = priority
      entry.order = this.#order
    }
    if (priority >= PRIORITY.command) {
      entry.dueAt = now
      entry.failures = 0
    } else if (entry.failures === 0) entry.dueAt = Math.min(entry.dueAt, now)
    if (entry.running) entry.dirty = true
  }

  /** Whether the key may be worked on now: not running, and not in a pause. A key never asked for may. */
  isDue(key: K): boolean {
    const entry = this.#entries.get(key)
    return entry === undefined || (!entry.running && entry.dueAt <= this.#options.now())
  }

  isRunning(key: K): boolean {
    return this.#entries.get(key)?.running === true
  }

  /** How often the key failed in a row. */
  failures(key: K): number {
    return this.#entries.get(key)?.failures ?? 0
  }

  /** The given keys that may run now, most urgent first, in order of arrival within a priority, then in the order given. */
  due(keys: readonly K[]): readonly K[] {
    return keys
      .filter(key => this.isDue(key))
      .map((key, index) => ({ key, index, entry: this.#entries.get(key) }))
      .sort((a, b) => {
        const priority = (b.entry?.priority ?? 0) - (a.entry?.priority ?? 0)
        return priority === 0 ? a.index - b.index : priority
      })
      .map(({ key }) => key)
  }

  start(key: K): void {
    this.add(key, this.#entries.get(key)?.priority ?? PRIORITY.resync)
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    entry.running = true
    entry.dirty = false
  }

  /** Ends a run. Returns when the key is due again, milliseconds since the epoch; undefined when nothing is planned. */
  finish(key: K, result: RunResult): number | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    entry.running = false
    entry.priority = PRIORITY.resync
    const now = this.#options.now()
    switch (result.type) {
      case 'done':
        entry.failures = 0
        entry.dueAt = now
        return entry.dirty ? now : undefined
      case 'after':
        entry.failures = 0
        entry.dueAt = now + result.ms
        return entry.dueAt
      case 'retry':
        entry.failures += 1
        entry.dueAt = now + this.#pause(entry.failures)
        return entry.dueAt
      case 'stalled':
        entry.failures += 1
        entry.dueAt = now + this.#options.resyncMs
        return entry.dueAt
    }
  }

  /** Forgets a pause, for the world around the key has changed. */
  reset(key: K): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    entry.failures = 0
    entry.dueAt = this.#options.now()
  }

  forget(key: K): void {
    this.#entries.delete(key)
  }

  /** The next moment at which a paused key is due, milliseconds since the epoch. */
  nextDueAt(): number | undefined {
    const now = this.#options.now()
    const times = [...this.#entries.values()]
      .filter(entry => !entry.running && entry.dueAt > now)
      .map(entry => entry.dueAt)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  /** 1 s doubling to 5 min, give or take a tenth. */
  #pause(failures: number): number {
    const plain = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1))
    return plain * (0.9 + 0.2 * this.#options.random())
  }
}
