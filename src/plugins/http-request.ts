import type { HttpAnswer, Service } from './http-failure.ts'
import { httpFailure, unanswered } from './http-failure.ts'
import { HouseError } from '../errors.ts'

const MAX_ANSWER = 8 * 1024 * 1024

export interface HttpRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
  /** Statuses that are answers besides 2xx. */
  readonly allow?: readonly number[]
}

export interface HttpResult {
  readonly status: number
  readonly headers: Headers
  /** The body as JSON; undefined for an empty one. */
  readonly json: unknown
}

/** One request for JSON. Redirects are not followed, for they would carry the token elsewhere. Throws as `httpFailure` says. */
export async function requestJson(
  service: Service,
  request: HttpRequest,
  { signal, now }: { readonly signal: AbortSignal; readonly now: Date },
): Promise<HttpResult> {
  const { method, url, headers, body, timeoutMs, allow } = request
  const limit = AbortSignal.timeout(timeoutMs)
  const limits = { signal, limit, timeoutMs }
  let response: Response
  let text: string
  try {
    response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: { 'user-agent': 'ao', accept: 'application/json', ...headers },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.any([signal, limit]),
    })
    text = await textOf(response)
  } catch (error) {
    throw unanswered(service, error, limits)
  }
  const { status } = response
  if (!response.ok && allow?.includes(status) !== true) {
    throw httpFailure(service, answerOf(response, text), now)
  }
  return {
    status,
    headers: response.headers,
    json: response.ok ? parsed(service, text) : undefined,
  }
}

function answerOf(response: Response, text: string): HttpAnswer {
  return {
    status: response.status,
    header: name => response.headers.get(name) ?? undefined,
    said: reasonIn(text),
  }
}

/** Where forges say why: a message, or a list of them. */
function reasonIn(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return text
    const { message, error, errorMessages, errors } = value as Readonly<Record<string, unknown>>
    const said = [message, error, errorMessages, errors].find(part => hasWords(part))
    if (Array.isArray(said) && said.every(part => typeof part === 'string')) return said.join('; ')
    return typeof said === 'string' ? said : JSON.stringify(said ?? '')
  } catch {
    return text
  }
}

function hasWords(value: unknown): boolean {
  if (typeof value === 'string') return value !== ''
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}

function parsed(service: Service, text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new HouseError('Unreachable', `${service.what} answered something that is not JSON`, {
      retryable: true,
      next: service.next,
    })
  }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > MAX_ANSWER) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
