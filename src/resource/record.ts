/** What can't be observed again about a session; written before what it records is undone, never swept. `records/<uid>.json`. */
export interface SessionRecord {
  readonly uid: string
  readonly kind: 'Worker' | 'Orchestrator'
  readonly name: string
  readonly project: string
  readonly source: string
  /** The highest attempt ever allocated; 0 before the first. */
  readonly attempt: number
  /** Native session id of the agent. */
  readonly sessionId?: string
  /** Attempts whose prompt was handed over, with the text's SHA-256. */
  readonly launches: readonly LaunchRecord[]
  /** Restarts in a row without a stable run in between. */
  readonly restarts: number
  readonly lastExit?: ExitRecord
  /** By cause, such as `ci-failed#3` (reaction and PR number). */
  readonly budgets: Readonly<Record<string, Budget>>
  /** By cause: the signature that was answered last. */
  readonly handled: Readonly<Record<string, string>>
  /** Words on pull requests that were told, by id: when we had last said something there ourselves (RFC 3339, empty for never). Only what came after may be their answer. */
  readonly told?: Readonly<Record<string, string>>
  /** By cause: how many answers were ever given; never less, so that two answers are never taken for one. */
  readonly answers?: Readonly<Record<string, number>>
  readonly baseSha?: string
  readonly branch?: string
  readonly adopted?: AdoptedBranch
  readonly reported?: {
    readonly outcome: 'done' | 'failed'
    readonly at: string
    readonly attempt: number
  }
  /** `restartRequestedAt` of the last restart carried out. */
  readonly restartHandled?: string
  /** Preserve refs made of its work. */
  readonly preserved: readonly string[]
  /** What was said and set in the tracker, such as `start.comment`, and when. */
  readonly tracked?: Readonly<Record<string, string>>
  /** Since when its issue was seen closed, RFC 3339; absent while it is open. */
  readonly issueClosedAt?: string
  /** Its pull request as long as it is closed unmerged, where that ends the worker. */
  readonly pullRequestClosed?: ClosedPullRequest
  /** The pull request with which it goes on since all was cleaned up for a closed one. */
  readonly reopened?: number
  /** What became of the branches of its merged pull requests, by number. */
  readonly leftovers?: Readonly<Record<string, LeftoverEnd>>
  /** Pushes that replaced what was there, the newest last, bounded to 50. */
  readonly forced?: readonly ForcedPush[]
  readonly outcome?: Outcome
}

export interface ClosedPullRequest {
  readonly number: number
  /** When it was first seen closed, RFC 3339. */
  readonly at: string
  /** Whoever opens it again before then goes on as if nothing had happened. */
  readonly until: string
}

/** `held` may change; the others are the last word. */
export interface LeftoverEnd {
  readonly state: 'gone' | 'kept' | 'held'
  /** Where it stood when it was merged. */
  readonly sha: string
  readonly why?: string
}

/** Written down before it is tried. */
export interface ForcedPush {
  /** RFC 3339. */
  readonly at: string
  readonly branch: string
  /** What was expected there. */
  readonly from: string
  readonly to: string
  readonly reason: string
  readonly by: string
}

/** The branch that an earlier session of this name left, and that this one went on with. */
export interface AdoptedBranch {
  readonly branch: string
  /** Its pull requests that were seen open since then: they are this session's, whatever becomes of them. */
  readonly pullRequests: readonly number[]
}

export interface LaunchRecord {
  readonly attempt: number
  readonly at: string
  readonly promptDigest: string
  /** Fingerprint of the restart-class fields it was started with. */
  readonly specDigest: string
  /** Fingerprints of these fields one by one, by their names in manifests; absent in what was adopted. */
  readonly fields?: Readonly<Record<string, string>>
  /** The runtime plugin it was started in. */
  readonly runtime: string
}

export interface ExitRecord {
  readonly attempt: number
  /** When the exit was first observed, RFC 3339. */
  readonly at: string
  readonly exitCode?: number
  readonly signal?: number
  /** `Stopped`: by us, on purpose (suspended, restarted); it counts as no failure. */
  readonly reason: 'Exited' | 'KilledBySignal' | 'ServerGone' | 'ProcessGone' | 'Stopped'
}

export interface Budget {
  readonly used: number
  readonly firstSeenAt: string
  /** When the orchestrator was told, and when a person was. */
  readonly orchestratorAt?: string
  readonly escalatedAt?: string
  /** What the last call said: its priority, and why a person was called. The same is not said again. */
  readonly calledFor?: string
  /** Since when it is open whether the agent got what it was told last. */
  readonly unheardSince?: string
  /** The message that was dropped last: it is taken back once. */
  readonly takenBack?: string
  /** First of the observations without its cause that may give it back. */
  readonly greenSince?: string
}

export interface Outcome {
  /** `Closed`, its pull request unmerged, is the only one that is withdrawn: when that is opened again. */
  readonly state:
    | 'Merged'
    | 'IssueClosed'
    | 'Closed'
    | 'Exited'
    | 'Reported'
    | 'Deleted'
    | 'Orphaned'
  readonly at: string
  readonly mergeSha?: string
  readonly pullRequest?: number
  readonly pullRequestUrl?: string
  readonly preserved: readonly string[]
}

/** Whether a worker with this outcome did what it was for: others may depend on that. */
export function isAccomplished(outcome: Outcome | undefined): boolean {
  const state = outcome?.state
  return state === 'Merged' || state === 'IssueClosed' || state === 'Exited' || state === 'Reported'
}

/** How people read it, after "is". */
export function endWords({ state, pullRequest }: Outcome): string {
  return state === 'Closed'
    ? `closed (pull request #${pullRequest ?? '?'} was not merged)`
    : `done (${state})`
}

/** Whether nothing of a session with this outcome is needed any more: its workspace goes. */
export function needsNothing(outcome: Outcome | undefined): boolean {
  const state = outcome?.state
  return state === 'Merged' || state === 'IssueClosed' || state === 'Closed'
}
