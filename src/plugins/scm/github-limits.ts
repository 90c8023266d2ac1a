import { HouseError } from '../../errors.ts'
import { formatDuration } from '../../resource/duration.ts'
import { plainLine } from '../../resource/text.ts'

const MINUTE_MS = 60_000
const MAX_PAUSE_MS = 3_660_000
const MAX_SECONDARY_MS = 15 * MINUTE_MS
const FIRST_OUTAGE_MS = 5000
const MAX_OUTAGE_MS = 5 * MINUTE_MS
const MAX_QUOTE = 200

/** An answer that is none of what was asked for. */
export interface Refusal {
  readonly status: number
  readonly headers: Readonly<Record<string, string | number | undefined>>
  readonly message: string
}

/** Why a forge is left alone, and until when. A limit holds for everything; an outage doesn't keep a person's command from trying. */
export interface Pause {
  readonly kind: 'limit' | 'outage' | 'token'
  readonly until: number
  readonly reason: string
}

export interface Judgement {
  readonly error: HouseError
  readonly pause: Pause | undefined
}

/** What an answer means for everything else that is asked. `failures` are those in a row before it. */
export function judge(
  what: string,
  { status, headers, message }: Refusal,
  {
    failures,
    now,
    random,
  }: { readonly failures: number; readonly now: number; readonly random: number },
): Judgement {
  const said = plainLine(message, MAX_QUOTE)
  const text = `${what} answered ${status}${said === '' ? '' : `: ${said}`}`
  const limitMs = limitOf({ status, headers, message }, failures, now)
  if (limitMs !== undefined) return limited(text, { ms: limitMs, now })
  if (status === 401) {
    const reason = `${what} does not accept the token`
    const error = new HouseError('Refused', reason, { next: 'gh auth status' })
    return { error, pause: { kind: 'token', until: now + MINUTE_MS, reason } }
  }
  if (status >= 500 || status === 408) return outage(text, { failures, now, random })
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
export function outage(
  text: string,
  {
    failures,
    now,
    random,
  }: { readonly failures: number; readonly now: number; readonly random: number },
): Judgement {
  const ms = Math.min(FIRST_OUTAGE_MS * 2 ** Math.min(failures, 10), MAX_OUTAGE_MS)
  const until = now + Math.round(ms * (0.75 + random / 2))
  return {
    error: new HouseError('Unreachable', text, { retryable: true }),
    pause: { kind: 'outage', until, reason: text },
  }
}

/** The hour's points are used up, as GraphQL says it: with 200. */
export function limited(
  text: string,
  { ms, now }: { readonly ms: number; readonly now: number },
): Judgement {
  const reason = `${text} (asked again in ${formatDuration(ms)})`
  const error = new HouseError('RateLimited', reason, { retryable: true, retryAfterMs: ms })
  return { error, pause: { kind: 'limit', until: now + ms, reason: text } }
}

/** How long to wait when an answer is about limits: what it says itself, the end of the hour, else a minute and growing. */
export function limitOf(
  { status, headers, message }: Refusal,
  failures: number,
  now: number,
): number | undefined {
  if (status !== 403 && status !== 429 && status !== 200 && status !== 503) return undefined
  const after = retryAfter(headers['retry-after'], now)
  if (after !== undefined) return after
  if (status === 503) return undefined
  if (String(headers['x-ratelimit-remaining']) === '0') {
    const reset = Number(headers['x-ratelimit-reset']) * 1000
    // A second more, for clocks differ.
    if (Number.isFinite(reset)) return bounded(reset - now + 1000)
  }
  if (status === 429 || /rate limit|abuse|too many requests/i.test(message)) {
    return Math.min(MINUTE_MS * 2 ** Math.min(failures, 10), MAX_SECONDARY_MS)
  }
  return undefined
}

function retryAfter(header: string | number | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const text = String(header).trim()
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isFinite(ms) ? bounded(ms) : undefined
}

function bounded(ms: number): number {
  return Math.min(Math.max(Math.ceil(ms), 1000), MAX_PAUSE_MS)
}
