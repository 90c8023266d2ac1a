import type { Budget, Pace, Schedule } from '../forge-pacing.ts'
import { schedule } from '../forge-pacing.ts'

/** After a sign that something happens it is looked at often for a while. */
const FAST_MS = 30_000

export interface TurnEnd {
  readonly at: number
  readonly intervalMs: number
  /** Somebody waits for something here. */
  readonly isWaiting: boolean
  readonly hasChanged: boolean
  /** How soon the checks of each head are worth another look. */
  readonly heads: readonly (readonly [string, Pace])[]
  readonly budgets: readonly Budget[]
}

export interface TurnOptions {
  readonly now: () => number
  readonly random: () => number
}

/** Whose turn it is to be looked at: the repository, and the checks of each head. */
export class Turns {
  readonly #options: TurnOptions
  readonly #heads = new Map<string, Schedule>()
  #whole: Schedule | undefined
  #fastUntil = 0
  /** The first time everything is due. */
  #isTriggered = true

  constructor(options: TurnOptions) {
    this.#options = options
  }

  /** Something happened. */
  trigger(): void {
    this.#isTriggered = true
    this.#fastUntil = this.#options.now() + FAST_MS
    this.#heads.clear()
  }

  isDue(): boolean {
    return this.#isTriggered || this.nextAt() <= this.#options.now()
  }

  nextAt(): number {
    return this.#whole?.nextAt ?? 0
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
    const isBusy = isFast || turn.heads.some(([, pace]) => pace === 'checks')
    const common = { intervalMs: turn.intervalMs, now: now() }
    const hasMoved = turn.hasChanged || isFast
    this.#whole = schedule({
      ...common,
      pace: turn.isWaiting ? (isBusy ? 'checks' : 'review') : 'idle',
      before: this.#whole,
      hasMoved,
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
}
