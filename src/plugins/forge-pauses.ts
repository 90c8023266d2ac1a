import { HouseError } from '../errors.ts'
import { formatDuration } from '../resource/duration.ts'

const MINUTE_MS = 60_000
const FIRST_OUTAGE_MS = 5000
const MAX_OUTAGE_MS = 5 * MINUTE_MS
const MAX_LIMIT_MS = 15 * MINUTE_MS

/** Why a forge is left alone, and until when. A limit holds for everything; an outage doesn't keep a person's command from trying. */
export interface Pause {
  readonly kind: 'limit' | 'outage' | 'token'
  /** Milliseconds since the epoch. */
  readonly until: number
  readonly reason: string
}

/** Whether this process leaves a forge alone, and how often in a row it had to begin to. */
export class Pauses {
  readonly #now: () => number
  #last: Pause | undefined
  #failures = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** How many came before this one. What fails while a pause holds was asked beside, and tells of the same trouble. */
  get failures(): number {
    return this.current() === undefined ? this.#failures : Math.max(0, this.#failures - 1)
  }

  /** The one that is not over yet. */
  current(): Pause | undefined {
    return this.#last !== undefined && this.#last.until > this.#now() ? this.#last : undefined
  }

  begin(pause: Pause): void {
    if (this.current() === undefined) this.#failures += 1
    this.adopt(pause)
  }

  /** One that somebody else was told. A limit outlasts what was asked before it began, however that ends. */
  adopt(pause: Pause): void {
    const { kind, until } = this.current() ?? {}
    const isWeaker = kind === 'limit' && (pause.kind !== 'limit' || pause.until < (until ?? 0))
    if (!isWeaker) this.#last = pause
  }

  /** An answer came. */
  recover(): void {
    if (this.current()?.kind === 'limit') return
    this.#failures = 0
    this.#last = undefined
  }

  /** Throws while a limit holds. */
  assertMayAsk(): void {
    const pause = this.current()
    if (pause?.kind === 'limit') throw limited(pause.reason, pause.until - this.#now())
  }
}

export function limited(reason: string, retryAfterMs: number): HouseError {
  const message = `${reason} (asked again in ${formatDuration(retryAfterMs)})`
  return new HouseError('RateLimited', message, { retryable: true, retryAfterMs })
}

/** How long a forge is left alone that limits us without saying for how long. `failures` are those in a row before. */
export function untoldLimitMs(failures: number): number {
  return Math.min(MINUTE_MS * growth(failures), MAX_LIMIT_MS)
}

/** The same of one that doesn't answer; `random` from 0 to 1 keeps processes apart. */
export function outageMs(failures: number, random: number): number {
  return Math.round(
    Math.min(FIRST_OUTAGE_MS * growth(failures), MAX_OUTAGE_MS) * (0.75 + random / 2),
  )
}

function growth(failures: number): number {
  return 2 ** Math.min(failures, 10)
}
