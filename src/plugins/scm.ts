import type { Observation } from '../resource/observation.ts'
import type { PluginChoice } from '../resource/spec.ts'
import type { Plugin } from './plugin.ts'
import type { Signature } from '../resource/signature.ts'
import type { RepositoryFacts } from './workspace.ts'

/** Where a project's pull requests live. */
export interface ScmProject {
  readonly project: string
  /** Main checkout, absolute. */
  readonly repository: string
  /** What the Project says of where it can be cloned from: `owner/name` or a URL. */
  readonly repo: string | undefined
  readonly defaultBranch: string
  /** The plugin choice: `plugin` and its settings. */
  readonly config: PluginChoice
  readonly home: string
}

export interface CheckResult {
  readonly name: string
  readonly sha: string
  /** A check that was cancelled or left out says nothing; one that is required and was never reported is `pending`. */
  readonly state: 'pending' | 'running' | 'success' | 'failure' | 'cancelled' | 'skipped'
  readonly required: boolean
  /** It is required, and nobody ever said anything of it for this head. */
  readonly unreported?: true
  /** The step that failed, where the forge tells it. */
  readonly step?: string
  /** The end of the log, bounded to 8 KiB, control characters stripped. */
  readonly logTail?: string
  readonly url?: string
  readonly completedAt?: string
}

/** Who wrote something, and whether what they write may reach an agent. */
export interface Authorship extends Signature {
  readonly author: string
  /** By the type of the account, never by its name. */
  readonly authorType: 'person' | 'bot'
  /** Whether the author may be heard: somebody who belongs to the repository, or an application installed on it. */
  readonly trusted: boolean
}

export interface Review extends Authorship {
  readonly id: string
  readonly verdict: 'approve' | 'request-changes' | 'comment'
  readonly body: string
  /** The head it was about. */
  readonly sha: string
  readonly createdAt: string
  readonly url?: string
}

export interface ReviewComment extends Authorship {
  readonly id: string
  readonly body: string
  readonly createdAt: string
  readonly url?: string
}

/** A conversation about a line, or about the whole. */
export interface ReviewThread {
  readonly id: string
  readonly path?: string
  readonly line?: number
  readonly resolved: boolean
  readonly url?: string
  /** Oldest first; at least one. */
  readonly comments: readonly ReviewComment[]
}

/** Its signature is that of the session that opened it. */
export interface PullRequest extends Signature {
  readonly number: number
  readonly url: string
  readonly title: string
  readonly body: string
  readonly state: 'open' | 'merged' | 'closed'
  readonly draft: boolean
  readonly author: string
  readonly head: {
    readonly branch: string
    readonly sha: string
    /** When it came to be the head, or (where the forge doesn't tell that) was committed; absent while that isn't known. */
    readonly movedAt?: string
    /** In a repository that the project's checkout has no remote for: somebody's fork. Its branch names say nothing. */
    readonly foreign: boolean
  }
  readonly base: { readonly branch: string; readonly sha: string | undefined }
  /** Of the current head. */
  readonly checks: readonly CheckResult[]
  readonly reviews: readonly Review[]
  readonly threads: readonly ReviewThread[]
  /** What was said beside reviews, oldest first, bounded to the last 50. */
  readonly comments: readonly ReviewComment[]
  readonly labels: readonly string[]
  /** Approvals of the current head by people (one of an older head, or by an application, does not count), and how many are needed. */
  readonly approvals: { readonly have: number; readonly need: number }
  /** The newest verdict of each reviewer, summed up. */
  readonly reviewDecision: 'none' | 'approved' | 'changes-requested'
  readonly mergeable: 'clean' | 'conflicting' | 'unknown'
  /** It stands in the forge's merge queue. */
  readonly queued: boolean
  readonly mergeSha?: string
  /**
   * Where the branch of a merged one still stands, in the repository itself, although by the settings it goes with the merge. Absent when it is gone or may
   * stay, and while that isn't known.
   */
  readonly leftover?: string
  readonly createdAt: string
  /** Paths changed against the base that the caller asked about (`watchPaths`), see `observe`. */
  readonly touched: readonly string[]
}

/** Pull requests, and how old this knowledge is. */
export interface PullRequests {
  /** Ordered by number. */
  readonly items: readonly PullRequest[]
  /** When it was so, milliseconds since the epoch. */
  readonly asOf: number
  /** The same of the list alone, where that is newer: which there are, of which branches, and whether they are open. */
  readonly listedAt?: number
  /** The same of each one that is read whole, by number. */
  readonly readAt?: Readonly<Record<number, number>>
  /** Why it is no newer, where it was asked for and not everything could be read. */
  readonly trouble?: string
  /** That trouble, where it makes all of this too old to conclude anything from. */
  readonly hidden?: Observation<never>
  /** What the repository is called now, where the forge says that it is no longer called as declared. */
  readonly renamed?: string
}

export interface PullRequestsWanted {
  /** Path prefixes relative to the repository; `touched` tells which of them a PR changes. */
  readonly watchPaths: readonly string[]
  /** Branches that sessions are on. Only pull requests of these, of sessions (by their marker) and of `numbers` need to be read whole. */
  readonly branches: readonly string[]
  /** Pull requests that somebody claimed for a session. */
  readonly numbers: readonly number[]
  /** Something hangs on what was so at this moment or later, milliseconds since the epoch: what is known from before makes it due. */
  readonly notBefore?: number
  /**
   * What may be asked of a forge that is not on this machine. `nothing`: answer from memory, write nothing. `due`: answer from memory at once, read in the
   * background what is due, and call `news` when something came of it. `now`: read what is due first, then answer; the first time in a process
   * everything is due.
   */
  readonly ask: 'nothing' | 'due' | 'now'
  readonly news: () => void
}

/** What of a pull request is to be other words; what is left out stays. */
export interface PullRequestEdit {
  readonly title?: string
  readonly body?: string
}

/** What somebody says in a conversation; of a session it carries the hidden marker. */
export interface Reply {
  /** The conversation's id. */
  readonly thread: string
  readonly body: string
  readonly session: string | undefined
}

export type MergeResult =
  | { readonly state: 'merged'; readonly mergeSha: string }
  /** The forge's merge queue has it; it merges, or says why not, by itself. */
  | { readonly state: 'queued' }

/** What became of the branch of a merged pull request. */
export type BranchEnd =
  | { readonly state: 'gone' }
  /** It is somebody's to stay. */
  | { readonly state: 'kept'; readonly why: string }

/** A forge, or what stands in for one. */
export interface Scm extends Plugin {
  /**
   * The project's pull requests: all open ones and those of the last 50 that are merged or closed. `repository` is this cycle's look. A forge that does
   * not answer, that limits us or refuses the token is `unknown`, with the reason, the age of what was known, and when it is asked again.
   */
  observe(
    project: ScmProject,
    repository: RepositoryFacts,
    wanted: PullRequestsWanted,
    signal: AbortSignal,
  ): Promise<Observation<PullRequests>>
  /** Opens a pull request; with an open one of the same head and base, resolves to that. What it makes carries the session's hidden marker. */
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
  /** As it is this very moment, read whole; undefined when there is none of that number. Throws when that could not be read. */
  get(
    project: ScmProject,
    number: number,
    wanted: Pick<PullRequestsWanted, 'watchPaths'>,
    signal: AbortSignal,
  ): Promise<PullRequest | undefined>
  /**
   * Changes the words of an open pull request and nothing else; what is so already is not asked for. The body keeps the hidden marker that it has, whatever
   * the new one says. Throws `Conflict` when it is merged or closed. Resolves to what had to be changed.
   */
  edit(
    project: ScmProject,
    number: number,
    edit: PullRequestEdit,
    signal: AbortSignal,
  ): Promise<readonly (keyof PullRequestEdit)[]>
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
  /** Answers in a conversation; undefined where there are none. Throws `NotFound` when the pull request has no such one. */
  reply?(project: ScmProject, number: number, reply: Reply, signal: AbortSignal): Promise<void>
  /**
   * Merges pinned to `expectedHead`; throws `Conflict` when the head moved, it goes into another branch than `expectedBase`, the merge conflicts, or (without a
   * remote) the base is checked out.
   * Merging what is merged already resolves to its merge commit. The person's HEAD, index and files never change. How (merge, squash, rebase, queue) and
   * whether the branch goes afterwards (only if it still stands at the merged head) is the plugin's setting.
   */
  merge(
    project: ScmProject,
    number: number,
    options: {
      readonly expectedHead: string
      /** The branch it goes into, where that mattered to whoever judged it. */
      readonly expectedBase?: string
      readonly by: string
      /** Whatever the settings say: a branch that is no session's may be somebody's to stay. */
      readonly keepBranch?: boolean
    },
    signal: AbortSignal,
  ): Promise<MergeResult>
  /**
   * Deletes the branch of a merged pull request, if it stands at `expectedHead` in the repository itself, is neither protected nor the default one, and no other
   * open pull request is of it or goes into it. Undefined where a merge leaves none.
   */
  deleteBranch?(
    project: ScmProject,
    number: number,
    options: { readonly expectedHead: string },
    signal: AbortSignal,
  ): Promise<BranchEnd>
  close(project: ScmProject, number: number, by: string, signal: AbortSignal): Promise<void>
  /** Runs the checks of the current head that have no result yet, each once per check and SHA; undefined where the forge runs them itself. */
  runChecks?(project: ScmProject, pullRequest: PullRequest, signal: AbortSignal): Promise<void>
  /**
   * Takes a branch of the repository to where pull requests come from; undefined where that is the repository itself. Plain, or (with `lease`, the
   * commit that is expected there) forced. Throws `Conflict` when the remote has commits that are not in it. Resolves to the commit that was pushed.
   */
  push?(
    project: ScmProject,
    push: { readonly branch: string; readonly lease?: string },
    signal: AbortSignal,
  ): Promise<{ readonly sha: string }>
  /**
   * What a delivered webhook is about, after its signature was checked: the projects' keys stay the caller's business. Undefined where there are none.
   * Throws `Refused` when the signature is missing or wrong, and `Usage` when it can't be read.
   */
  readWebhook?(delivery: WebhookDelivery, secret: string): Promise<WebhookNews>
  /** What deliveries may call the project's repository, lower case: as it is declared, and as the forge was heard to call it. Asks nobody. */
  repositoryNames?(project: ScmProject, signal: AbortSignal): Promise<readonly string[]>
  /** Something was heard of the project's repository: whichever process looks next reads it anew. Asks nobody. */
  poke?(project: ScmProject, signal: AbortSignal): Promise<void>
}

/** A request as a forge sent it. */
export interface WebhookDelivery {
  readonly headers: Readonly<Record<string, string>>
  /** The raw body, byte by byte. */
  readonly body: Uint8Array
}

export interface WebhookNews {
  /** Unique per delivery; the same one twice is one. */
  readonly id: string
  /** The event's name in the forge's words. */
  readonly event: string
  /** `owner/name`, lower case, and the pull request where the event names one. */
  readonly repository: string | undefined
  readonly number: number | undefined
}

/** What an adapter of a remote forge keeps between runs: validators and the last answers. Losing it costs one full read. */
export interface ForgeMemory {
  read(key: string): Promise<unknown>
  /** Replaces it as a whole. */
  write(key: string, value: unknown): Promise<void>
  /** The same with what it is now, of which no other process misses anything meanwhile. */
  change(key: string, change: (value: unknown) => unknown): Promise<void>
}
