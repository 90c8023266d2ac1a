import { HouseError } from '../../errors.ts'
import { plainLine } from '../../resource/text.ts'
import type { Pause } from '../forge-pauses.ts'
import { limited, outageMs, untoldLimitMs } from '../forge-pauses.ts'
import { boundedPause, retryAfter } from '../http-failure.ts'

const MINUTE_MS = 60_000
const MAX_QUOTE = 200

/** An answer that is none of what was asked for. */
export interface Refusal {
  readonly status: number
  readonly headers: Readonly<Record<string, string | number | undefined>>
  readonly message: string
}

export interface Judgement {
  readonly error: HouseError
  readonly pause: Pause | undefined
}

/** When a request failed, and how many in a row did before it. */
export interface Circumstances {
  readonly failures: number
  readonly now: number
  /** From 0 to 1. */
  readonly random: number
}

/** What an answer means for everything else that is asked. */
export function judge(
  what: string,
  { status, headers, message }: Refusal,
  circumstances: Circumstances,
): Judgement {
  const { failures, now } = circumstances
  const said = plainLine(message, MAX_QUOTE)
  const text = `${what} answered ${status}${said === '' ? '' : `: ${said}`}`
  const limitMs = limitOf({ status, headers, message }, failures, now)
  if (limitMs !== undefined) return limit(text, limitMs, now)
  if (status === 401) {
    const reason = `${what} does not accept the token`
    const error = new HouseError('Refused', reason, { next: 'gh auth status' })
    return { error, pause: { kind: 'token', until: now + MINUTE_MS, reason } }
  }
  if (status >= 500 || status === 408) return outage(text, circumstances)
  if (status === 404) return { error: new HouseError('NotFound', text), pause: undefined }
  if (status === 403) {
    const reason = `${text}; the token may not do this`
    return {
      error: new HouseError('Refused', reason, { next: 'gh auth status' }),
      pause: undefined,
    }
  }
  return { error: new HouseError('Refused', text), pause: undefined }
}

/** No answer, or one of a server that is not well. */
export function outage(text: string, { failures, now, random }: Circumstances): Judgement {
  return {
    error: new HouseError('Unreachable', text, { retryable: true }),
    pause: { kind: 'outage', until: now + outageMs(failures, random), reason: text },
  }
}

/** The forge says that it was asked too much. */
export function limit(text: string, ms: number, now: number): Judgement {
  return { error: limited(text, ms), pause: { kind: 'limit', until: now + ms, reason: text } }
}

/** How long to wait when an answer is about limits: what it says itself, the end of the hour, else a minute and growing. */
export function limitOf(
  { status, headers, message }: Refusal,
  failures: number,
  now: number,
): number | undefined {
  if (status !== 403 && status !== 429 && status !== 200 && status !== 503) return undefined
  const { 'retry-after': header } = headers
  const after = retryAfter(header === undefined ? undefined : String(header), now)
  if (after !== undefined) return bounded(after)
  if (status === 503) return undefined
  if (String(headers['x-ratelimit-remaining']) === '0') {
    const reset = Number(headers['x-ratelimit-reset']) * 1000
    // A second more, for clocks differ.
    if (Number.isFinite(reset)) return bounded(reset - now + 1000)
  }
  if (status === 429 || /rate limit|abuse|too many requests/i.test(message)) {
    return untoldLimitMs(failures)
  }
  return undefined
}

function bounded(ms: number): number {
  return Math.max(boundedPause(ms), 1000)
}
