import { HouseError } from '../../errors.ts'
import { formatDuration } from '../../resource/duration.ts'
import type { Budget } from '../forge-pacing.ts'
import { HttpError } from '../http-failure.ts'

const MINUTE_MS = 60_000
const MAX_LIMIT_MS = 15 * MINUTE_MS
const FIRST_OUTAGE_MS = 5000
const MAX_OUTAGE_MS = 5 * MINUTE_MS

/** Why a host is left alone, and until when. A limit holds for everything; an outage doesn't keep a person's command from trying. */
export interface Pause {
  readonly kind: 'limit' | 'outage' | 'token'
  readonly until: number
  readonly reason: string
}

export interface Clock {
  readonly now: () => number
  /** From 0 to 1. */
  readonly random: () => number
}

/** How one host is: what its answers say about limits and outages holds for everything that is asked of it. */
export class Health {
  readonly #what: string
  readonly #clock: Clock
  #left: Omit<Budget, 'cost'> | undefined
  #count = 0
  #pause: Pause | undefined
  #failures = 0

  constructor(what: string, clock: Clock) {
    this.#what = what
    this.#clock = clock
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

  succeed(): void {
    this.#failures = 0
    this.#pause = undefined
  }

  /** Takes a failure in. Gives whether the token is to be asked for anew. */
  fail(error: HouseError, { isChange }: { readonly isChange: boolean }): boolean {
    // An answer such as 404 says that the other side is well.
    if (error instanceof HttpError && error.status < 500 && error.status !== 429) this.#failures = 0
    // GitLab also answers 401 to a change that this person may not make.
    if (isChange && error instanceof HttpError && error.status === 401) return false
    const { now, random } = this.#clock
    const next = pauseAfter(error, { failures: this.#failures, now: now(), random: random() })
    if (next === undefined) return false
    this.#failures += 1
    this.#pause = next
    return next.kind === 'token'
  }

  pause(): Pause | undefined {
    return this.#pause !== undefined && this.#pause.until > this.#clock.now()
      ? this.#pause
      : undefined
  }

  /** Throws while a limit holds. */
  assertMayAsk(): void {
    const pause = this.pause()
    if (pause?.kind !== 'limit') return
    const retryAfterMs = pause.until - this.#clock.now()
    throw new HouseError(
      'RateLimited',
      `${this.#what} limits us: ${pause.reason} (asked again in ${formatDuration(retryAfterMs)})`,
      { retryable: true, retryAfterMs },
    )
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
function pauseAfter(
  error: HouseError,
  state: { readonly failures: number; readonly now: number; readonly random: number },
): Pause | undefined {
  const { code, message: reason, retryAfterMs } = error
  const growth = 2 ** Math.min(state.failures, 10)
  if (code === 'RateLimited') {
    const ms = retryAfterMs ?? Math.min(MINUTE_MS * growth, MAX_LIMIT_MS)
    return { kind: 'limit', until: state.now + Math.max(ms, 1000), reason }
  }
  if (code === 'Unreachable') {
    const ms = Math.min(FIRST_OUTAGE_MS * growth, MAX_OUTAGE_MS) * (0.75 + state.random / 2)
    return { kind: 'outage', until: state.now + Math.round(ms), reason }
  }
  if (error instanceof HttpError && error.status === 401) {
    return { kind: 'token', until: state.now + MINUTE_MS, reason }
  }
  return undefined
}
