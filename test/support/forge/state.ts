import type { CheckRun, Status } from './check-state.ts'
import type { BareGit } from './git.ts'

export type AccountType = 'User' | 'Bot' | 'Organization'

export interface Account {
  readonly id: number
  readonly login: string
  readonly type: AccountType
}

/** What a token may do: `read` can't write, `none` can't even see private repositories. */
export interface Token {
  readonly account: Account
  readonly access: 'write' | 'read' | 'none'
}

export interface Label {
  readonly id: number
  readonly name: string
  color: string
  description: string | null
}

/** A comment below an issue or a pull request. */
export interface Comment {
  readonly id: number
  readonly author: Account
  body: string
  readonly createdAt: number
  updatedAt: number
}

/** A comment on a line. */
export interface LineComment extends Comment {
  readonly reviewId: number
  readonly commitId: string
  readonly inReplyTo: number | undefined
}

export interface Thread {
  readonly id: number
  readonly path: string
  readonly line: number
  /** The head it was written about; a thread is outdated when its file changed since. */
  readonly commitId: string
  resolvedBy: Account | undefined
  readonly comments: LineComment[]
}

export type ReviewState = 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED' | 'PENDING'

export interface Review {
  readonly id: number
  readonly author: Account
  state: ReviewState
  body: string
  readonly commitId: string
  submittedAt: number | undefined
}

export interface Issue {
  readonly id: number
  readonly number: number
  readonly repo: Repository
  readonly author: Account
  title: string
  body: string | null
  state: 'open' | 'closed'
  stateReason: 'completed' | 'reopened' | 'not_planned' | 'duplicate' | null
  labels: Label[]
  assignees: Account[]
  readonly comments: Comment[]
  readonly createdAt: number
  updatedAt: number
  closedAt: number | undefined
  closedBy: Account | undefined
}

/** What GitHub worked out about a merge of exactly these two commits; undefined while it has not. */
export interface Mergeability {
  readonly base: string
  readonly head: string
  readonly clean: boolean | undefined
  /** The commit of the trial merge. */
  readonly trial: string | undefined
}

export interface Pull extends Issue {
  /** The head's repository, undefined when that was deleted. */
  readonly headRepo: Repository | undefined
  readonly headBranch: string
  baseBranch: string
  /** The tip of the base when the head was last pushed: GitHub doesn't move it with the base. */
  baseSha: string
  draft: boolean
  merged: { readonly at: number; readonly by: Account; readonly sha: string } | undefined
  mergeability: Mergeability | undefined
  readonly reviews: Review[]
  readonly threads: Thread[]
  requestedReviewers: Account[]
}

export interface Protection {
  readonly requiredChecks: readonly string[]
  readonly requiredApprovals: number
  /** The branch must contain the base's tip. */
  readonly strict: boolean
  readonly dismissStale: boolean
  readonly resolvedThreads: boolean
  readonly mergeQueue: boolean
  /** A ruleset instead of a classic branch protection: `rules/branches` tells, `protection` is 404. */
  readonly asRules: boolean
}

export interface QueueEntry {
  readonly id: number
  readonly pull: Pull
  readonly enqueuer: Account
  readonly enqueuedAt: number
  /** The head that was put into the queue. */
  readonly head: string
}

/** What somebody is to a repository, in GitHub's words. */
export type Association =
  | 'OWNER'
  | 'MEMBER'
  | 'COLLABORATOR'
  | 'CONTRIBUTOR'
  | 'FIRST_TIME_CONTRIBUTOR'
  | 'NONE'

export interface Repository {
  readonly id: number
  owner: Account
  name: string
  readonly private: boolean
  /** Of a fork. */
  parent: Repository | undefined
  readonly git: BareGit
  defaultBranch: string
  /** All refs as git told them at the start of the request that is being answered. */
  refs: ReadonlyMap<string, string>
  readonly createdAt: number
  updatedAt: number
  pushedAt: number
  nextNumber: number
  readonly issues: Map<number, Issue | Pull>
  readonly labels: Label[]
  /** By account, of those that are not what they usually are. */
  readonly associations: Map<number, Association>
  checkRuns: CheckRun[]
  readonly statuses: Status[]
  readonly protection: Map<string, Protection>
  readonly queue: QueueEntry[]
  deleteBranchOnMerge: boolean
  readonly mergeMethods: Set<'merge' | 'squash' | 'rebase'>
  /** Who answers for what: changes to one repository happen one after the other. */
  turn: Promise<unknown>
}

/** Everything the double knows besides what is in git. */
export interface State {
  /** `http://127.0.0.1:PORT`. */
  url: string
  readonly folder: string
  readonly accounts: Map<string, Account>
  readonly tokens: Map<string, Token>
  /** By lower-case `owner/name`. */
  readonly repositories: Map<string, Repository>
  /** Former names, lower-case. */
  readonly renamed: Map<string, Repository>
  lastId: number
}

/** One counter for all ids makes sure that no two things are mixed up by chance. */
export function nextId(state: State): number {
  state.lastId += 1
  return state.lastId
}

/** GitHub counts in whole seconds. */
export function now(): number {
  return Math.floor(Date.now() / 1000) * 1000
}

export function stamp(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z')
}

/** Moves `updated_at` by at least one second, so that two changes within one are two for who compares. */
export function touch(what: { updatedAt: number }): void {
  what.updatedAt = Math.max(now(), what.updatedAt + 1000)
}

/** The account of this login, made when there is none. */
export function account(state: State, login: string, type: AccountType = 'User'): Account {
  const known = state.accounts.get(login.toLowerCase())
  if (known !== undefined) return known
  const made = { id: nextId(state), login, type }
  state.accounts.set(login.toLowerCase(), made)
  return made
}

export function isPull(issue: Issue | Pull): issue is Pull {
  return 'headBranch' in issue
}

/** People are collaborators unless something else is said of them; bots are nothing. */
export function associationOf(repo: Repository, author: Account): Association {
  const usual = author.type === 'Bot' ? 'NONE' : 'COLLABORATOR'
  return author === repo.owner ? 'OWNER' : (repo.associations.get(author.id) ?? usual)
}

export function pullsOf(repo: Repository): readonly Pull[] {
  return [...repo.issues.values()].filter(isPull)
}

export function fullName(repo: Repository): string {
  return `${repo.owner.login}/${repo.name}`
}

export function findRepository(state: State, name: string): Repository | undefined {
  return state.repositories.get(name.toLowerCase())
}

/** The tip of a branch, from git. */
export function tip(repo: Repository, branch: string): string | undefined {
  return repo.refs.get(`refs/heads/${branch}`)
}

/** The head of a pull request, from git; it outlives the branch. */
export function headOf(pull: Pull): string {
  const sha = pull.repo.refs.get(`refs/pull/${pull.number}/head`)
  if (sha === undefined)
    throw new Error(`No refs/pull/${pull.number}/head in ${fullName(pull.repo)}`)
  return sha
}

/** Runs what changes a repository after everything that changes it already. */
export async function inTurn<T>(repo: Repository, work: () => Promise<T>): Promise<T> {
  const before = repo.turn
  const mine = before.then(work, work)
  repo.turn = mine.catch(() => undefined)
  return mine
}
