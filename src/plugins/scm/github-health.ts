import { HouseError } from '../../errors.ts'
import { plainLine } from '../../resource/text.ts'
import type { Budget } from '../forge-pacing.ts'
import { Pauses, untoldLimitMs } from '../forge-pauses.ts'
import { HttpError, reasonOf } from '../http-failure.ts'
import type { Circumstances, Judgement, Refusal } from './github-limits.ts'
import { judge, limit, limitOf, outage } from './github-limits.ts'

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

export interface HealthOptions {
  /** The forge, for people. */
  readonly what: string
  readonly now: () => number
  readonly random: () => number
}

/** How a forge does: what is left of its allowance, whether it is to be left alone, and what each failure means for that. */
export class Health {
  readonly pauses: Pauses
  readonly #options: HealthOptions
  readonly #left = new Map<Resource, Omit<Budget, 'cost'>>()
  readonly #count = { core: 0, graphql: 0 }
  #isKnown = false

  constructor(options: HealthOptions) {
    this.#options = options
    this.pauses = new Pauses(options.now)
  }

  /** GitHub was met at this address. */
  meet(): void {
    this.#isKnown = true
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
    this.pauses.recover()
  }

  /** GraphQL answered, in part at least. */
  answeredQuery(data: Readonly<Record<string, unknown>>, isWhole: boolean): void {
    const { cost, remaining, resetAt } = recordOf(data['rateLimit'])
    if (typeof remaining === 'number' && typeof resetAt === 'string') {
      this.#left.set('graphql', { remaining, resetAt: Date.parse(resetAt) })
    }
    this.#count.graphql += typeof cost === 'number' ? cost : 1
    if (isWhole) this.pauses.recover()
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
    const { failures } = this.pauses
    const ms = limitOf(refusal, failures, now()) ?? untoldLimitMs(failures)
    throw this.#register(limit(`${what}: ${said}`, ms, now()), refusal)
  }

  #circumstances(): Circumstances {
    const { now, random } = this.#options
    return { failures: this.pauses.failures, now: now(), random: random() }
  }

  #register({ error, pause }: Judgement, refusal?: Refusal): HttpError {
    if (pause !== undefined) this.pauses.begin(pause)
    return new HttpError(error, refusal?.status, refusal?.message ?? '')
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
