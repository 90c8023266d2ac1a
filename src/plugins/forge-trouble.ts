import type { HouseError } from '../errors.ts'
import { toHouseError } from '../errors.ts'
import { formatMoment } from '../resource/duration.ts'

/** Why the last look at a forge failed, and when there may be another one. */
export interface Trouble {
  readonly error: HouseError
  /** Milliseconds since the epoch, as all moments here. */
  readonly at: number
  /** When the first look in a row failed in this way. */
  readonly since: number
  /** When the look before that failed, in whatever way; undefined for the first failure in a row. */
  readonly before: number | undefined
  readonly nextAt: number
  /** How many looks in a row failed, in whatever way. */
  readonly count: number
}

const FIRST_RETRY_MS = 60_000
const MAX_RETRY_MS = 600_000
/**
 * No limit of a forge lasts longer by itself, and few outages do: who is still refused after it is refused for what they do, and who is not answered may have
 * another address to ask.
 */
const ENDLESS_MS = 3_600_000
/** Waiting mends none of these. */
const PERMANENT: ReadonlySet<string> = new Set([
  'Refused',
  'EnvironmentMissing',
  'InvalidManifest',
  'NotFound',
])

/** What one more failure makes of the trouble so far; `pausedUntil` where the forge said itself when it may be asked. */
export function troubleAfter(
  before: Trouble | undefined,
  failure: unknown,
  { now, pausedUntil }: { readonly now: number; readonly pausedUntil: number | undefined },
): Trouble {
  const error = toHouseError(failure)
  const count = (before?.count ?? 0) + 1
  const own = Math.min(FIRST_RETRY_MS * 2 ** (count - 1), MAX_RETRY_MS)
  const isSame = before?.error.code === error.code
  return {
    error,
    at: now,
    since: isSame ? before.since : now,
    before: before?.at,
    nextAt: pausedUntil ?? now + own,
    count,
  }
}

/** Whether only a person can end it: waiting mends it not, or has not for longer than any limit lasts (D3). */
export function needsPerson({ error, at, since }: Trouble): boolean {
  return isPermanent(error) || (isPassing(error) && at - since >= ENDLESS_MS)
}

/** Whether it may end by itself. */
export function isPassing({ code }: HouseError): boolean {
  return code === 'RateLimited' || code === 'Unreachable'
}

/** Whether it hides what a forge was last seen to have at `knownAt`. A limit does at once; one look that fails is a hiccup, a second one is none. */
export function isHiding({ error, at, before }: Trouble, knownAt: number): boolean {
  return knownAt < (error.code === 'Unreachable' ? (before ?? -Infinity) : at)
}

export function isPermanent({ code }: HouseError): boolean {
  return PERMANENT.has(code)
}

/** Whether only the environment of whoever looks lacks something. */
export function isLacking(error: HouseError | undefined): boolean {
  return error?.code === 'EnvironmentMissing'
}

/** For people: what failed, since when if it does not end, and the command that helps. */
export function describeTrouble(trouble: Trouble): string {
  const { error, since } = trouble
  if (isPermanent(error) || !needsPerson(trouble)) return describeFailure(error)
  const helps =
    error.code === 'RateLimited'
      ? 'use a token that nothing else uses, or a longer spec.scm.interval'
      : 'is its address right, and does anything between here and there hold requests up?'
  return `${error.message}; it has not stopped since ${formatMoment(since)}: ${helps} (ao explain project.spec.scm)`
}

export function describeFailure({ message, next }: HouseError): string {
  return next === undefined ? message : `${message} (${next})`
}
