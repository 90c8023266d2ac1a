import type { Octokit } from '@octokit/rest'

import { errnoOf } from '../../errors.ts'
import type { ForgePace } from '../forge-pace.ts'
import type { Service } from '../http-failure.ts'
import { httpFailure, unanswered } from '../http-failure.ts'

export type GithubApi = InstanceType<typeof Octokit>

/** Options of one request: it ends at the signal or after `timeoutMs`. */
export interface GithubCall {
  readonly signal: AbortSignal
  readonly timeoutMs: number
  readonly now: Date
}

const SILENT = (): void => undefined

/** The library, told where to ask and as whom. It retries nothing and says nothing: both are the caller's business. */
export async function createGithubApi(
  baseUrl: string,
  token: string,
  pace?: ForgePace,
): Promise<GithubApi> {
  const library = await import('@octokit/rest')
  const api = new library.Octokit({
    baseUrl,
    auth: token,
    userAgent: 'ao',
    log: { debug: SILENT, info: SILENT, warn: SILENT, error: SILENT },
  })
  api.hook.before('request', async ({ method, request }) => {
    const { signal } = request ?? {}
    if (method !== 'GET') {
      await pace?.turn(signal instanceof AbortSignal ? signal : new AbortController().signal)
    }
  })
  return api
}

/** Calls the library within a limit of time; undefined for a status that is an answer. Throws as `httpFailure` says. */
export async function askGithub<T>(
  service: Service,
  { signal, timeoutMs, now }: GithubCall,
  allow: readonly number[],
  ask: (request: { readonly signal: AbortSignal }) => Promise<T>,
): Promise<T | undefined> {
  const limit = AbortSignal.timeout(timeoutMs)
  try {
    return await ask({ signal: AbortSignal.any([signal, limit]) })
  } catch (error) {
    const answer = answerIn(error)
    if (answer === undefined) throw unanswered(service, error, { signal, limit, timeoutMs })
    if (allow.includes(answer.status)) return undefined
    throw httpFailure(service, answer, now)
  }
}

/** What the library's error says of the answer; undefined when there was none. */
function answerIn(error: unknown): Parameters<typeof httpFailure>[1] | undefined {
  if (!(error instanceof Error) || !('status' in error) || errnoOf(error.cause) !== undefined) {
    return undefined
  }
  const response = 'response' in error ? error.response : undefined
  if (typeof response !== 'object' || response === null) return undefined
  const { headers, data } = response as {
    readonly headers?: Readonly<Record<string, string | number | undefined>>
    readonly data?: unknown
  }
  return {
    status: Number(error.status),
    header: name => {
      const value = headers?.[name]
      return value === undefined ? undefined : String(value)
    },
    said: messageOf(data),
  }
}

function messageOf(data: unknown): string {
  if (typeof data === 'string') return data
  if (typeof data !== 'object' || data === null || !('message' in data)) return ''
  return String(data.message)
}
