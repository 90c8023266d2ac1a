/** What is asked about one pull request; the answer's keys are the aliases. */
export interface PullQuestion {
  readonly owner: string
  readonly name: string
  readonly number: number
}

export interface ThreadQuestion extends PullQuestion {
  readonly first: number
  readonly after: string | undefined
}

/** Whether it is as it was known. */
export interface SurveyQuestion extends PullQuestion {
  /** How many threads are known. */
  readonly threads: number
}

export interface PageQuestion extends PullQuestion {
  readonly connection: 'reviews' | 'contexts'
  readonly cursor: string
}

interface ActorNode {
  readonly __typename: string
  readonly login: string
}

/** Something that somebody wrote. */
export interface AuthoredNode {
  readonly author: ActorNode | null
  readonly authorAssociation: string
  readonly viewerDidAuthor: boolean
}

export interface SaidNode extends AuthoredNode {
  readonly id: string
  readonly body: string
  readonly createdAt: string
  readonly url: string
}

export interface ReviewNode extends SaidNode {
  readonly state: string
  readonly submittedAt: string | null
  readonly commit: { readonly oid: string } | null
}

export interface ThreadNode {
  readonly id: string
  readonly isResolved: boolean
  readonly path: string
  readonly line: number | null
  readonly originalLine: number | null
  readonly comments: { readonly nodes: readonly (SaidNode | null)[] | null }
}

export interface CheckRunNode {
  readonly __typename: 'CheckRun'
  readonly databaseId: number | null
  readonly name: string
  readonly status: string
  readonly conclusion: string | null
  readonly startedAt: string | null
  readonly completedAt: string | null
  readonly detailsUrl: string | null
  readonly isRequired: boolean
  readonly checkSuite: {
    readonly app: { readonly slug: string } | null
    readonly workflowRun: {
      readonly event: string
      readonly workflow: { readonly name: string }
    } | null
  } | null
}

export interface StatusNode {
  readonly __typename: 'StatusContext'
  readonly context: string
  readonly state: string
  readonly createdAt: string
  readonly description: string | null
  readonly targetUrl: string | null
  readonly isRequired: boolean
}

export interface ContextPage {
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  readonly nodes: readonly (CheckRunNode | StatusNode | null)[] | null
}

export interface ReviewPage {
  readonly pageInfo: { readonly hasPreviousPage: boolean; readonly startCursor: string | null }
  readonly nodes: readonly (ReviewNode | null)[] | null
}

export interface ThreadPage {
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  readonly nodes: readonly (ThreadNode | null)[] | null
}

interface Commits<T> {
  readonly nodes:
    | readonly ({
        readonly commit: {
          readonly oid: string
          readonly committedDate?: string
          readonly statusCheckRollup: { readonly contexts: T } | null
        }
      } | null)[]
    | null
}

export interface PullNode extends AuthoredNode {
  readonly id: string
  readonly number: number
  readonly url: string
  readonly title: string
  readonly body: string
  readonly state: string
  readonly isDraft: boolean
  readonly createdAt: string
  readonly updatedAt: string
  readonly headRefName: string
  readonly headRefOid: string
  /** Null when the branch is gone. */
  readonly headRef: { readonly target: { readonly oid: string } | null } | null
  readonly isCrossRepository: boolean
  readonly headRepository: { readonly nameWithOwner: string } | null
  readonly baseRefName: string
  readonly baseRefOid: string
  readonly baseRef: { readonly target: { readonly oid: string } | null } | null
  readonly mergeable: string
  readonly isInMergeQueue: boolean
  readonly reviewDecision: string | null
  readonly mergeCommit: { readonly oid: string } | null
  readonly labels: { readonly nodes: readonly ({ readonly name: string } | null)[] | null } | null
  readonly reviews: ReviewPage | null
  readonly reviewThreads: { readonly totalCount: number }
  readonly comments: { readonly nodes: readonly (SaidNode | null)[] | null }
  readonly commits: Commits<ContextPage>
}

interface CountNode {
  readonly state: string
  readonly count: number
}

/** Of a pull request what may change without a sign, and what says that there was one. */
export interface SurveyNode {
  readonly updatedAt: string
  readonly state: string
  readonly isDraft: boolean
  readonly headRefOid: string
  readonly baseRefName: string
  readonly mergeable: string
  readonly isInMergeQueue: boolean
  readonly reviewDecision: string | null
  readonly comments: { readonly totalCount: number }
  readonly reviewThreads: {
    readonly totalCount: number
    readonly nodes?:
      | readonly ({
          readonly id: string
          readonly isResolved: boolean
          readonly comments: { readonly totalCount: number }
        } | null)[]
      | null
  }
  readonly commits: Commits<{
    readonly checkRunCountsByState: readonly CountNode[] | null
    readonly statusContextCountsByState: readonly CountNode[] | null
  }>
}

export type PageNode =
  | { readonly reviews: ReviewPage | null }
  | { readonly commits: Commits<ContextPage> }

/** By repository's alias, then by pull request's. */
export type Answers<T> = Readonly<Record<string, Readonly<Record<string, T | null>> | null>>

const AUTHORED = 'author { __typename login } authorAssociation viewerDidAuthor'
const SAID = `id ${AUTHORED} body createdAt url`
const REVIEWS = `pageInfo { hasPreviousPage startCursor } nodes { ${SAID} state submittedAt commit { oid } }`
const FACTS = `
  id number url title body state isDraft createdAt updatedAt
  ${AUTHORED}
  headRefName headRefOid headRef { target { oid } } isCrossRepository headRepository { nameWithOwner }
  baseRefName baseRefOid baseRef { target { oid } }
  mergeable isInMergeQueue reviewDecision mergeCommit { oid }
  labels(first: 100) { nodes { name } }
  reviews(last: 100) { ${REVIEWS} }
  reviewThreads { totalCount }
  comments(last: 50) { nodes { ${SAID} } }`

/** Everything but the threads, of which it only tells how many there are: asking for none is free. */
export function pullsQuery(questions: readonly PullQuestion[]): string {
  return queryOf(questions, ({ number }) => `${FACTS} commits(last: 1) { ${contexts(number)} }`)
}

/** Exactly as many threads as there are: the price is counted by what is asked for, not by what is there. */
export function threadsQuery(questions: readonly ThreadQuestion[]): string {
  return queryOf(
    questions,
    ({ first, after }) =>
      `reviewThreads(first: ${first}${after === undefined ? '' : `, after: ${JSON.stringify(after)}`}) {
        pageInfo { hasNextPage endCursor }
        nodes { id isResolved path line originalLine comments(last: 50) { nodes { ${SAID} } } }
      }`,
  )
}

/** One more page of what had more than 100. */
export function pageQuery(question: PageQuestion): string {
  const cursor = JSON.stringify(question.cursor)
  return queryOf([question], ({ connection, number }) =>
    connection === 'reviews'
      ? `reviews(last: 100, before: ${cursor}) { ${REVIEWS} }`
      : `commits(last: 1) { ${contexts(number, cursor)} }`,
  )
}

export function mergeableQuery(questions: readonly PullQuestion[]): string {
  return queryOf(questions, () => 'mergeable state')
}

/** Counts cost nothing, and nor do lists of none: what is paid for is one commit each, and the threads that there are. */
export function surveyQuery(questions: readonly SurveyQuestion[]): string {
  return queryOf(
    questions,
    ({ threads }) => `
      updatedAt state isDraft headRefOid baseRefName mergeable isInMergeQueue reviewDecision
      comments { totalCount }
      reviewThreads${threads === 0 ? ' { totalCount }' : `(first: ${threads}) { totalCount nodes { id isResolved comments { totalCount } } }`}
      commits(last: 1) { nodes { commit { oid statusCheckRollup { contexts {
        checkRunCountsByState { state count } statusContextCountsByState { state count }
      } } } } }`,
  )
}

/** One place for each repository, and its pull requests below. */
export function aliasesOf(questions: readonly PullQuestion[]): ReadonlyMap<string, string> {
  const names = [...new Set(questions.map(nameOf))]
  return new Map(names.map((name, index) => [name, `r${index}`]))
}

export function nameOf({ owner, name }: PullQuestion): string {
  return `${owner}/${name}`
}

function queryOf<Q extends PullQuestion>(
  questions: readonly Q[],
  fields: (question: Q) => string,
): string {
  const repositories = [...aliasesOf(questions)].map(([fullName, alias]) => {
    const mine = questions.filter(question => nameOf(question) === fullName)
    const [{ owner, name } = { owner: '', name: '' }] = mine
    const pulls = mine.map(
      question =>
        `p${question.number}: pullRequest(number: ${question.number}) { ${fields(question)} }`,
    )
    return `${alias}: repository(owner: ${JSON.stringify(owner)}, name: ${JSON.stringify(name)}) {
      ${pulls.join('\n')}
    }`
  })
  return `query { rateLimit { cost remaining resetAt }\n${repositories.join('\n')} }`
}

function contexts(number: number, after?: string): string {
  const from = after === undefined ? '' : `, after: ${after}`
  const required = `isRequired(pullRequestNumber: ${number})`
  return `nodes { commit { oid committedDate statusCheckRollup { contexts(first: 100${from}) {
    pageInfo { hasNextPage endCursor }
    nodes {
      __typename
      ... on CheckRun {
        databaseId name status conclusion startedAt completedAt detailsUrl ${required}
        checkSuite { app { slug } workflowRun { event workflow { name } } }
      }
      ... on StatusContext { context state createdAt description targetUrl ${required} }
    }
  } } } }`
}
