import { createHash } from 'node:crypto'

import type { GraphqlResponseError } from '@octokit/graphql'
import type { Octokit } from '@octokit/rest'

import { HouseError } from '../../errors.ts'
import { plainLine } from '../../resource/text.ts'
import type { ForgePace } from '../forge-pace.ts'
import { githubHost } from '../github-auth.ts'
import { HttpError } from '../http-failure.ts'
import type { GraphqlProblem } from './github-health.ts'
import { fetchFrom } from './github-redirect.ts'
import { Health, limitsOf, recordOf, refusalOf } from './github-health.ts'

const REST_TIMEOUT_MS = 15_000
const GRAPHQL_TIMEOUT_MS = 30_000
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

/** One page as it was answered last, and how to ask whether it still is so. */
export interface Page<T> {
  readonly etag?: string
  readonly value: T
}

/** What became of a page. */
export interface Compared<T> {
  readonly page: Page<T>
  /** Where the answer was found; undefined for a page that is as it was. */
  readonly newAt: string | undefined
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
  /** That of all processes together. */
  readonly pace: ForgePace
}

interface Session {
  readonly octokit: Octokit
  readonly hash: string
}

type Variables = Readonly<Record<string, unknown>>

/** One forge, asked with one token. No hidden waits and no retries of its own: whoever asks decides what a failure means. */
export class GitHubClient {
  readonly health: Health
  readonly #options: ClientOptions
  #session: Promise<Session> | undefined
  #lastWrite: Promise<unknown> = Promise.resolve()
  /** The end of the pause that the other processes know of. */
  #shared: number | undefined

  constructor(options: ClientOptions) {
    const { apiUrl, now, random } = options
    this.#options = options
    this.health = new Health({ what: githubHost(apiUrl), now, random })
  }

  /** Changes with the token; says nothing of it. */
  async tokenHash(signal: AbortSignal): Promise<string> {
    const { hash } = await this.#open(signal)
    return hash
  }

  async read<T>(call: Call<T>, signal: AbortSignal): Promise<T> {
    const { page } = await this.compare(call, undefined, signal)
    return page.value
  }

  /** The same, with the validator of the page as it was. */
  async compare<T>(
    call: Call<T>,
    before: Page<T> | undefined,
    signal: AbortSignal,
  ): Promise<Compared<T>> {
    return this.#paced(async () => {
      const limits = limitsOf(signal, REST_TIMEOUT_MS)
      try {
        const asked = { signal, either: limits.either, etag: before?.etag }
        const { data, headers, url } = await this.#ask(call, asked)
        this.health.answered(headers, true)
        return { page: { value: data, ...validatorIn(headers) }, newAt: url }
      } catch (error) {
        const refusal = refusalOf(error)
        if (refusal?.status !== 304) throw this.#failed(error, limits)
        this.health.answered(refusal.headers, false)
        if (before === undefined) throw neverAsked(this.#options)
        // Such an answer may bring another validator for the same content.
        return { page: { ...before, ...validatorIn(refusal.headers) }, newAt: undefined }
      }
    })
  }

  /** A change: at least a second after the one before. Throws an `HttpError` for what the caller may understand. */
  async write<T>(call: Call<T>, signal: AbortSignal): Promise<T> {
    const change = async (): Promise<T> => {
      const limits = limitsOf(signal, REST_TIMEOUT_MS)
      try {
        const { data, headers } = await this.#ask(call, { signal, either: limits.either })
        this.health.answered(headers, true)
        return data
      } catch (error) {
        throw this.#failed(error, limits)
      }
    }
    return this.#inTurn(async () => this.#paced(change), signal)
  }

  async graphql(query: string, variables: Variables, signal: AbortSignal): Promise<GraphqlAnswer> {
    return this.#paced(async () => {
      const limits = limitsOf(signal, GRAPHQL_TIMEOUT_MS)
      this.health.pauses.assertMayAsk()
      try {
        const { octokit } = await this.#open(signal)
        const request = { signal: limits.either }
        const data = recordOf(await octokit.graphql<unknown>(query, { ...variables, request }))
        this.health.answeredQuery(data, true)
        return { data, problems: [] }
      } catch (error) {
        if (!isGraphqlError(error) || signal.aborted) throw this.#failed(error, limits)
        const problems: readonly GraphqlProblem[] = error.errors ?? []
        this.health.throwIfLimitedBy(error.headers, problems)
        const data = recordOf(error.data)
        this.health.answeredQuery(data, false)
        return { data, problems }
      }
    })
  }

  /** The same for a change; a problem is a failure. */
  async mutate(query: string, variables: Variables, signal: AbortSignal): Promise<void> {
    const { problems } = await this.#inTurn(
      async () => this.graphql(query, variables, signal),
      signal,
    )
    if (problems.length === 0) return
    const said = plainLine(problems.map(problem => problem.message).join('; '), MAX_QUOTE)
    const refused = new HouseError('Refused', `${githubHost(this.#options.apiUrl)}: ${said}`)
    throw new HttpError(refused, 200, said)
  }

  async #ask<T>(
    call: Call<T>,
    asked: {
      readonly signal: AbortSignal
      readonly either: AbortSignal
      readonly etag?: string | undefined
    },
  ): Promise<Response<T>> {
    this.health.pauses.assertMayAsk()
    const { octokit } = await this.#open(asked.signal)
    const headers: Record<string, string> = {
      'x-github-api-version': API_VERSION,
      ...(asked.etag === undefined ? {} : { 'if-none-match': asked.etag }),
    }
    return call(octokit, { headers, request: { signal: asked.either } })
  }

  async #inTurn<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const mine = this.#lastWrite.then(async () => {
      if (signal.aborted) throw new HouseError('Interrupted', 'asking GitHub was interrupted')
      await this.#heed()
      this.health.pauses.assertMayAsk()
      await this.#options.pace.turn(signal)
      return work()
    })
    this.#lastWrite = mine.catch(() => undefined)
    return mine
  }

  /** A limit that any process was told holds for all of them, until one is answered. */
  async #paced<T>(work: () => Promise<T>): Promise<T> {
    await this.#heed()
    try {
      return await work()
    } finally {
      const { until, kind, reason } = this.health.pauses.current() ?? {}
      const limit = kind === 'limit' ? until : undefined
      if (limit !== this.#shared) {
        this.#shared = limit
        const pause = limit === undefined ? undefined : { until: limit, reason: reason ?? '' }
        await this.#options.pace.setPause(pause)
      }
    }
  }

  async #heed(): Promise<void> {
    const shared = await this.#options.pace.pause()
    this.#shared = shared?.until
    if (shared !== undefined) this.health.pauses.adopt({ kind: 'limit', ...shared })
  }

  async #open(signal: AbortSignal): Promise<Session> {
    this.#session ??= openSession(this.#options, signal)
    try {
      return await this.#session
    } catch (error) {
      this.#session = undefined
      throw error
    }
  }

  /** A token that is refused may have been replaced: the next one to ask finds out. */
  #failed(error: unknown, limits: ReturnType<typeof limitsOf>): HouseError {
    const failure = this.health.failed(error, limits)
    if (failure instanceof HttpError && failure.status === 401) this.#session = undefined
    return failure
  }
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
    request: { fetch: fetchFrom(apiUrl) },
    log: { debug: silent, info: silent, warn: silent, error: silent },
  })
  const hash = createHash('sha256').update(`${apiUrl}\n${auth}`).digest('hex').slice(0, 16)
  return { octokit, hash }
}

function isGraphqlError(error: unknown): error is GraphqlResponseError<unknown> {
  return error instanceof Error && error.name === 'GraphqlResponseError'
}

function validatorIn({ etag }: Response<unknown>['headers']): { readonly etag?: string } {
  return etag === undefined ? {} : { etag: String(etag) }
}

function neverAsked({ apiUrl }: ClientOptions): HouseError {
  const message = `${githubHost(apiUrl)} says that nothing changed since never`
  return new HouseError('Unreachable', message, { retryable: true })
}
