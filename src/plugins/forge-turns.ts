import type { Budget, Pace, Schedule } from './forge-pacing.ts'
import { schedule } from './forge-pacing.ts'
import type { Trouble } from './forge-trouble.ts'
import { troubleAfter } from './forge-trouble.ts'

/** After a sign that something happens it is looked at often for a while. */
const FAST_MS = 30_000

export interface TurnEnd {
  /** When the look began. */
  readonly at: number
  readonly intervalMs: number
  /** By when there is to be another one, whatever else. */
  readonly latestAt: number
  readonly pace: Pace
  readonly hasChanged: boolean
  /** How soon the checks of each head are worth another look, where they are looked at by themselves. */
  readonly heads: readonly (readonly [string, Pace])[]
  readonly budgets: readonly Budget[]
}

export interface TurnOptions {
  readonly now: () => number
  readonly random: () => number
  /** Until when the forge is left alone by everybody. */
  readonly pausedUntil: () => number | undefined
}

/** Whose turn it is to be looked at: a repository of a forge, and the checks of each of its heads. */
export class Turns {
  readonly #options: TurnOptions
  readonly #heads = new Map<string, Schedule>()
  #whole: Schedule | undefined
  #trouble: Trouble | undefined
  #fastUntil = 0
  /** The first time everything is due. */
  #isTriggered = true

  constructor(options: TurnOptions) {
    this.#options = options
  }

  get trouble(): Trouble | undefined {
    return this.#trouble
  }

  /** Something happened: it is looked at as soon as it may be, and often for a while. */
  trigger(): void {
    this.again()
    this.#fastUntil = this.#options.now() + FAST_MS
  }

  /** Whether it is wanted, be it in trouble or not. */
  isWanted(): boolean {
    return this.#isTriggered || (this.#whole?.nextAt ?? 0) <= this.#options.now()
  }

  isDue(): boolean {
    return this.isWanted() && this.mayLook()
  }

  /** Whether nothing speaks against a look. */
  mayLook(): boolean {
    const { nextAt = 0 } = this.#trouble ?? {}
    return this.#options.pausedUntil() === undefined && nextAt <= this.#options.now()
  }

  /** Milliseconds since the epoch. */
  nextAt(): number {
    const { pausedUntil } = this.#options
    return Math.max(pausedUntil() ?? 0, this.#trouble?.nextAt ?? 0, this.#whole?.nextAt ?? 0)
  }

  isHeadDue(sha: string): boolean {
    return (this.#heads.get(sha)?.nextAt ?? 0) <= this.#options.now()
  }

  /** Begins: what happens from now on is for the next one. Gives whether something had happened. */
  begin(): boolean {
    const wasTriggered = this.#isTriggered
    this.#isTriggered = false
    return wasTriggered
  }

  end(turn: TurnEnd): void {
    const { now, random } = this.#options
    const isFast = now() < this.#fastUntil
    const isBusy = isFast && turn.pace !== 'idle'
    const common = { intervalMs: turn.intervalMs, now: now() }
    const hasMoved = turn.hasChanged || isFast
    this.#whole = schedule({
      ...common,
      pace: isBusy ? 'checks' : turn.pace,
      before: this.#whole,
      hasMoved,
      latestAt: turn.latestAt,
      budgets: turn.budgets,
      random: random(),
    })
    for (const [sha, pace] of turn.heads) {
      const before = this.#heads.get(sha)
      if (before !== undefined && before.nextAt > turn.at) continue
      const next = schedule({ ...common, pace, before, hasMoved, budgets: [], random: random() })
      this.#heads.set(sha, next)
    }
    const alive = new Set(turn.heads.map(([sha]) => sha))
    for (const sha of this.#heads.keys()) if (!alive.has(sha)) this.#heads.delete(sha)
  }

  /** What was begun came to no end: it is for the next look. */
  again(): void {
    this.#isTriggered = true
    this.#heads.clear()
  }

  /** All of it could be read. */
  succeed(): void {
    this.#trouble = undefined
  }

  /** A look came to nothing, or to less than was wanted. */
  fail(failure: unknown): void {
    const { now, pausedUntil } = this.#options
    this.#trouble = troubleAfter(this.#trouble, failure, {
      now: now(),
      pausedUntil: pausedUntil(),
    })
    this.again()
  }
}
