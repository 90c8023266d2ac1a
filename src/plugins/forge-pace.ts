import { setTimeout as sleep } from 'node:timers/promises'

import { HouseError, toHouseError } from '../errors.ts'
import { formatDuration } from '../resource/duration.ts'
import type { ForgeMemory } from './scm.ts'

/** Forges ask for a second between changes. */
const BETWEEN_WRITES_MS = 1000
const FIRST_PAUSE_MS = 60_000
/** What lies further ahead was written before the clock was set back. */
const MAX_AHEAD_MS = 3_660_000

/** Until when a forge wants to be left alone by everybody, and what it said. */
export interface ForgePause {
  /** Milliseconds since the epoch. */
  readonly until: number
  readonly reason: string
}

export interface PaceOptions {
  readonly memory: ForgeMemory
  /** The forge, for people: each has a pace of its own. */
  readonly host: string
  readonly now: () => number
  /** Rejects when the signal aborts; default: real time. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>
}

interface Pace {
  /** When the newest change is or was sent. */
  readonly writeAt?: number
  readonly pause?: ForgePause
}

/** How fast a forge is asked by all processes of a home together: changes come one after the other, and a pause is everybody's. What can't be kept is each one's own. */
export class ForgePace {
  readonly #options: PaceOptions
  readonly #key: string
  #mine = { planned: -Infinity, begun: -Infinity }
  #line: Promise<unknown> = Promise.resolve()

  constructor(options: PaceOptions) {
    this.#options = options
    this.#key = `pace/${options.host}`
  }

  /** The newest pause that any process was given, which may be over. */
  async pause(): Promise<ForgePause | undefined> {
    return paceOf(await this.#options.memory.read(this.#key), this.#options.now()).pause
  }

  /** Throws while the forge is to be left alone. */
  async assertMayAsk(): Promise<void> {
    const { host, now } = this.#options
    const { until, reason } = (await this.pause()) ?? { until: 0, reason: '' }
    const retryAfterMs = until - now()
    if (retryAfterMs <= 0) return
    const message = `${host} limits us: ${reason} (asked again in ${formatDuration(retryAfterMs)})`
    throw new HouseError('RateLimited', message, { retryable: true, retryAfterMs })
  }

  /** A pause began, or (undefined) is over. */
  async setPause(pause: ForgePause | undefined): Promise<void> {
    await this.#change(({ pause: _before, ...rest }) => (pause ? { ...rest, pause } : rest))
  }

  /** Does one request, and keeps what it says of limits. */
  async heed<T>(request: () => Promise<T>): Promise<T> {
    await this.assertMayAsk()
    try {
      return await request()
    } catch (error) {
      const { code, message: reason, retryAfterMs = FIRST_PAUSE_MS } = toHouseError(error)
      const until = this.#options.now() + retryAfterMs
      if (code === 'RateLimited') await this.setPause({ until, reason })
      throw error
    }
  }

  /**
   * Waits for a change's turn: a second after whoever was before it, in whichever process. Only the next one of ours has its moment written down: many, of a
   * process that ends before they are used, would keep everybody waiting.
   */
  async turn(signal: AbortSignal): Promise<void> {
    const turn = this.#line.then(async () => this.#next(signal))
    this.#line = turn.catch(() => undefined)
    return turn
  }

  async #next(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw interrupted()
    const { now, wait = realWait } = this.#options
    const mine = this.#mine
    const after = (last: number): number => Math.max(now(), last + BETWEEN_WRITES_MS)
    let planned = after(mine.begun)
    await this.#change(pace => {
      const { writeAt = mine.planned } = pace
      planned = after(writeAt === mine.planned ? mine.begun : writeAt)
      return { ...pace, writeAt: planned }
    })
    const ms = planned - now()
    if (ms > 0) await wait(ms, signal)
    this.#mine = { planned, begun: now() }
  }

  async #change(change: (pace: Pace) => Pace): Promise<void> {
    const { memory, now } = this.#options
    try {
      await memory.change(this.#key, value => change(paceOf(value, now())))
    } catch {
      // A home that can't be written to is told by whoever needs it; this is only for the others.
    }
  }
}

/** Throws `Interrupted` when the signal aborts. */
export async function realWait(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch {
    throw interrupted()
  }
}

/** Whatever else is there was not written by us. */
function paceOf(value: unknown, now: number): Pace {
  if (typeof value !== 'object' || value === null) return {}
  const { writeAt, pause } = value as Readonly<Record<string, unknown>>
  return {
    ...(isNear(writeAt, now) ? { writeAt } : {}),
    ...(isPause(pause) && isNear(pause.until, now) ? { pause } : {}),
  }
}

function isNear(time: unknown, now: number): time is number {
  return typeof time === 'number' && time <= now + MAX_AHEAD_MS
}

function isPause(value: unknown): value is ForgePause {
  if (typeof value !== 'object' || value === null) return false
  const { until, reason } = value as Readonly<Record<string, unknown>>
  return typeof until === 'number' && typeof reason === 'string'
}

function interrupted(): HouseError {
  return new HouseError('Interrupted', 'waiting for a forge was interrupted')
}
