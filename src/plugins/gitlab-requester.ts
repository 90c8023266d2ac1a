import type { Issues } from '@gitbeaker/rest'

import type { ForgePace } from './forge-pace.ts'
import type { Service } from './http-failure.ts'
import type { HttpResult } from './http-request.ts'
import { requestJson } from './http-request.ts'

export interface GitlabCall {
  readonly signal: AbortSignal
  readonly timeoutMs: number
  readonly now: Date
  /** The validator of the answer that is known: one that is as before has no body. */
  readonly etag?: string | undefined
  /** That of all processes together, where nobody else heeds it. */
  readonly pace?: ForgePace | undefined
  /** Hears of every answer that is no failure. */
  readonly onAnswer?: (answer: Pick<HttpResult, 'status' | 'headers'>) => void
}

/** What every resource of the library takes for carrying its requests. */
export type GitlabRequesterFn = NonNullable<
  NonNullable<ConstructorParameters<typeof Issues>[0]>['requesterFn']
>
type Resource = Parameters<GitlabRequesterFn>[0]
type Requester = ReturnType<GitlabRequesterFn>
type Options = NonNullable<Parameters<Requester['get']>[1]>
type Respond = Requester['get']

/**
 * Carries the library's requests instead of the library: its own way repeats a refused request ten times within a moment and forgets for how long
 * the server asked to be left alone. Ours asks once, ends at the signal, and throws as `httpFailure` says.
 */
export function gitlabRequester(service: Service, call: GitlabCall): GitlabRequesterFn {
  return resource => {
    const by =
      (method: string): Respond =>
      async (endpoint, options = {}) => {
        const request = {
          method,
          url: urlOf(resource, endpoint, options),
          headers: {
            ...(await headersOf(resource, options)),
            ...(call.etag === undefined ? {} : { 'if-none-match': call.etag }),
          },
          ...bodyOf(options),
          timeoutMs: call.timeoutMs,
          ...(call.etag === undefined ? {} : { allow: [304] }),
        }
        const { pace } = call
        const send = async (): Promise<HttpResult> => {
          if (method !== 'GET') await pace?.turn(call.signal)
          return requestJson(service, request, call)
        }
        const answer = await (pace === undefined ? send() : pace.heed(send))
        call.onAnswer?.(answer)
        const headers = Object.fromEntries(answer.headers.entries())
        // Whoever asked knows the shape, and reads it with care.
        return { body: answer.json as never, headers, status: answer.status }
      }
    return {
      get: by('GET'),
      post: by('POST'),
      put: by('PUT'),
      patch: by('PATCH'),
      delete: by('DELETE'),
    }
  }
}

function urlOf({ url }: Resource, endpoint: string, { searchParams = {} }: Options): URL {
  const full = new URL(endpoint, url.endsWith('/') ? url : `${url}/`)
  for (const [name, value] of Object.entries(searchParams)) {
    const key = snakeCase(name)
    if (Array.isArray(value)) {
      for (const item of value) full.searchParams.append(`${key}[]`, String(item))
    } else if (
      typeof value === 'string' ||
      typeof value === 'number' ||
      typeof value === 'boolean'
    ) {
      full.searchParams.append(key, String(value))
    }
  }
  return full
}

async function headersOf(
  { headers, authHeaders }: Resource,
  { body }: Options,
): Promise<Readonly<Record<string, string>>> {
  const own = await Promise.all(
    Object.entries(authHeaders).map(async ([name, read]) => [name, await read()] as const),
  )
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  return { ...headers, ...Object.fromEntries(own), ...type }
}

function bodyOf({ body }: Options): { readonly body?: string } {
  if (body === undefined || body instanceof FormData) return {}
  const entries = Object.entries(body).map(([name, value]) => [snakeCase(name), value] as const)
  return { body: JSON.stringify(Object.fromEntries(entries)) }
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}
