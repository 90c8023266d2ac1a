import { HouseError, toHouseError } from '../../errors.ts'
import type { Batches } from './github-batches.ts'
import type { GitHubClient } from './github-client.ts'
import { noRepository } from './github-guards.ts'
import type { GraphqlProblem } from './github-health.ts'
import type { SaidThread, WholePull } from './github-facts.ts'
import { contextsOf, firstContexts, reviewsOf, threadsOf, wholePull } from './github-parse.ts'
import type {
  Answers,
  ContextPage,
  PageNode,
  PullNode,
  PullQuestion,
  ReviewPage,
  ThreadPage,
  ThreadQuestion,
} from './github-query.ts'
import { aliasesOf, nameOf, pageQuery, pullsQuery, threadsQuery } from './github-query.ts'

const MAX_THREADS = 100
const MAX_PAGES = 20
/** Of one pull request without its threads: labels, reviews, comments, a commit and its checks. */
const NODES = 351
/** Of a thread: itself and what was said in it. */
const NODES_OF_THREAD = 51

const THREADS = {
  kind: 'threads',
  query: threadsQuery,
  nodes: ({ first }: ThreadQuestion) => first * NODES_OF_THREAD,
} as const

export type ReadPull =
  | { readonly state: 'found'; readonly pull: WholePull }
  | { readonly state: 'absent' }
  | { readonly state: 'failed'; readonly error: HouseError }

export interface ReadOptions {
  readonly client: GitHubClient
  readonly batches: Batches
}

/** Identifies a pull request among those of several repositories. */
export function questionKey(question: PullQuestion): string {
  return `${nameOf(question)}#${question.number}`
}

/**
 * Reads pull requests whole, as many as fit in one query at a time. What one of them lacks (GraphQL answers with what it could find, and with errors) is
 * that one's failure. Throws when nothing at all can be asked.
 */
export async function readWhole(
  options: ReadOptions,
  questions: readonly PullQuestion[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReadPull>> {
  const batching = { kind: 'pulls', query: pullsQuery, nodes: () => NODES } as const
  const answers = await options.batches.ask(questions, batching, signal)
  const wanted = answers.flatMap(({ data, batch }) => threadsWanted(data, batch))
  const threads = await readThreads(options, wanted, signal)
  const reads = new Map<string, ReadPull>()
  for (const { batch, data, problems } of answers) {
    for (const question of batch) {
      const key = questionKey(question)
      const node = answerTo(data as Answers<PullNode>, batch, question)
      const mine = problemsOf(problems, batch, question)
      const found = threads.get(key)
      if (node === undefined) reads.set(key, missing(mine, key))
      else if (mine.length > 0) reads.set(key, { state: 'failed', error: incomplete(key, mine) })
      else if (found instanceof HouseError) reads.set(key, { state: 'failed', error: found })
      else {
        const read = { question, node, threads: found ?? [] }
        reads.set(key, await complete(options.client, read, signal))
      }
    }
  }
  return reads
}

/** Adds what did not fit on the first page. */
async function complete(
  client: GitHubClient,
  read: {
    readonly question: PullQuestion
    readonly node: PullNode
    readonly threads: readonly SaidThread[]
  },
  signal: AbortSignal,
): Promise<ReadPull> {
  const { question, node, threads } = read
  try {
    const pull = wholePull(node)
    assertHead(question, node.headRefOid, node.commits)
    const contexts = [...pull.contexts]
    const reviews = [...pull.reviews]
    let page = firstContexts(node.commits)
    for (let n = 0; page?.pageInfo.hasNextPage === true && n < MAX_PAGES; n += 1) {
      page = await readContextPage(client, { question, page, sha: node.headRefOid }, signal)
      contexts.push(...contextsOf(page))
    }
    let older = node.reviews
    for (let n = 0; older?.pageInfo.hasPreviousPage === true && n < MAX_PAGES; n += 1) {
      older = await readReviewPage(client, question, older, signal)
      reviews.unshift(...reviewsOf(older?.nodes))
    }
    return { state: 'found', pull: { ...pull, contexts, reviews, threads } }
  } catch (error) {
    return { state: 'failed', error: failureOf(error) }
  }
}

async function readContextPage(
  client: GitHubClient,
  {
    question,
    page,
    sha,
  }: { readonly question: PullQuestion; readonly page: ContextPage; readonly sha: string },
  signal: AbortSignal,
): Promise<ContextPage | undefined> {
  const cursor = page.pageInfo.endCursor ?? ''
  const node = await readPage(client, { ...question, connection: 'contexts', cursor }, signal)
  if (!('commits' in node)) return undefined
  assertHead(question, sha, node.commits)
  return firstContexts(node.commits)
}

/** What is said of another commit, because somebody pushes just now, says nothing about the head. */
function assertHead(question: PullQuestion, sha: string, { nodes }: PullNode['commits']): void {
  const oid = nodes?.[0]?.commit.oid
  if (oid === undefined || oid === sha) return
  const key = questionKey(question)
  throw new HouseError('Unreachable', `${key} moved while it was read`, { retryable: true })
}

async function readReviewPage(
  client: GitHubClient,
  question: PullQuestion,
  page: ReviewPage,
  signal: AbortSignal,
): Promise<ReviewPage | null> {
  const cursor = page.pageInfo.startCursor ?? ''
  const node = await readPage(client, { ...question, connection: 'reviews', cursor }, signal)
  return 'reviews' in node ? node.reviews : null
}

async function readPage(
  client: GitHubClient,
  question: Parameters<typeof pageQuery>[0],
  signal: AbortSignal,
): Promise<PageNode> {
  const { data, problems } = await client.graphql(pageQuery(question), {}, signal)
  const node = answerTo(data as Answers<PageNode>, [question], question)
  if (node !== undefined && problems.length === 0) return node
  throw incomplete(questionKey(question), problems)
}

function threadsWanted(
  data: Readonly<Record<string, unknown>>,
  batch: readonly PullQuestion[],
): readonly ThreadQuestion[] {
  return batch.flatMap(question => {
    const count =
      answerTo(data as Answers<PullNode>, batch, question)?.reviewThreads.totalCount ?? 0
    if (count === 0) return []
    return [{ ...question, first: Math.min(count, MAX_THREADS), after: undefined }]
  })
}

/** The threads of each pull request that has some, or why they could not be read. */
async function readThreads(
  { batches }: ReadOptions,
  questions: readonly ThreadQuestion[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly SaidThread[] | HouseError>> {
  const all = new Map<string, readonly SaidThread[] | HouseError>()
  let open = questions
  for (let n = 0; open.length > 0 && n < MAX_PAGES; n += 1) {
    const next: ThreadQuestion[] = []
    for (const { batch, data, problems } of await batches.ask(open, THREADS, signal)) {
      for (const question of batch) {
        const key = questionKey(question)
        const answers = data as Answers<{ readonly reviewThreads: ThreadPage }>
        const node = answerTo(answers, batch, question)
        const mine = problemsOf(problems, batch, question)
        const before = all.get(key) ?? []
        if (node === undefined || mine.length > 0 || before instanceof HouseError) {
          all.set(key, incomplete(key, mine))
          continue
        }
        const { nodes, pageInfo } = node.reviewThreads
        all.set(key, [...before, ...threadsOf(nodes)])
        const after = pageInfo.endCursor ?? undefined
        if (pageInfo.hasNextPage) next.push({ ...question, first: MAX_THREADS, after })
      }
    }
    open = next
  }
  return all
}

export function answerTo<T>(
  data: Answers<T>,
  asked: readonly PullQuestion[],
  question: PullQuestion,
): T | undefined {
  const alias = aliasesOf(asked).get(nameOf(question)) ?? ''
  return data[alias]?.[`p${question.number}`] ?? undefined
}

/** Those about one pull request, or about its whole repository. */
export function problemsOf(
  problems: readonly GraphqlProblem[],
  asked: readonly PullQuestion[],
  question: PullQuestion,
): readonly GraphqlProblem[] {
  const alias = aliasesOf(asked).get(nameOf(question))
  return problems.filter(({ path = [] }) => {
    const [repository, pull] = path
    if (repository === undefined) return true
    return repository === alias && (pull === undefined || pull === `p${question.number}`)
  })
}

/** Not there only if GitHub says so of this very number. */
function missing(problems: readonly GraphqlProblem[], key: string): ReadPull {
  const absent = problems.find(({ type }) => type === 'NOT_FOUND')
  if (absent?.path?.length === 2) return { state: 'absent' }
  const [owner = '', repo = ''] = key.split(/[/#]/)
  const error = absent === undefined ? incomplete(key, problems) : noRepository({ owner, repo })
  return { state: 'failed', error }
}

function incomplete(key: string, problems: readonly GraphqlProblem[]): HouseError {
  const said = problems.map(problem => problem.message).join('; ')
  const why = said === '' ? 'GitHub left it out of its answer' : said
  return new HouseError('Unreachable', `${key} could not be read: ${why}`, { retryable: true })
}

/** What concerns everybody is no failure of one pull request. */
function failureOf(error: unknown): HouseError {
  const failure = toHouseError(error)
  if (['Interrupted', 'RateLimited', 'Internal'].includes(failure.code)) throw failure
  return failure
}
