import type { SessionRecord } from '../resource/record.ts'
import type { DesiredSession } from '../resource/spec.ts'
import type { Activity } from '../resource/status.ts'
import type { RemarkFact } from './remark.ts'

/** A branch that is ours by proof: its commits are the very ones that our own ref remembers of a session that is gone. */
export interface LeftBranch {
  /** `local`: the branch that was kept. `remote`: only origin still has what that session pushed. `reopened`: so it is, and this very session pushed it and goes on with it. */
  readonly where: 'local' | 'remote' | 'reopened'
  readonly sha: string
  readonly baseSha: string
  /** The ref that remembers it, and holds its commits. */
  readonly ref: string
}

/** What one look says of a session's branch. `none`: it has none by design. */
export type BranchFact =
  | { readonly state: 'none' | 'absent' }
  | {
      readonly state: 'ours'
      readonly sha: string
      readonly baseSha: string
      /** Where origin has a branch of that name, as last seen. */
      readonly originSha?: string
    }
  /** What an earlier session of this name left behind, and nobody touched since. */
  | ({ readonly state: 'left' } & LeftBranch)
  /** The owner ref stands, the branch is gone: never made again silently. */
  | { readonly state: 'missing'; readonly baseSha: string }
  | { readonly state: 'taken'; readonly sha: string; readonly where: 'local' | 'remote' }

export type WorkspaceFact =
  | { readonly state: 'absent' }
  | {
      readonly state: 'added' | 'populated' | 'prepared'
      readonly path: string
      /** The branch checked out now; undefined when detached. */
      readonly branch: string | undefined
      /** A lock on its index that has stood for minutes: git refuses to work there. */
      readonly indexLock?: IndexLockFact
    }
  /** Git's record is there, the directory is not (or git left it half made). */
  | { readonly state: 'partial' | 'gone'; readonly path: string }
  /** Ours, but at another place than we made it. */
  | {
      readonly state: 'moved'
      readonly path: string
      readonly expectedPath: string
      readonly branch: string | undefined
    }
  | { readonly state: 'foreign'; readonly path: string; readonly owner: string }

export interface IndexLockFact {
  readonly file: string
  /** Milliseconds since the epoch. */
  readonly since: number
  /** Who has it open; undefined when nobody was found. */
  readonly pid: number | undefined
}

export type ProcessFact =
  | { readonly state: 'absent'; readonly serverGone: boolean }
  | {
      readonly state: 'alive'
      /** The plugin that holds it, which need not be the one declared now. */
      readonly runtime: string
      readonly handle: string
      readonly pid: number | undefined
      readonly attempt: number
      readonly personTyping: boolean
    }
  | {
      readonly state: 'exited'
      readonly runtime: string
      readonly handle: string
      readonly attempt: number
      readonly exitCode: number | undefined
      readonly signal: number | undefined
      /** When it really ended, milliseconds since the epoch, as far as its runtime knows. */
      readonly exitedAt?: number
    }
  | { readonly state: 'foreign'; readonly handle: string }
  | { readonly state: 'unknown'; readonly reason: string }

export interface FailedCheck {
  readonly name: string
  readonly step: string | undefined
  readonly logTail: string
  readonly url: string | undefined
}

/** A required check without a verdict. */
export interface UndecidedCheck {
  readonly name: string
  /** `running`: it runs, or is about to. `unreported`: nobody ever said anything of it. */
  readonly state: 'running' | 'unreported' | 'cancelled'
}

export interface ReviewNote {
  readonly id: string
  readonly author: string
  /** Whether an application or a session wrote it; they never tire. */
  readonly isBot: boolean
  readonly body: string
}

/** A conversation that waits for an answer: not resolved, its last word not ours, and its author may be heard. */
export interface ThreadFact {
  readonly id: string
  readonly path: string | undefined
  readonly line: number | undefined
  readonly url: string | undefined
  /** Whether an application wrote the last word. */
  readonly isBot: boolean
  /** The last comment; a follow-up in the same thread is news. */
  readonly lastId: string
  /** Said since we last answered, oldest first. */
  readonly comments: readonly { readonly author: string; readonly body: string }[]
}

/** What is answered of a thread: a reply in it is news. */
export function newsId({ id, lastId }: Pick<ThreadFact, 'id' | 'lastId'>): string {
  return `${id}:${lastId}`
}

/** One pull request, as far as the lifecycle cares. */
export interface PullRequestFact {
  readonly number: number
  readonly url: string
  readonly title: string
  readonly labels: readonly string[]
  readonly headBranch: string
  readonly baseBranch: string
  /** The open pull request whose branch this one is built on. */
  readonly stackedOn: number | undefined
  readonly state: 'open' | 'draft' | 'merged' | 'closed'
  readonly headSha: string
  readonly baseSha: string | undefined
  /** Of the current head. `none`: nobody has checks. */
  readonly checks: 'none' | 'pending' | 'passing' | 'failing'
  readonly failed: readonly FailedCheck[]
  /** What keeps required checks from a verdict; absent in what was recorded without it. */
  readonly undecided?: readonly UndecidedCheck[]
  readonly requiredChecks: number
  readonly review: 'none' | 'approved' | 'changes-requested'
  /** Requests for changes that stand. */
  readonly requests: readonly ReviewNote[]
  readonly approved: boolean
  readonly threads: readonly ThreadFact[]
  /** Oldest first; absent in what was recorded without them. */
  readonly remarks?: readonly RemarkFact[]
  /** When we or a session of ours last said something of the whole, milliseconds since the epoch; absent where nobody did. */
  readonly spokenAt?: number
  /** Authors who wrote something and may not be heard. */
  readonly unheard: readonly string[]
  readonly queued: boolean
  readonly mergeable: 'clean' | 'conflicting' | 'unknown'
  readonly mergeSha: string | undefined
  /** Every request for changes has its answer: the head moved since, and no conversation waits. The forge lets it stand until it is reviewed again. */
  readonly answered: boolean
  /** Paths of manifest sources it changes. */
  readonly touchesManifests: readonly string[]
  /** When all of this was so, milliseconds since the epoch; absent where that is when it is looked at. Says nothing by itself, so it is kept nowhere. */
  readonly asOf?: number
}

/** The branch of a merged pull request, where it stands at what was merged. */
export interface LeftoverFact {
  readonly number: number
  readonly branch: string
  readonly sha: string
  /** Other open pull requests that are of it, or go into it. */
  readonly neededBy: readonly number[]
}

export type ReviewFact =
  | {
      readonly state: 'none'
      /** The number of an open one that another operator's session opened of its branch: two agents may be at one task. */
      readonly elsewhere?: number
    }
  | {
      readonly state: 'found'
      readonly pullRequest: PullRequestFact
      /** Further open ones that the session made, such as those built on the first. */
      readonly others: readonly PullRequestFact[]
      /** Branches of its own that were to go when they were merged, and are still there; absent when there are none. */
      readonly leftovers?: readonly LeftoverFact[]
    }
  /** Several that others opened are of one branch of its. */
  | {
      readonly state: 'ambiguous'
      readonly numbers: readonly number[]
      /** Absent, like the links, in what was recorded without it. */
      readonly branch?: string
      readonly urls?: readonly string[]
    }
  | {
      readonly state: 'unknown'
      readonly reason: string
      /** Of when is what was known before; milliseconds since the epoch. */
      readonly knownAt?: number
    }

export type RepositoryFact =
  | {
      readonly state: 'found'
      readonly hasOrigin: boolean
      /** `origin/main` or `main`, and where it stands; undefined when there is no such branch. */
      readonly base: { readonly ref: string; readonly sha: string } | undefined
      /** What the manifest, origin or the checkout says; absent when none of them says anything. */
      readonly defaultBranch?: string
      readonly fetchedAt: number | undefined
    }
  | { readonly state: 'absent'; readonly path: string; readonly repo: string | undefined }
  | { readonly state: 'unknown'; readonly reason: string }
  /** The project itself is not declared. */
  | { readonly state: 'undeclared' }

/** What taking the workspace away would touch; `unknown` when it was not looked at. */
export type RiskFact =
  | { readonly state: 'none' }
  | {
      readonly state: 'found'
      readonly uncommitted: readonly string[]
      readonly untracked: readonly string[]
      readonly ignored: readonly string[]
      readonly unpushed: number
      readonly nested: readonly string[]
      readonly busy: string | undefined
    }
  | { readonly state: 'unknown'; readonly reason: string }

/** Everything one look at the world says of one session. Plain data; the lifecycle and the planner see nothing else. */
export interface SessionFacts {
  readonly repository: RepositoryFact
  readonly branch: BranchFact | { readonly state: 'unknown'; readonly reason: string }
  readonly workspace: WorkspaceFact | { readonly state: 'unknown'; readonly reason: string }
  readonly process: ProcessFact
  readonly review: ReviewFact
  readonly activity: Activity
  /** Milliseconds since the epoch of the last sign of life (start, activity report). */
  readonly lastSignAt: number | undefined
  readonly risk: RiskFact | undefined
}

/** What is asked of a session, as the lifecycle and the planner see it. */
export interface SessionView {
  readonly object: DesiredSession
  readonly record: SessionRecord
  readonly facts: SessionFacts
}

/** All pull requests of a session that were seen, the main one first. */
export function pullRequestsOf(review: ReviewFact): readonly PullRequestFact[] {
  return review.state === 'found' ? [review.pullRequest, ...review.others] : []
}

/** Whether it may still be merged; drafts may. */
export function isLive({ state }: Pick<PullRequestFact, 'state'>): boolean {
  return state === 'open' || state === 'draft'
}

/** The number of the pull request, where a cause is what was said there. */
export function talkedAbout(cause: string): number | undefined {
  const [, number] = /^(?:changes-requested|bugbot-comments)#(\d+)$/.exec(cause) ?? []
  return number === undefined ? undefined : Number(number)
}

/** Up to when a pull request was seen to be as it is: that a forge says nothing since is no sign that nothing happened. */
export function seenUntil({ asOf }: Pick<PullRequestFact, 'asOf'>, now: number): number {
  return Math.min(asOf ?? now, now)
}

/** Whether the session is to run, to rest, or to go. */
export function wanted(object: DesiredSession): 'running' | 'suspended' | 'deleted' {
  if (object.deletionTimestamp !== undefined) return 'deleted'
  return (object.overrides.state ?? object.spec.state) === 'Suspended' ? 'suspended' : 'running'
}

/** Whether the session is over, by its record: it is never run again. */
export function isDone(record: SessionRecord): boolean {
  return record.outcome !== undefined && record.outcome.state !== 'Orphaned'
}

/** Whether the newest attempt was ended by us, on purpose: it counts as no failure and is no change from outside. */
export function wasStopped(record: SessionRecord): boolean {
  return record.lastExit?.reason === 'Stopped' && record.lastExit.attempt === record.attempt
}

/** Whether a branch, a workspace or an attempt was ever made for the session. */
export function wasEverMade(record: SessionRecord): boolean {
  return record.attempt > 0 || record.baseSha !== undefined
}
