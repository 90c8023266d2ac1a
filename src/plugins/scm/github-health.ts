import { errnoOf, HouseError } from '../../errors.ts'
import { plainLine } from '../../resource/text.ts'
import type { Budget } from '../forge-pacing.ts'
import type { Judgement, Pause, Refusal } from './github-limits.ts'
import { judge, limited, limitOf, outage } from './github-limits.ts'

const MAX_QUOTE = 200
const STRANGE = 'does not answer as GitHub does: is apiUrl right?'

/** What GitHub counts by itself: `core` is REST. */
export type Resource = 'core' | 'graphql'
export type Counted = Readonly<Record<Resource, number>>

export interface GraphqlProblem {
  readonly type?: string
  readonly path?: readonly (string | number)[]
  readonly message: string
}

/** How long a request may take, and who may end it. */
export interface RequestLimits {
  readonly signal: AbortSignal
  readonly limit: AbortSignal
  readonly either: AbortSignal
  readonly ms: number
}

export function limitsOf(signal: AbortSignal, ms: number): RequestLimits {
  const limit = AbortSignal.timeout(ms)
  return { signal, limit, either: AbortSignal.any([signal, limit]), ms }
}

/** A failed request with what the forge said, so that a caller can tell a refusal from another. Holds nothing of the request. */
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

export interface HealthOptions {
  /** The forge, for people. */
  readonly what: string
  readonly now: () => number
  readonly random: () => number
}

/** How a forge does: what is left of its allowance, whether it is to be left alone, and what each failure means for that. */
export class Health {
  readonly #options: HealthOptions
  readonly #left = new Map<Resource, Omit<Budget, 'cost'>>()
  readonly #count = { core: 0, graphql: 0 }
  #pause: Pause | undefined
  #failures = 0
  #isKnown = false

  constructor(options: HealthOptions) {
    this.#options = options
  }

  pause(): Pause | undefined {
    const pause = this.#pause
    return pause !== undefined && pause.until > this.#options.now() ? pause : undefined
  }

  /** GitHub was met at this address. */
  meet(): void {
    this.#isKnown = true
  }

  /** What another process was told, unless it is over. */
  adopt(pause: Pause): void {
    if (pause.until > this.#options.now()) this.#pause = pause
  }

  /** A limit holds for everybody; an outage doesn't keep a person's command from trying. */
  throwIfLimited(): void {
    const pause = this.pause()
    const now = this.#options.now()
    if (pause?.kind === 'limit') throw limited(pause.reason, { ms: pause.until - now, now }).error
  }

  counted(): Counted {
    return { ...this.#count }
  }

  /** What is left, at the cost of what was asked since. */
  budgets(since: Counted): readonly Budget[] {
    return [...this.#left].map(([resource, left]) => ({
      ...left,
      cost: this.#count[resource] - since[resource],
    }))
  }

  /** An answer came; `counted` is false for one that cost nothing. */
  answered(headers: Refusal['headers'], isCounted: boolean): void {
    this.#note(headers, 'core')
    if (isCounted) this.#count.core += 1
    this.#recover()
  }

  /** GraphQL answered, in part at least. */
  answeredQuery(data: Readonly<Record<string, unknown>>, isWhole: boolean): void {
    const { cost, remaining, resetAt } = recordOf(data['rateLimit'])
    if (typeof remaining === 'number' && typeof resetAt === 'string') {
      this.#left.set('graphql', { remaining, resetAt: Date.parse(resetAt) })
    }
    this.#count.graphql += typeof cost === 'number' ? cost : 1
    if (isWhole) this.#recover()
  }

  /** What a failed request means. */
  failed(error: unknown, { signal, limit, ms }: RequestLimits): HouseError {
    const { what } = this.#options
    if (signal.aborted) return new HouseError('Interrupted', `asking ${what} was interrupted`)
    const refusal = refusalOf(error)
    if (isStrange(error, refusal)) {
      // Where GitHub was, something stands before it that will pass: a proxy, a page about works.
      return this.#isKnown
        ? this.#register(outage(`${what} ${STRANGE}`, this.#circumstances()))
        : strange(what)
    }
    if (refusal !== undefined) {
      this.#note(refusal.headers, 'core')
      return this.#register(judge(what, refusal, this.#circumstances()), refusal)
    }
    if (error instanceof HouseError) return error
    const reason = limit.aborted
      ? `did not answer within ${ms} ms`
      : `could not be reached: ${reasonOf(error)}`
    return this.#register(outage(`${what} ${reason}`, this.#circumstances()))
  }

  /** Throws when the problems of a query are about limits: GraphQL says so with 200. */
  throwIfLimitedBy(headers: Refusal['headers'], problems: readonly GraphqlProblem[]): void {
    const { what, now } = this.#options
    this.#note(headers, 'graphql')
    const said = plainLine(problems.map(problem => problem.message).join('; '), MAX_QUOTE)
    const isPrimary = problems.some(problem => problem.type === 'RATE_LIMITED')
    if (!isPrimary && !/rate limit/i.test(said)) return
    const spent = isPrimary ? { 'x-ratelimit-remaining': '0' } : {}
    const refusal = { status: 200, headers: { ...headers, ...spent }, message: said }
    const ms = limitOf(refusal, this.#failures, now()) ?? 60_000
    throw this.#register(limited(`${what}: ${said}`, { ms, now: now() }), refusal)
  }

  #circumstances(): { failures: number; now: number; random: number } {
    const { now, random } = this.#options
    return { failures: this.#failures, now: now(), random: random() }
  }

  #register({ error, pause }: Judgement, refusal?: Refusal): Failure {
    if (pause !== undefined) {
      this.#failures += 1
      this.#pause = pause
    }
    return new Failure(error, refusal?.status, refusal?.message ?? '')
  }

  #recover(): void {
    this.#failures = 0
    this.#pause = undefined
  }

  #note(headers: Refusal['headers'], otherwise: Resource): void {
    const remaining = Number(headers['x-ratelimit-remaining'] ?? Number.NaN)
    const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN)
    if (!Number.isFinite(remaining) || !Number.isFinite(reset)) return
    const named = headers['x-ratelimit-resource']
    const resource = named === 'core' || named === 'graphql' ? named : otherwise
    this.#left.set(resource, { remaining, resetAt: reset * 1000 })
  }
}

/** What Octokit throws for an answer other than 2xx; undefined when there was no answer. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof Error) || !('response' in error) || !('status' in error)) return undefined
  const { response, status } = error
  if (typeof response !== 'object' || response === null || typeof status !== 'number') {
    return undefined
  }
  const headers = 'headers' in response ? recordOf(response.headers) : {}
  return { status, headers: headers as Refusal['headers'], message: error.message }
}

export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)
    : {}
}

/** An answer that could not be read as one of GitHub's: something else is at that address. A server that is not well may say so as it likes. */
function isStrange(error: unknown, refusal: Refusal | undefined): boolean {
  if (refusal === undefined) return error instanceof TypeError
  const type = String(refusal.headers['content-type'] ?? '')
  return refusal.status === 404 && type !== '' && !type.includes('json')
}

function strange(what: string): HouseError {
  return new HouseError('Refused', `${what} ${STRANGE}`, {
    next: 'ao explain project.spec.scm',
  })
}

/** A word about the cause; the error itself holds the request. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const inner = cause instanceof Error ? cause.cause : undefined
  const code = errnoOf(inner) ?? errnoOf(cause) ?? errnoOf(error)
  return code ?? plainLine(error instanceof Error ? error.message : 'no answer', MAX_QUOTE)
}
