import type { Observation } from '../resource/observation.ts'
import type { PluginChoice } from '../resource/spec.ts'
import type { Plugin } from './plugin.ts'
import type { RepositoryFacts } from './workspace.ts'

/** Where a project's pull requests live. */
export interface ScmProject {
  readonly project: string
  /** Main checkout, absolute. */
  readonly repository: string
  readonly defaultBranch: string
  /** The plugin choice: `plugin` and its settings. */
  readonly config: PluginChoice
  readonly home: string
}

export interface CheckResult {
  readonly name: string
  readonly sha: string
  readonly state: 'pending' | 'running' | 'success' | 'failure' | 'cancelled'
  readonly required: boolean
  /** The end of the log, bounded to 8 KiB, control characters stripped. */
  readonly logTail?: string
  readonly url?: string
  readonly completedAt?: string
}

export interface Review {
  readonly id: string
  readonly author: string
  /** Name of the session that wrote it, when one did. */
  readonly session?: string
  readonly verdict: 'approve' | 'request-changes' | 'comment'
  readonly body: string
  /** The head it was about. */
  readonly sha: string
  readonly createdAt: string
}

export interface PullRequest {
  readonly number: number
  readonly url: string
  readonly title: string
  readonly body: string
  readonly state: 'open' | 'merged' | 'closed'
  readonly draft: boolean
  readonly author: string
  /** Name of the session that opened it, when one did. */
  readonly session?: string
  readonly head: { readonly branch: string; readonly sha: string }
  readonly base: { readonly branch: string; readonly sha: string | undefined }
  /** Of the current head. */
  readonly checks: readonly CheckResult[]
  readonly reviews: readonly Review[]
  /** Approvals of the current head (an approval of an older head no longer counts), and how many are needed. */
  readonly approvals: { readonly have: number; readonly need: number }
  /** The newest verdict of each reviewer, summed up. */
  readonly reviewDecision: 'none' | 'approved' | 'changes-requested'
  readonly mergeable: 'clean' | 'conflicting' | 'unknown'
  readonly mergeSha?: string
  readonly createdAt: string
  /** Paths changed against the base that the caller asked about (`touches`), see `observe`. */
  readonly touched: readonly string[]
}

/** A forge, or what stands in for one. */
export interface Scm extends Plugin {
  /**
   * The project's pull requests: all open ones and those of the last 50 that are merged or closed. Reads only; `repository` is this cycle's look.
   * `watchPaths` are path prefixes relative to the repository; `touched` tells which of them a PR changes.
   */
  observe(
    project: ScmProject,
    repository: RepositoryFacts,
    watchPaths: readonly string[],
    signal: AbortSignal,
  ): Promise<Observation<readonly PullRequest[]>>
  /** Opens a pull request; with an open one of the same head and base, resolves to that. */
  create(
    project: ScmProject,
    request: {
      readonly head: string
      readonly base: string
      readonly title: string
      readonly body: string
      readonly draft: boolean
      readonly author: string
      readonly session: string | undefined
    },
    signal: AbortSignal,
  ): Promise<PullRequest>
  get(project: ScmProject, number: number, signal: AbortSignal): Promise<PullRequest | undefined>
  /** Throws `Refused` when the session that opened it approves it. */
  review(
    project: ScmProject,
    number: number,
    review: {
      readonly verdict: Review['verdict']
      readonly body: string
      readonly author: string
      readonly session: string | undefined
    },
    signal: AbortSignal,
  ): Promise<void>
  /**
   * Merges pinned to `expectedHead`; throws `Conflict` when the head moved, the merge conflicts, or (without a remote) the base is checked out.
   * Merging what is merged already resolves to its merge commit. The person's HEAD, index and files never change.
   */
  merge(
    project: ScmProject,
    number: number,
    options: { readonly expectedHead: string; readonly by: string },
    signal: AbortSignal,
  ): Promise<{ readonly mergeSha: string }>
  close(project: ScmProject, number: number, by: string, signal: AbortSignal): Promise<void>
  /** Runs the checks of the current head that have no result yet, each once per check and SHA; undefined where the forge runs them itself. */
  runChecks?(project: ScmProject, pullRequest: PullRequest, signal: AbortSignal): Promise<void>
}
