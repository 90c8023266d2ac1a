/** Somebody, as GitHub tells it. */
export interface Actor {
  readonly login: string
  readonly isBot: boolean
  /** It is the very account that the token is of; absent where GitHub was not asked, as in lists. */
  readonly isUs?: true
  /** How they belong to the repository: `OWNER`, `MEMBER`, `NONE`… */
  readonly association: string
}

/** What the list of pull requests tells of one. Texts are as they were written, markers and all. */
export interface ListedPull {
  readonly number: number
  readonly url: string
  readonly title: string
  readonly body: string
  readonly state: 'open' | 'merged' | 'closed'
  readonly draft: boolean
  readonly author: Actor
  readonly headBranch: string
  readonly headSha: string
  /** `owner/name`, lower case; absent when that repository is gone. */
  readonly headRepo?: string
  /** The head is in another repository than the base, by GitHub's ids: names may change. */
  readonly isCross: boolean
  readonly baseBranch: string
  readonly baseSha?: string
  readonly labels: readonly string[]
  readonly mergeSha?: string
  readonly createdAt: string
  readonly updatedAt: string
}

/** A check run or a commit status. */
export interface Context {
  readonly name: string
  /** Tells two of the same name apart: application, workflow and event. */
  readonly origin: string
  /** Of a check run. */
  readonly runId?: number
  /** A job of GitHub Actions, which has a log. */
  readonly isJob: boolean
  /** In GitHub's words, lower case: `queued`, `success`, `timed_out`… */
  readonly state: string
  readonly required: boolean
  readonly url?: string
  readonly at?: string
  readonly description?: string
}

export interface SaidText {
  readonly id: string
  readonly author: Actor
  readonly body: string
  readonly createdAt: string
  readonly url?: string
}

export interface SaidReview extends SaidText {
  readonly state: 'approved' | 'changes_requested' | 'commented' | 'dismissed'
  readonly sha: string
}

export interface SaidThread {
  readonly id: string
  readonly path?: string
  readonly line?: number
  readonly resolved: boolean
  readonly comments: readonly SaidText[]
}

/** Everything about a pull request. */
export interface WholePull extends ListedPull {
  /** GitHub's id, for changes by GraphQL. */
  readonly id: string
  /** Where the head's branch stands now; absent when it is gone. */
  readonly headTip?: string
  /** Where the base's branch stands now; `baseSha` is where it stood when the head was pushed. */
  readonly baseTip?: string
  /** When the head was committed: GitHub no longer tells when it was pushed. */
  readonly headAt?: string
  readonly contexts: readonly Context[]
  readonly reviews: readonly SaidReview[]
  readonly threads: readonly SaidThread[]
  readonly comments: readonly SaidText[]
  readonly mergeable: 'clean' | 'conflicting' | 'unknown'
  readonly queued: boolean
  /** GitHub's own verdict, by the rules of the branch. */
  readonly decision: 'approved' | 'changes_requested' | 'review_required' | 'none'
  /** Changed paths of the head, with former names; absent when nobody asked. */
  readonly files?: ChangedFiles
}

export interface ChangedFiles {
  readonly sha: string
  readonly paths: readonly string[]
  /** GitHub lists no more than 3000. */
  readonly isAll: boolean
}

/** What a job that failed said last. */
export interface FailedJob {
  readonly step?: string
  readonly logTail?: string
}

/** What must have happened before a branch takes anything. */
export interface BranchRules {
  readonly checks: readonly string[]
  readonly approvals: number
}
