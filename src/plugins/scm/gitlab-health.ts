import type { HouseError } from '../../errors.ts'
import type { Budget } from '../forge-pacing.ts'
import type { Pause } from '../forge-pauses.ts'
import { outageMs, Pauses, untoldLimitMs } from '../forge-pauses.ts'
import { HttpError } from '../http-failure.ts'

const MINUTE_MS = 60_000

export interface Clock {
  readonly now: () => number
  /** From 0 to 1. */
  readonly random: () => number
}

/** How one host is: what its answers say about limits and outages holds for everything that is asked of it. */
export class Health {
  readonly pauses: Pauses
  readonly #clock: Clock
  #left: Omit<Budget, 'cost'> | undefined
  #count = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.pauses = new Pauses(clock.now)
  }

  /** An answer came, whatever it says. */
  note(headers?: Headers): void {
    this.#count += 1
    const remaining = Number(headers?.get('ratelimit-remaining') ?? Number.NaN)
    const reset = Number(headers?.get('ratelimit-reset') ?? Number.NaN)
    if (Number.isFinite(remaining) && Number.isFinite(reset)) {
      this.#left = { remaining, resetAt: reset * 1000 }
    }
  }

  /** Takes a failure in. Gives whether the token is to be asked for anew. */
  fail(error: HouseError, { isChange }: { readonly isChange: boolean }): boolean {
    const { status = Infinity } = error instanceof HttpError ? error : {}
    // An answer such as 404 says that the other side is well.
    if (status < 500 && status !== 429) this.pauses.recover()
    // GitLab also answers 401 to a change that this person may not make.
    if (isChange && status === 401) return false
    const next = pauseAfter(error, this.pauses.failures, this.#clock)
    if (next === undefined) return false
    this.pauses.begin(next)
    return next.kind === 'token'
  }

  counted(): number {
    return this.#count
  }

  /** What is left, at the cost of what was asked since. */
  budgets(since: number): readonly Budget[] {
    return this.#left === undefined ? [] : [{ ...this.#left, cost: this.#count - since }]
  }
}

/** What a failure means for everything else that is asked of this host. `failures` are those in a row before it. */
function pauseAfter(error: HouseError, failures: number, clock: Clock): Pause | undefined {
  const { code, message: reason, retryAfterMs } = error
  const now = clock.now()
  if (code === 'RateLimited') {
    const ms = retryAfterMs ?? untoldLimitMs(failures)
    return { kind: 'limit', until: now + Math.max(ms, 1000), reason }
  }
  if (code === 'Unreachable') {
    return { kind: 'outage', until: now + outageMs(failures, clock.random()), reason }
  }
  if (error instanceof HttpError && error.status === 401) {
    return { kind: 'token', until: now + MINUTE_MS, reason }
  }
  return undefined
}
