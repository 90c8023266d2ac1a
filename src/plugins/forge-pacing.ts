/** How urgently something of a forge is looked at again. */
export type Pace =
  /** Checks run. */
  | 'checks'
  /** People are waited for. */
  | 'review'
  /** Nobody waits. */
  | 'idle'

/** When a thing is looked at next. */
export interface Schedule {
  readonly intervalMs: number
  readonly nextAt: number
}

/** What is left of a forge's allowance. */
export interface Budget {
  readonly remaining: number
  /** Milliseconds since the epoch. */
  readonly resetAt: number
  /** Requests that counted the last time round. */
  readonly cost: number
}

export interface ScheduleInput {
  readonly pace: Pace
  /** The shortest wait. */
  readonly intervalMs: number
  readonly before: Schedule | undefined
  readonly hasMoved: boolean
  /** By then it is to be looked at, if the allowance lasts; milliseconds since the epoch. */
  readonly latestAt?: number
  readonly budgets: readonly Budget[]
  readonly now: number
  /** From 0 to 1. */
  readonly random: number
}

const GROWTH = 1.5
const JITTER = 0.1
/** What is left to others who use the same allowance: agents ask as well. */
const RESERVE = 500

/** Waits at each pace, first and longest, in shortest waits: with 15 s they are 15 s to 2 min, 1 to 10 min, 5 min. */
const WAITS = {
  checks: { first: 1, last: 8 },
  review: { first: 4, last: 40 },
  idle: { first: 20, last: 20 },
} as const

/** The next look: soon after a change, later and later while there is none, and never more often than the allowance lasts. */
export function schedule(input: ScheduleInput): Schedule {
  const { pace, before, hasMoved, now, random } = input
  const first = WAITS[pace].first * input.intervalMs
  const last = WAITS[pace].last * input.intervalMs
  const grown =
    hasMoved || before === undefined ? first : clamp(before.intervalMs * GROWTH, first, last)
  const least = Math.max(0, ...input.budgets.map(budget => affordable(budget, now)))
  const most = Math.max(least, input.intervalMs, (input.latestAt ?? Infinity) - now)
  const jitter = 1 + JITTER * (2 * random - 1)
  const wait = Math.min(Math.max(grown, least) * jitter, most)
  return { intervalMs: grown, nextAt: now + Math.round(wait) }
}

/** The shortest wait that the allowance can pay for until it is renewed. */
function affordable({ remaining, resetAt, cost }: Budget, now: number): number {
  const untilReset = Math.max(0, resetAt - now)
  if (cost === 0 || untilReset === 0) return 0
  const left = remaining - RESERVE
  return left <= 0 ? untilReset : Math.min(untilReset, (cost * untilReset) / left)
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}
