import { errnoOf, HouseError } from '../errors.ts'
import { plainLine } from '../resource/text.ts'

const MAX_PAUSE_MS = 3_660_000
const MAX_QUOTE = 200

/** Whom we ask, and what a person sets when it doesn't let us. */
export interface Service {
  /** For people: `Project/shop: github.com`. Holds no secret. */
  readonly what: string
  /** The setting that holds its token, such as `spec.tracker.token`. */
  readonly setting: string
  /** The command that helps with it. */
  readonly next: string
}

export interface HttpAnswer {
  readonly status: number
  header(name: string): string | undefined
  /** What the other side gave as its reason. */
  readonly said: string
}

/** A refusal with what the other side answered, for callers who can tell one from another. */
export class HttpError extends HouseError {
  /** Undefined where there was no answer. */
  readonly status: number | undefined
  readonly said: string

  constructor({ code, message, ...error }: HouseError, status: number | undefined, said: string) {
    const { next, retryAfterMs, retryable } = error
    super(code, message, {
      retryable,
      ...(next === undefined ? {} : { next }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
    this.status = status
    this.said = said
  }
}

/** What an answer other than 2xx means: whose fault it is, and whether and when to try again. */
export function httpFailure(service: Service, answer: HttpAnswer, now: Date): HttpError {
  return new HttpError(judge(service, answer, now), answer.status, answer.said)
}

function judge(service: Service, answer: HttpAnswer, now: Date): HouseError {
  const { what, setting, next } = service
  const { status } = answer
  const said = plainLine(answer.said, MAX_QUOTE)
  const message = `${what} answered ${status}${said === '' ? '' : `: ${said}`}`
  const retryAfterMs = pauseOf(answer, now)
  // Of its secondary limits GitHub doesn't always say when they end.
  const mustWait = retryAfterMs !== undefined || /secondary rate limit/i.test(said)
  const isLimited = status === 429 || (status === 403 && mustWait)
  if (isLimited || (status === 503 && retryAfterMs !== undefined)) {
    return new HouseError('RateLimited', message, {
      retryable: true,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  }
  if (status >= 500 || status === 408) {
    return new HouseError('Unreachable', message, { retryable: true })
  }
  if (status === 401) {
    return new HouseError('Refused', `${message}; it does not accept ${setting}`, { next })
  }
  if (status === 403) {
    return new HouseError('Refused', `${message}; ${setting} may not do this`, { next })
  }
  const isThere = status !== 404 && status !== 410
  return new HouseError(isThere ? 'Refused' : 'NotFound', message, { next })
}

/** What a request without an answer means. The message holds nothing of the request, which carries the token. */
export function unanswered(
  { what, next }: Service,
  error: unknown,
  { signal, limit, timeoutMs }: Limits,
): HouseError {
  if (signal.aborted) return new HouseError('Interrupted', `asking ${what} was interrupted`)
  if (limit.aborted) {
    return new HouseError('Unreachable', `${what} did not answer within ${timeoutMs} ms`, {
      retryable: true,
      next,
    })
  }
  return new HouseError('Unreachable', `${what} could not be reached: ${reasonOf(error)}`, {
    retryable: true,
    next,
  })
}

/** Why a request got no answer, from the deepest cause that says anything: what `fetch` itself says is only that it failed. */
export function reasonOf(error: unknown): string {
  let said = 'no answer'
  let code: string | undefined
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    code = errnoOf(cause) ?? code
    if (cause.message !== '') said = cause.message
  }
  return code ?? plainLine(said, MAX_QUOTE)
}

export interface Limits {
  readonly signal: AbortSignal
  readonly limit: AbortSignal
  readonly timeoutMs: number
}

/** The pause that the other side asks for: `Retry-After`, or when a used-up allowance is renewed. */
function pauseOf(answer: HttpAnswer, now: Date): number | undefined {
  const after = answer.header('retry-after')
  if (after !== undefined) return retryAfter(after, now.getTime())
  for (const prefix of ['x-ratelimit', 'ratelimit']) {
    const resetAt = Number(answer.header(`${prefix}-reset`))
    if (answer.header(`${prefix}-remaining`) === '0' && Number.isFinite(resetAt)) {
      return boundedPause(resetAt * 1000 - now.getTime())
    }
  }
  return undefined
}

/** What a header `Retry-After` asks for, seconds or a date, as milliseconds from now; undefined for none, and for one that says something else. */
export function retryAfter(header: string | null | undefined, now: number): number | undefined {
  const text = header?.trim() ?? ''
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isFinite(ms) ? boundedPause(ms) : undefined
}

/** No pause is longer than an hour, in which every allowance is renewed, and a minute, for clocks differ. */
export function boundedPause(ms: number): number {
  return Math.min(Math.max(Math.ceil(ms), 0), MAX_PAUSE_MS)
}
