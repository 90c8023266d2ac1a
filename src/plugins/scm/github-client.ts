import { createHash } from 'node:crypto'

import type { GraphqlResponseError } from '@octokit/graphql'
import type { Octokit } from '@octokit/rest'

import { errnoOf, HouseError } from '../../errors.ts'
import { plainLine } from '../../resource/text.ts'
import type { Budget } from '../forge-pacing.ts'
import { githubHost } from '../github-auth.ts'
import type { Judgement, Pause, Refusal } from './github-limits.ts'
import { judge, limited, limitOf, outage } from './github-limits.ts'

const REST_TIMEOUT_MS = 15_000
const GRAPHQL_TIMEOUT_MS = 30_000
/** GitHub asks for a second between changes. */
const BETWEEN_WRITES_MS = 1000
const API_VERSION = '2022-11-28'
const MAX_QUOTE = 200

/** What every request is given besides its own parameters. */
export interface Extra {
  readonly headers: Record<string, string>
  readonly request: { readonly signal: AbortSignal; readonly redirect?: 'manual' }
}

interface Response<T> {
  readonly status: number
  readonly url: string
  readonly headers: Readonly<Record<string, string | number | undefined>>
  readonly data: T
}

export type Call<T> = (octokit: Octokit, extra: Extra) => Promise<Response<T>>

/** An answer to a question that named a validator: new, or as before. */
export type Answer<T> =
  | {
      readonly state: 'new'
      readonly value: T
      readonly etag: string | undefined
      readonly url: string
    }
  | { readonly state: 'same'; readonly etag: string | undefined }

export interface GraphqlProblem {
  readonly type?: string
  readonly path?: readonly (string | number)[]
  readonly message: string
}

export interface GraphqlAnswer {
  /** What could be answered. */
  readonly data: Readonly<Record<string, unknown>>
  readonly problems: readonly GraphqlProblem[]
}

export interface ClientOptions {
  readonly apiUrl: string
  readonly token: (signal: AbortSignal) => Promise<string>
  readonly now: () => number
  readonly random: () => number
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
}

/** One forge, asked with one token. */
export interface GitHubClient {
  readonly apiUrl: string
  /** Changes with the token; says nothing of it. */
  tokenHash(signal: AbortSignal): Promise<string>
  /** Throws while a limit holds, and registers what each answer says about limits. */
  read<T>(call: Call<T>, signal: AbortSignal, etag?: string): Promise<Answer<T>>
  /** A change: at least a second after the one before. Throws a `Failure` for what the caller may understand. */
  write<T>(call: Call<T>, signal: AbortSignal): Promise<T>
  graphql(
    query: string,
    variables: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<GraphqlAnswer>
  /** The same for a change; a problem is a failure. */
  mutate(
    query: string,
    variables: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>>>
  pause(): Pause | undefined
  /** What is left, at the cost of what was asked since `counted`. */
  budgets(counted: Counted): readonly Budget[]
  counted(): Counted
}

export interface Counted {
  readonly core: number
  readonly graphql: number
}

/** A failed request with what the forge said, so that a caller can tell a refusal from another. */
export class Failure extends HouseError {
  readonly status: number | undefined
  readonly said: string

  constructor(error: HouseError, status: number | undefined, said: string) {
    const { next, retryAfterMs } = error
    super(error.code, error.message, {
      retryable: error.retryable,
      ...(next === undefined ? {} : { next }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
    this.status = status
    this.said = said
  }
}

/** A client with no hidden waits and no retries of its own: whoever asks decides what a failure means. */
export function createClient(options: ClientOptions): GitHubClient {
  const { apiUrl, now, random } = options
  const what = githubHost(apiUrl)
  const left: Record<keyof Counted, { remaining: number; resetAt: number } | undefined> = {
    core: undefined,
    graphql: undefined,
  }
  const count = { core: 0, graphql: 0 }
  let pause: Pause | undefined
  let failures = 0
  let known: Promise<Session> | undefined
  let lastWrite: Promise<unknown> = Promise.resolve()
  let lastWriteAt = -Infinity

  const session = async (signal: AbortSignal): Promise<Session> => {
    known ??= openSession(options, signal)
    try {
      return await known
    } catch (error) {
      known = undefined
      throw error
    }
  }
  const register = ({ error, pause: next }: Judgement, refusal?: Refusal): Failure => {
    failures += 1
    if (next !== undefined) pause = next
    if (next?.kind === 'token') known = undefined
    return new Failure(error, refusal?.status, refusal?.message ?? '')
  }
  const fail = (error: unknown, limits: Limits): HouseError => {
    if (limits.signal.aborted)
      return new HouseError('Interrupted', `asking ${what} was interrupted`)
    const state = { failures, now: now(), random: random() }
    const refusal = refusalOf(error)
    if (refusal !== undefined) {
      noteLimits(left, refusal.headers, 'core')
      return register(judge(what, refusal, state), refusal)
    }
    if (error instanceof HouseError) return error
    const reason = limits.limit.aborted
      ? `did not answer within ${limits.ms} ms`
      : `could not be reached: ${reasonOf(error)}`
    return register(outage(`${what} ${reason}`, state))
  }
  const ask = async <T>(call: Call<T>, limits: Limits, etag?: string): Promise<Response<T>> => {
    throwIfLimited(pause, now())
    const { octokit } = await session(limits.signal)
    const headers: Record<string, string> = {
      'x-github-api-version': API_VERSION,
      ...(etag === undefined ? {} : { 'if-none-match': etag }),
    }
    const response = await call(octokit, { headers, request: { signal: limits.either } })
    noteLimits(left, response.headers, 'core')
    return response
  }
  const succeed = (): void => {
    failures = 0
    pause = undefined
  }
  const inTurn = async <T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    const mine = lastWrite.then(async () => {
      if (signal.aborted) throw new HouseError('Interrupted', `asking ${what} was interrupted`)
      const ms = lastWriteAt + BETWEEN_WRITES_MS - now()
      if (ms > 0) await options.wait(Math.min(ms, BETWEEN_WRITES_MS), signal)
      try {
        return await work()
      } finally {
        lastWriteAt = now()
      }
    })
    lastWrite = mine.catch(() => undefined)
    return mine
  }
  const graphql: GitHubClient['graphql'] = async (query, variables, signal) => {
    const limits = limitsOf(signal, GRAPHQL_TIMEOUT_MS)
    throwIfLimited(pause, now())
    try {
      const { octokit } = await session(signal)
      const request = { signal: limits.either }
      const data: unknown = await octokit.graphql(query, { ...variables, request })
      const answer = { data: recordOf(data), problems: [] }
      count.graphql += noteGraphql(left, answer.data)
      succeed()
      return answer
    } catch (error) {
      if (!isGraphqlError(error) || signal.aborted) throw fail(error, limits)
      noteLimits(left, error.headers, 'graphql')
      const problems: readonly GraphqlProblem[] = error.errors ?? []
      const message = problems.map(problem => problem.message).join('; ')
      const isLimit = problems.some(problem => problem.type === 'RATE_LIMITED')
      const headers = { ...error.headers, ...(isLimit ? { 'x-ratelimit-remaining': '0' } : {}) }
      const refusal = { status: 200, headers, message }
      const ms = limitOf(refusal, failures, now())
      if (ms !== undefined && (isLimit || /rate limit/i.test(message))) {
        throw register(
          limited(`${what}: ${plainLine(message, MAX_QUOTE)}`, { ms, now: now() }),
          refusal,
        )
      }
      const data = recordOf(error.data)
      count.graphql += noteGraphql(left, data)
      return { data, problems }
    }
  }
  return {
    apiUrl,
    tokenHash: async signal => (await session(signal)).hash,
    async read(call, signal, etag) {
      const limits = limitsOf(signal, REST_TIMEOUT_MS)
      try {
        const { data, headers, url } = await ask(call, limits, etag)
        count.core += 1
        succeed()
        return { state: 'new', value: data, etag: textOf(headers['etag']), url }
      } catch (error) {
        const refusal = refusalOf(error)
        if (refusal?.status !== 304) throw fail(error, limits)
        noteLimits(left, refusal.headers, 'core')
        succeed()
        return { state: 'same', etag: textOf(refusal.headers['etag']) }
      }
    },
    async write(call, signal) {
      return inTurn(async () => {
        const limits = limitsOf(signal, REST_TIMEOUT_MS)
        try {
          const { data } = await ask(call, limits)
          count.core += 1
          succeed()
          return data
        } catch (error) {
          throw fail(error, limits)
        }
      }, signal)
    },
    graphql,
    async mutate(query, variables, signal) {
      const { data, problems } = await inTurn(async () => graphql(query, variables, signal), signal)
      if (problems.length === 0) return data
      const said = plainLine(problems.map(problem => problem.message).join('; '), MAX_QUOTE)
      throw new Failure(new HouseError('Refused', `${what}: ${said}`), 200, said)
    },
    pause: () => (pause !== undefined && pause.until > now() ? pause : undefined),
    counted: () => ({ ...count }),
    budgets: since =>
      (['core', 'graphql'] as const).flatMap(resource => {
        const mine = left[resource]
        return mine === undefined ? [] : [{ ...mine, cost: count[resource] - since[resource] }]
      }),
  }
}

interface Session {
  readonly octokit: Octokit
  readonly hash: string
}

async function openSession(
  { apiUrl, token }: ClientOptions,
  signal: AbortSignal,
): Promise<Session> {
  const [{ Octokit: Client }, auth] = await Promise.all([import('@octokit/rest'), token(signal)])
  const silent = (): void => undefined
  const octokit = new Client({
    auth,
    baseUrl: apiUrl,
    userAgent: 'ao',
    log: { debug: silent, info: silent, warn: silent, error: silent },
  })
  const hash = createHash('sha256').update(`${apiUrl}\n${auth}`).digest('hex').slice(0, 16)
  return { octokit, hash }
}

interface Limits {
  readonly signal: AbortSignal
  readonly limit: AbortSignal
  readonly either: AbortSignal
  readonly ms: number
}

function limitsOf(signal: AbortSignal, ms: number): Limits {
  const limit = AbortSignal.timeout(ms)
  return { signal, limit, either: AbortSignal.any([signal, limit]), ms }
}

function throwIfLimited(pause: Pause | undefined, now: number): void {
  if (pause?.kind !== 'limit' || pause.until <= now) return
  throw limited(pause.reason, { ms: pause.until - now, now }).error
}

type Left = Record<keyof Counted, { remaining: number; resetAt: number } | undefined>

function noteLimits(left: Left, headers: Refusal['headers'], otherwise: keyof Counted): void {
  const remaining = Number(headers['x-ratelimit-remaining'] ?? Number.NaN)
  const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN)
  if (!Number.isFinite(remaining) || !Number.isFinite(reset)) return
  const named = headers['x-ratelimit-resource']
  const resource = named === 'core' || named === 'graphql' ? named : otherwise
  left[resource] = { remaining, resetAt: reset * 1000 }
}

/** Gives what the question cost. */
function noteGraphql(left: Left, data: Readonly<Record<string, unknown>>): number {
  const { cost, remaining, resetAt } = recordOf(data['rateLimit'])
  if (typeof remaining === 'number' && typeof resetAt === 'string') {
    left.graphql = { remaining, resetAt: Date.parse(resetAt) }
  }
  return typeof cost === 'number' ? cost : 1
}

/** What Octokit throws for an answer other than 2xx; undefined when there was no answer. */
function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof Error) || !('response' in error) || !('status' in error)) return undefined
  const { response, status } = error
  if (typeof response !== 'object' || response === null || typeof status !== 'number') {
    return undefined
  }
  const headers = 'headers' in response ? recordOf(response.headers) : {}
  return { status, headers: headers as Refusal['headers'], message: error.message }
}

function isGraphqlError(error: unknown): error is GraphqlResponseError<unknown> {
  return error instanceof Error && error.name === 'GraphqlResponseError'
}

/** A word about the cause; the error itself holds the request. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const inner = cause instanceof Error ? cause.cause : undefined
  const code = errnoOf(inner) ?? errnoOf(cause) ?? errnoOf(error)
  return code ?? plainLine(error instanceof Error ? error.message : 'no answer', MAX_QUOTE)
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)
    : {}
}

function textOf(header: string | number | undefined): string | undefined {
  return header === undefined ? undefined : String(header)
}
