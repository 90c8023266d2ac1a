/** Somebody, as GitLab tells it beside what they wrote. */
export interface Person {
  readonly id: number
  readonly username: string
}

/** What the account is: looked up by its number. */
export interface Account {
  readonly isBot: boolean
  /** Of a bot: it is the very account that the token is of. */
  readonly isUs?: true
  /** Access to the project, as GitLab numbers it; 0 for none. */
  readonly access: number
  /** When it was so, milliseconds since the epoch. */
  readonly at: number
}

export type People = Readonly<Record<number, Account>>

/** What the list of merge requests tells of one. Texts are as they were written, markers and all; the title is without the mark of a draft. */
export interface ListedMerge {
  readonly number: number
  readonly url: string
  readonly title: string
  readonly body: string
  readonly state: 'open' | 'merged' | 'closed'
  readonly draft: boolean
  readonly author: Person
  readonly headBranch: string
  readonly headSha: string
  /** Of the project that the head is in; absent when that is gone. */
  readonly sourceId?: number
  readonly baseBranch: string
  readonly labels: readonly string[]
  readonly hasReviewers: boolean
  /** It merges by itself once its pipeline succeeds, or stands in the merge train. */
  readonly queued: boolean
  readonly mergeSha?: string
  readonly createdAt: string
  readonly updatedAt: string
}

export interface Pipeline {
  readonly id: number
  readonly projectId: number
  readonly sha: string
  /** In GitLab's words: `created`, `success`, `manual`… */
  readonly status: string
  readonly url?: string
  readonly problems?: string
}

/** A job, a bridge to another pipeline, or a status that somebody else reported. */
export interface Job {
  readonly id: number
  readonly name: string
  readonly status: string
  readonly mayFail: boolean
  /** Of a job of ours, which has a trace: the project it ran in. */
  readonly projectId?: number
  readonly stage?: string
  readonly url?: string
  readonly finishedAt?: string
  readonly description?: string
}

export interface Note {
  readonly id: number
  readonly author: Person
  readonly body: string
  readonly createdAt: string
  readonly system: boolean
  readonly resolvable: boolean
  readonly resolved: boolean
  readonly resolvedBy?: number
  readonly path?: string
  readonly line?: number
}

export interface Discussion {
  readonly id: string
  /** A note of its own that nobody can answer in a thread. */
  readonly isSingle: boolean
  /** Oldest first; at least one. */
  readonly notes: readonly Note[]
}

export interface Approval {
  readonly by: Person
  readonly at?: string
}

/** A push to the merge request. */
export interface Version {
  readonly sha: string
  readonly createdAt: string
}

/** What was said about a merge request; it is read anew when its `updatedAt` moved. */
export interface Talk {
  readonly updatedAt: string
  readonly discussions: readonly Discussion[]
  /** Absent where this GitLab has no approvals. */
  readonly approvals?: { readonly required: number; readonly by: readonly Approval[] }
  /** Reviewers that asked for changes in GitLab's own way. */
  readonly requested: readonly Approval[]
  readonly versions: readonly Version[]
}

export interface ChangedFiles {
  readonly sha: string
  readonly paths: readonly string[]
  readonly isAll: boolean
}

/** Everything about a merge request. */
export interface WholeMerge extends ListedMerge {
  readonly mergeable: 'clean' | 'conflicting' | 'unknown'
  /** Why it doesn't merge now, in GitLab's words. */
  readonly mergeStatus: string
  /** Where the branch of one that is merged still stands; absent when that is gone. */
  readonly headTip?: string
  /** Where the base's branch stands now; absent when that is gone. */
  readonly baseTip?: string
  /** Only one of the current head. */
  readonly pipeline?: Pipeline
  readonly jobs: readonly Job[]
  readonly talk: Talk
  /** Changed paths of the head, with former names; absent when nobody asked. */
  readonly files?: ChangedFiles
}

/** What is known of the project itself. */
export interface ProjectFacts {
  readonly id: number
  /** As GitLab writes it now. */
  readonly path: string
  readonly method: 'merge' | 'rebase_merge' | 'ff'
  readonly needsPipeline: boolean
  readonly hasTrains: boolean
}
