import type { CommitInfo } from './git.ts'
import {
  type Account,
  type Comment,
  type Issue,
  type Label,
  type LineComment,
  type Protection,
  type Pull,
  type Repository,
  type Review,
  type ReviewState,
  type State,
  type Thread,
  headOf,
  inTurn,
  nextId,
  now,
  tip,
  touch,
} from './state.ts'
import { look, takeHead } from './sync.ts'

/** Refused by GitHub's rules; the field is what REST names. */
export class Unprocessable extends Error {
  readonly field: string

  constructor(field: string, message: string) {
    super(message)
    this.field = field
  }
}

export const UNPROTECTED: Protection = {
  requiredChecks: [],
  requiredApprovals: 0,
  strict: false,
  dismissStale: false,
  resolvedThreads: false,
  mergeQueue: false,
  asRules: false,
}

export interface NewPull {
  readonly title: string
  readonly body: string | null
  readonly headRepo: Repository
  readonly headBranch: string
  readonly baseBranch: string
  readonly draft: boolean
}

export async function openPull(
  state: State,
  repo: Repository,
  author: Account,
  wanted: NewPull,
): Promise<Pull> {
  return inTurn(repo, async () => {
    look(repo)
    if (wanted.headRepo !== repo) look(wanted.headRepo)
    const head = tip(wanted.headRepo, wanted.headBranch)
    const base = tip(repo, wanted.baseBranch)
    if (head === undefined) throw new Unprocessable('head', 'invalid')
    if (base === undefined) throw new Unprocessable('base', 'invalid')
    const label = `${wanted.headRepo.owner.login}:${wanted.headBranch}`
    const same = (issue: Issue) =>
      'headBranch' in issue && isSame(issue as Pull, wanted) && issue.state === 'open'
    if ([...repo.issues.values()].some(same)) {
      throw new Unprocessable('', `A pull request already exists for ${label}.`)
    }
    const pull = blankPull(state, repo, author, { ...wanted, baseSha: base })
    await takeHead(pull, head)
    if ((await repo.git.text('rev-list', '-1', `${base}..${head}`)) === '') {
      await repo.git.updateRefs([[`refs/pull/${pull.number}/head`, undefined]])
      const between = `${wanted.baseBranch} and ${wanted.headBranch}`
      throw new Unprocessable('', `No commits between ${between}`)
    }
    repo.nextNumber += 1
    repo.issues.set(pull.number, pull)
    return pull
  })
}

/** A pull request that nobody has said anything about; not in the repository yet. */
export function blankPull(
  state: State,
  repo: Repository,
  author: Account,
  { title, body, ...wanted }: NewPull & { readonly baseSha: string },
): Pull {
  return {
    ...blankIssue(state, repo, author, title, body),
    ...wanted,
    merged: undefined,
    mergeability: undefined,
    reviews: [],
    threads: [],
    requestedReviewers: [],
  }
}

function isSame(pull: Pull, wanted: NewPull): boolean {
  return (
    pull.headRepo === wanted.headRepo &&
    pull.headBranch === wanted.headBranch &&
    pull.baseBranch === wanted.baseBranch
  )
}

export function openIssue(
  state: State,
  repo: Repository,
  author: Account,
  wanted: { readonly title: string; readonly body: string | null },
): Issue {
  const issue = blankIssue(state, repo, author, wanted.title, wanted.body)
  repo.nextNumber += 1
  repo.issues.set(issue.number, issue)
  return issue
}

function blankIssue(
  state: State,
  repo: Repository,
  author: Account,
  title: string,
  body: string | null,
): Issue {
  const at = now()
  return {
    id: nextId(state),
    number: repo.nextNumber,
    repo,
    author,
    title,
    body,
    state: 'open',
    stateReason: null,
    labels: [],
    assignees: [],
    comments: [],
    createdAt: at,
    updatedAt: at,
    closedAt: undefined,
    closedBy: undefined,
  }
}

export function addComment(state: State, issue: Issue, author: Account, body: string): Comment {
  const at = now()
  const comment = { id: nextId(state), author, body, createdAt: at, updatedAt: at }
  issue.comments.push(comment)
  touch(issue)
  return comment
}

export interface NewReview {
  readonly state: ReviewState
  readonly body: string
  readonly comments: readonly {
    readonly path: string
    readonly line: number
    readonly body: string
  }[]
  readonly commitId?: string | undefined
}

export function addReview(state: State, pull: Pull, author: Account, wanted: NewReview): Review {
  const review: Review = {
    id: nextId(state),
    author,
    state: wanted.state,
    body: wanted.body,
    commitId: wanted.commitId ?? headOf(pull),
    submittedAt: wanted.state === 'PENDING' ? undefined : now(),
  }
  pull.reviews.push(review)
  for (const { path, line, body } of wanted.comments) {
    const thread: Thread = {
      id: nextId(state),
      path,
      line,
      commitId: review.commitId,
      resolvedBy: undefined,
      comments: [],
    }
    pull.threads.push(thread)
    pushLine(state, thread, review, body)
  }
  touch(pull)
  return review
}

/** An answer in a thread; GitHub makes a review of its own of it. */
export function replyInThread(
  state: State,
  pull: Pull,
  thread: Thread,
  by: { readonly author: Account; readonly body: string },
): LineComment {
  const review = addReview(state, pull, by.author, { state: 'COMMENTED', body: '', comments: [] })
  return pushLine(state, thread, review, by.body)
}

function pushLine(state: State, thread: Thread, review: Review, body: string): LineComment {
  const at = now()
  const comment: LineComment = {
    id: nextId(state),
    author: review.author,
    body,
    createdAt: at,
    updatedAt: at,
    reviewId: review.id,
    commitId: review.commitId,
    inReplyTo: thread.comments[0]?.id,
  }
  thread.comments.push(comment)
  return comment
}

/** The repository's label of this name, made when there is none. */
export function label(state: State, repo: Repository, name: string): Label {
  const known = repo.labels.find(each => each.name.toLowerCase() === name.toLowerCase())
  if (known !== undefined) return known
  const made = { id: nextId(state), name, color: 'ededed', description: null }
  repo.labels.push(made)
  return made
}

/** The commits of a pull request, oldest first. */
export async function commitsOf(pull: Pull): Promise<readonly CommitInfo[]> {
  const head = headOf(pull)
  const base = pull.merged === undefined ? tip(pull.repo, pull.baseBranch) : pull.baseSha
  return (await pull.repo.git.between(base ?? pull.baseSha, head)).toReversed()
}

/** Where the head left the base. */
export async function forkPoint(pull: Pull): Promise<string> {
  const { git } = pull.repo
  const base = pull.merged === undefined ? tip(pull.repo, pull.baseBranch) : pull.baseSha
  return (await git.mergeBase(base ?? pull.baseSha, headOf(pull))) ?? pull.baseSha
}
