import { HouseError } from '../errors.ts'
import { plainLine } from '../resource/text.ts'
import { boundedPause, reasonOf, retryAfter } from './http-failure.ts'

const MAX_QUOTE = 200
const MAX_ANSWER = 64 * 1024

export interface Post {
  /** Who is posted to, for people: `the webhook https://example.org`. Holds no secret. */
  readonly what: string
  readonly url: URL
  readonly body: string
  readonly headers: Headers
  readonly timeoutMs: number
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** The beginning of the body, at most 64 KiB; undefined when it broke off or took too long. */
  readonly text: string | undefined
}

/** Posts once; redirects are not followed. Throws `Unreachable` (retryable) when there is no answer in time, `Interrupted` at the signal. */
export async function post(request: Post, signal: AbortSignal): Promise<Answer> {
  const limit = AbortSignal.timeout(request.timeoutMs)
  const either = AbortSignal.any([signal, limit])
  try {
    const { url, body, headers } = request
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      body,
      headers,
      signal: either,
    })
    return { status: response.status, headers: response.headers, text: await textOf(response) }
  } catch (error) {
    throw unanswered(request, { error, signal, limit })
  }
}

/** A header set that says who we are. Throws `Refused` without quoting the value, which may be a secret. */
export function headersFor(what: string, given: Readonly<Record<string, string>>): Headers {
  const headers = new Headers()
  try {
    for (const [name, value] of Object.entries(given)) headers.set(name, value)
  } catch (error) {
    throw new HouseError('Refused', `a header of ${what} has characters that no header may have`, {
      cause: error instanceof Error ? error.name : undefined,
      next: 'ao explain notifier.spec.config',
    })
  }
  headers.set('user-agent', 'ao')
  return headers
}

/** What an answer other than 2xx means for trying again. `said` is what the other side gave as its reason, by default what it answered. */
export function refusalOf(
  what: string,
  answer: Answer,
  now: Date,
  said = quote(answer),
): HouseError {
  const { status, headers } = answer
  const message = `${what} answered ${status}${said === '' ? '' : `: ${said}`}`
  const retryAfterMs = retryAfter(headers.get('retry-after'), now.getTime())
  if (status === 429 || (status === 503 && retryAfterMs !== undefined)) {
    return rateLimited(message, retryAfterMs)
  }
  if (status >= 500 || status === 408) {
    return new HouseError('Unreachable', message, { retryable: true })
  }
  const isElsewhere = status >= 300 && status < 400 && headers.has('location')
  return new HouseError(
    'Refused',
    isElsewhere ? `${message} (a redirect, which is not followed)` : message,
    { next: 'ao get notifiers -o yaml' },
  )
}

export function rateLimited(message: string, retryAfterMs: number | undefined): HouseError {
  return new HouseError('RateLimited', message, {
    retryable: true,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs: boundedPause(retryAfterMs) }),
  })
}

/** The beginning of what was answered, on one line. */
export function quote({ text }: Answer): string {
  return plainLine(text ?? '', MAX_QUOTE)
}

/** The answer as JSON; undefined when it is none. */
export function jsonOf({ text }: Answer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}

/** An answer whose body breaks off is an answer all the same: what was asked has been done or refused. */
async function textOf(response: Response): Promise<string | undefined> {
  const reader = response.body?.getReader()
  if (reader === undefined) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    while (size < MAX_ANSWER) {
      const { done, value } = await reader.read()
      if (done) break
      chunks.push(value)
      size += value.length
    }
    return Buffer.concat(chunks).subarray(0, MAX_ANSWER).toString('utf8')
  } catch {
    return undefined
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

interface Failure {
  readonly error: unknown
  readonly signal: AbortSignal
  readonly limit: AbortSignal
}

function unanswered({ what, timeoutMs }: Post, { error, signal, limit }: Failure): HouseError {
  if (signal.aborted) return new HouseError('Interrupted', `sending to ${what} was interrupted`)
  if (limit.aborted) {
    return new HouseError('Unreachable', `${what} did not answer within ${timeoutMs} ms`, {
      retryable: true,
    })
  }
  return new HouseError('Unreachable', `${what} could not be reached: ${reasonOf(error)}`, {
    cause: error,
    retryable: true,
  })
}
