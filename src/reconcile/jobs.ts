import type { HouseError } from '../errors.ts'
import { toHouseError, withNext } from '../errors.ts'
import type { Failure } from '../status/condition.ts'
import type { RunResult } from './queue.ts'
import { KeyedQueue, PRIORITY } from './queue.ts'

/** What runs under a name: a resource key, or what a job is about (`checks app#3`). */
interface Job {
  readonly controller: AbortController
  readonly promise: Promise<void>
}

export interface JobsOptions {
  readonly now: () => number
  readonly random: () => number
  readonly resyncMs: number
  /** Called whenever a job ends. */
  readonly onEnd: () => void
}

/**
 * Long work beside the loop: at most one job of a name at a time, each with an abort signal; a failed one waits longer each time. Looks that were
 * taken before a job ended say nothing about what it did.
 */
export class Jobs {
  readonly #options: JobsOptions
  readonly #queue: KeyedQueue<string>
  readonly #running = new Map<string, Job>()
  readonly #failures = new Map<string, Failure>()
  readonly #endedAt = new Map<string, number>()
  #clock = 0
  #lastEnd = 0

  constructor(options: JobsOptions) {
    this.#options = options
    this.#queue = new KeyedQueue(options)
  }

  /** To be taken before a look: what ended later is not in it. */
  tick(): number {
    this.#clock += 1
    return this.#clock
  }

  get busy(): number {
    return this.#running.size
  }

  isBusy(name: string): boolean {
    return this.#running.has(name)
  }

  /** Whether a look begun at `tick` shows what the last job of that name did. */
  isSeen(name: string, tick: number): boolean {
    return !this.#running.has(name) && (this.#endedAt.get(name) ?? 0) < tick
  }

  /** Whether nothing runs, and a look begun at `tick` shows what every job did. */
  isAtRest(tick: number): boolean {
    return this.#running.size === 0 && this.#lastEnd < tick
  }

  failure(name: string): Failure | undefined {
    return this.#failures.get(name)
  }

  /** Asks for a name; a command's priority lifts its pause and forgets its failure. */
  wake(name: string, priority: number): void {
    this.#queue.add(name, priority)
    if (priority >= PRIORITY.command) this.#failures.delete(name)
  }

  /** Of the given names those that may start now, most urgent first. */
  due(names: readonly string[], tick: number): readonly string[] {
    return this.#queue.due(names).filter(name => this.isSeen(name, tick))
  }

  /** What failed once is no longer asked for. */
  forgive(name: string): void {
    this.#failures.delete(name)
  }

  nextDueAt(): number | undefined {
    return this.#queue.nextDueAt()
  }

  /** Starts a job in the background. An interrupted one is no failure. */
  start(name: string, run: (signal: AbortSignal) => Promise<void>): void {
    const controller = new AbortController()
    this.#queue.start(name)
    const promise = this.#run(name, controller.signal, run)
    this.#running.set(name, { controller, promise })
  }

  /** Ends a job early, for what it does is no longer wanted. */
  abort(name: string): void {
    this.#running.get(name)?.controller.abort()
  }

  abortAll(): void {
    for (const job of this.#running.values()) job.controller.abort()
  }

  /** Resolves when everything that runs now has ended. */
  async drain(): Promise<void> {
    await Promise.all([...this.#running.values()].map(async job => job.promise))
  }

  forget(name: string): void {
    this.#queue.forget(name)
    this.#failures.delete(name)
    this.#endedAt.delete(name)
  }

  async #run(
    name: string,
    signal: AbortSignal,
    run: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    // The job is in the map before its first step runs.
    await Promise.resolve()
    let result: RunResult = 'done'
    try {
      await run(signal)
      this.#failures.delete(name)
    } catch (error) {
      // What fails because it was told to end has not failed.
      if (!signal.aborted) result = this.#failed(name, toHouseError(error))
    }
    this.#clock += 1
    this.#lastEnd = this.#clock
    this.#endedAt.set(name, this.#lastEnd)
    this.#running.delete(name)
    this.#queue.finish(name, result)
    this.#options.onEnd()
  }

  #failed(name: string, error: HouseError): RunResult {
    if (error.code === 'Interrupted') return 'done'
    const count = (this.#failures.get(name)?.count ?? 0) + 1
    const failure = {
      code: error.code,
      message: withNext(error),
      retryable: error.retryable,
      count,
    }
    this.#failures.set(name, failure)
    return error.retryable ? 'retry' : 'stalled'
  }
}
