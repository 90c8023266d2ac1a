/** A wall clock that differs from its own pace by more than this was set, or the machine slept. */
const TOLERANCE_MS = 5000

/** Notices that the wall clock jumped while we ran: lengths of time from before until after it mean nothing. */
export class ClockJumps {
  readonly #wall: () => number
  readonly #steady: () => number
  #ahead: number
  #at: number | undefined

  constructor(wall: () => number, steady: () => number = () => performance.now()) {
    this.#wall = wall
    this.#steady = steady
    this.#ahead = wall() - steady()
  }

  /** When the last jump was noticed, milliseconds since the epoch by the clock of after it. */
  lastAt(): number | undefined {
    const wall = this.#wall()
    const ahead = wall - this.#steady()
    if (Math.abs(ahead - this.#ahead) > TOLERANCE_MS) this.#at = wall
    this.#ahead = ahead
    return this.#at
  }
}
