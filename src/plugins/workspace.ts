import type { Plugin } from './plugin.ts'
import type { Observation } from '../resource/observation.ts'

/** What one look at a repository gives; shared by everybody in the cycle. */
export interface RepositoryFacts {
  /** Real path of the main checkout as given, and of the common directory (`.git`). */
  readonly path: string
  readonly commonDir: string
  /** Full ref name (`refs/heads/x`, `refs/remotes/origin/x`, `refs/ao/…`) to object id. */
  readonly refs: ReadonlyMap<string, string>
  /** What `refs/remotes/origin/HEAD` points at, short (`main`); undefined without one. */
  readonly originHead: string | undefined
  /** The branch checked out in the main checkout, short; undefined when detached. */
  readonly headBranch: string | undefined
  readonly hasOrigin: boolean
  /** When origin was last fetched (mtime of FETCH_HEAD), milliseconds since the epoch. */
  readonly fetchedAt: number | undefined
  readonly worktrees: readonly WorktreeFact[]
  /** Something is in progress in the main checkout (rebase, merge), by its marker's name. */
  readonly busy: string | undefined
}

/** A linked worktree as its administrative directory tells it. */
export interface WorktreeFact {
  /** Absolute path of the checkout. */
  readonly path: string
  /** Absolute path of its administrative directory (`.git/worktrees/x`). */
  readonly gitDir: string
  /** Short branch name; undefined when detached. */
  readonly branch: string | undefined
  /** The checkout's directory exists and points back at `gitDir`. */
  readonly present: boolean
  /** Git itself left it half made (`locked` = "initializing"). */
  readonly initializing: boolean
  /** Our owner file; undefined when it is not ours. */
  readonly owner: WorktreeOwner | undefined
  /** Of a session's: a lock on its index that has stood for minutes. */
  readonly indexLock?: StaleLock
}

/** A lock that a git left, or holds for longer than any work of git takes. */
export interface StaleLock {
  readonly file: string
  /** Milliseconds since the epoch. */
  readonly since: number
  /** A process that has it open, or a git that works in its checkout; undefined when nobody was found. */
  readonly pid: number | undefined
}

/** The owner file `ao.json` in a worktree's administrative directory: identity that travels with the thing. */
export interface WorktreeOwner {
  readonly uid: string
  readonly session: string
  /** Real path of the AO_HOME it belongs to. */
  readonly home: string
  /** How far making it has come; an agent is started only at `prepared`. */
  readonly stage: 'added' | 'populated' | 'prepared'
  /** `session` for a session's workspace, `check` for a temporary one. */
  readonly purpose: 'session' | 'check'
}

/** Which workspace a call is about. */
export interface WorkspaceTarget {
  /** Main checkout of the project, absolute. */
  readonly repository: string
  readonly home: string
  readonly session: string
  readonly uid: string
  /** Absolute path of the checkout, inside the home's `worktrees/`. */
  readonly path: string
  /** Absent: the checkout is on no branch (an orchestrator's). */
  readonly branch: string | undefined
}

/** A branch that an earlier session left, and our ref that remembers where. */
export interface RememberedBranch {
  readonly where: 'local' | 'remote' | 'reopened'
  readonly sha: string
  readonly ref: string
}

/** What taking a workspace away would touch. Counts and at most 20 names each. */
export interface WorkspaceRisk {
  readonly uncommitted: readonly string[]
  readonly untracked: readonly string[]
  /** Ignored files: listed, not saved. */
  readonly ignored: readonly string[]
  /** Commits on the branch (or HEAD) that neither the base nor origin has. */
  readonly unpushed: number
  /** Repositories inside the checkout; they block. */
  readonly nested: readonly string[]
  /** Somebody's rebase or merge in progress inside the checkout. */
  readonly busy: string | undefined
}

export interface WorkspaceSetup {
  readonly symlinks: readonly string[]
  readonly postCreate: readonly string[]
  readonly timeoutMs: number
  /** Complete environment of the commands. */
  readonly env: Readonly<Record<string, string>>
  /** Output is appended here. */
  readonly logFile: string
}

/**
 * How a session gets a checkout. Work on one repository is queued inside the adapter: one coalesced fetch, then branches and
 * `worktree add` one at a time, checkouts in parallel. All methods are safe to call again after a crash at any point.
 */
export interface Workspace extends Plugin {
  /** One look: at most one child process per repository. `absent`: no directory there or not a repository; `unknown`: could not look. */
  observe(repository: string, signal: AbortSignal): Promise<Observation<RepositoryFacts>>
  /** Fetches one branch of origin, and those that are named as sessions' branches are. Concurrent calls for one repository share a fetch. Throws `Unreachable` (retryable) or `Timeout` (retryable). */
  fetch(
    repository: string,
    branch: string,
    options: { readonly timeoutMs: number },
    signal: AbortSignal,
  ): Promise<void>
  /**
   * Creates `refs/heads/<branch>` at `baseSha` and, in the same transaction, our owner ref `refs/ao/owned/<session>/<uid8>` at
   * `baseSha`, both with a zero old value. Resolves when both are ours already; throws `BranchTaken` when the branch is somebody else's.
   * What an earlier session of ours `left` is taken over: a local branch as it is, one on origin by deleting it there. Both only if they are
   * still where our own ref remembers them. What this very session left is made here again from origin, if that is still at its `sha`.
   */
  createBranch(
    target: WorkspaceTarget,
    baseSha: string,
    signal: AbortSignal,
    left?: RememberedBranch,
  ): Promise<void>
  /** `git worktree add --no-checkout` at the branch (or detached at `sha`), then the owner file at stage `added`. Cleans a half-made one of ours first. */
  add(target: WorkspaceTarget, sha: string, signal: AbortSignal): Promise<void>
  /** Checks the files out and moves the stage to `populated`. */
  populate(target: WorkspaceTarget, signal: AbortSignal): Promise<void>
  /** Symlinks, then `postCreate` in its own process group within the timeout, then the stage `prepared`. Throws `CommandFailed` with the log's end. */
  prepare(target: WorkspaceTarget, setup: WorkspaceSetup, signal: AbortSignal): Promise<void>
  /** What removing would touch; `absent` when there is no checkout. `baseRefs` are refs whose commits count as saved. */
  inspect(
    target: WorkspaceTarget,
    baseRefs: readonly string[],
    signal: AbortSignal,
  ): Promise<Observation<WorkspaceRisk>>
  /**
   * Saves uncommitted, untracked and unpushed work of the checkout and of the branch to `refs/ao/preserved/<session>/<uid8>-<n>`, index and
   * stash untouched; resolves to the refs that hold it (none when there was nothing to save; an equal one that is there already is given again).
   */
  preserve(
    target: WorkspaceTarget,
    baseRefs: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly string[]>
  /** Removes the checkout and its administrative directory, only with our owner file of this uid and only below the home's `worktrees/`. */
  remove(target: WorkspaceTarget, signal: AbortSignal): Promise<void>
  /** Whether the repository still has a worktree at this path, as files alone tell. */
  isThere(target: WorkspaceTarget): Promise<boolean>
  /**
   * Deletes the branch if it is still at `expectedSha`, and our owner ref; with `keepBranch` the branch stays. What is left of it, here or
   * on origin, is remembered in `refs/ao/kept/<session>/<uid8>`. Without our owner ref it does nothing; throws a retryable `Conflict` when the branch moved or is checked out.
   */
  deleteBranch(
    target: WorkspaceTarget,
    options: { readonly expectedSha: string | undefined; readonly keepBranch: boolean },
    signal: AbortSignal,
  ): Promise<void>
}
