import { HouseError } from '../../errors.ts'
import type { GitHubClient, GraphqlAnswer } from './github-client.ts'
import { HttpError } from '../http-failure.ts'
import type { PullQuestion } from './github-query.ts'
import { aliasesOf, nameOf } from './github-query.ts'

/** What queries ask; each has a weight of its own. */
export type QueryKind = 'pulls' | 'threads' | 'mergeable' | 'survey'

/** What was answered about some of the questions. */
export interface Answered<Q> extends GraphqlAnswer {
  readonly batch: readonly Q[]
}

/** How to ask about some of the questions together. */
export interface Batching<Q> {
  readonly kind: QueryKind
  readonly query: (batch: readonly Q[]) => string
  /** How many nodes the answer about one may have. */
  readonly nodes: (question: Q) => number
}

/** More pull requests in one query get near GitHub's limit of ten seconds, and a query that runs into it costs extra. */
const MOST: Readonly<Record<QueryKind, number>> = {
  pulls: 25,
  threads: 25,
  mergeable: 100,
  survey: 100,
}
const MOST_NODES = 10_000
/** What was too much once may be so for a while: a busy hour of theirs, pull requests with very many checks. */
const REMEMBERED_MS = 900_000
/** How GitHub ends a query that takes too long. */
const TOO_LONG: ReadonlySet<number> = new Set([502, 504])

interface Size {
  readonly now: number
  /** The smallest that was too much. */
  readonly bad: number
  readonly until: number
}

/** Asks about many pull requests with few queries, and finds out how many at a time the forge can answer about. */
export class Batches {
  readonly #client: GitHubClient
  readonly #now: () => number
  readonly #sizes = new Map<QueryKind, Size>()

  constructor(client: GitHubClient, now: () => number) {
    this.#client = client
    this.#now = now
  }

  /**
   * What takes the forge too long is asked for again in halves, down to a single one, which then is a problem of its own. Throws when nothing can be
   * asked: also when two single ones in a row can't be answered, for then it is not their size.
   */
  async ask<Q extends PullQuestion>(
    questions: readonly Q[],
    batching: Batching<Q>,
    signal: AbortSignal,
  ): Promise<readonly Answered<Q>[]> {
    const { kind, query } = batching
    const answers: Answered<Q>[] = []
    let rest: readonly Q[] = questions.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
    let hasFailed = false
    while (rest.length > 0) {
      const batch = this.#next(rest, batching)
      const answer = await this.#try(query(batch), signal)
      if (answer instanceof HouseError) {
        this.#shrink(kind, batch.length)
        if (batch.length > 1) continue
        if (hasFailed) throw answer
        hasFailed = true
        answers.push(unanswered(batch, answer))
      } else {
        hasFailed = false
        this.#grow(kind, batch.length)
        answers.push({ ...answer, batch })
      }
      rest = rest.slice(batch.length)
    }
    return answers
  }

  /** The answer, or why the forge could not give it in time. */
  async #try(query: string, signal: AbortSignal): Promise<GraphqlAnswer | HouseError> {
    try {
      const answer = await this.#client.graphql(query, {}, signal)
      const said = answer.problems.find(({ path, message }) => {
        return path === undefined && /timeout|went wrong while executing/i.test(message)
      })
      if (said === undefined) return answer
      return new HouseError('Unreachable', said.message, { retryable: true })
    } catch (error) {
      const isTooLong = error instanceof HttpError && TOO_LONG.has(error.status ?? 0)
      if (isTooLong && error.code === 'Unreachable') return error
      throw error
    }
  }

  #next<Q>(rest: readonly Q[], { kind, nodes }: Batching<Q>): readonly Q[] {
    const most = this.#size(kind).now
    let sum = 0
    const end = rest.findIndex((question, index) => {
      sum += nodes(question)
      return index > 0 && (index >= most || sum > MOST_NODES)
    })
    return end === -1 ? rest : rest.slice(0, end)
  }

  #size(kind: QueryKind): Size {
    const size = this.#sizes.get(kind)
    const isRemembered = size !== undefined && size.until > this.#now()
    return isRemembered ? size : { now: MOST[kind], bad: Infinity, until: 0 }
  }

  #shrink(kind: QueryKind, count: number): void {
    const { bad } = this.#size(kind)
    this.#sizes.set(kind, {
      now: Math.max(1, Math.floor(count / 2)),
      // A single one that fails says nothing of sizes.
      bad: count === 1 ? Infinity : Math.min(bad, count),
      until: this.#now() + REMEMBERED_MS,
    })
  }

  #grow(kind: QueryKind, count: number): void {
    const { now, bad, until } = this.#size(kind)
    if (until === 0 || count < now) return
    this.#sizes.set(kind, { now: Math.min(2 * now, bad - 1, MOST[kind]), bad, until })
  }
}

function unanswered<Q extends PullQuestion>(
  batch: readonly Q[],
  { message }: HouseError,
): Answered<Q> {
  const aliases = aliasesOf(batch)
  const problems = batch.map(question => ({
    path: [aliases.get(nameOf(question)) ?? '', `p${question.number}`],
    message,
  }))
  return { batch, data: {}, problems }
}
