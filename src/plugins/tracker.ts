import type { PluginChoice } from '../resource/spec.ts'
import type { Plugin } from './plugin.ts'

/** An issue as its tracker tells it. Text is data: it is sanitised, bounded and marked as untrusted before an agent sees it. */
export interface Issue {
  readonly id: string
  readonly title: string
  readonly body: string
  readonly state: 'open' | 'closed'
  /** The tracker's own word for its state, such as `In Review`, where it has more than two. */
  readonly status?: string
  readonly labels: readonly string[]
  readonly url?: string
  /** The branch that the tracker itself suggests. */
  readonly branchName?: string
}

/** Whose tracker is asked. */
export interface TrackerProject {
  readonly project: string
  /** `Project.spec.repo`, expanded. */
  readonly repo?: string
  /** The plugin choice: its variables are expanded and each `valueFrom` is read. */
  readonly config: PluginChoice
  /** Absolute directory of the manifest. */
  readonly baseDir: string
  /** Main checkout, absolute. */
  readonly repository: string
}

export interface IssueQuery {
  readonly state: 'open' | 'closed' | 'all'
  /** All of them. */
  readonly labels: readonly string[]
  /** In the tracker's own language: a search, JQL, words. */
  readonly query?: string
  readonly limit: number
}

export interface IssueComment {
  /** Who says what about which session. A comment with the key of one that is there already is never posted. */
  readonly key: string
  readonly text: string
  /** When it can have been posted at the earliest, RFC 3339: older comments need not be read. */
  readonly since: string
}

/**
 * Where issues live. Every call throws `Unreachable` (retryable) when it could not look, `RateLimited` (with `retryAfterMs`) when it must wait,
 * and `Refused` or `EnvironmentMissing`, naming the project's setting, when it may not. What a tracker can't do, its adapter doesn't have.
 */
export interface Tracker extends Plugin {
  /** Where it looks, for whoever does not find an issue there, such as a directory. */
  place?(about: TrackerProject): string
  /** The issue as it is now, or undefined when there is none of that id. What it calls closed may end a worker. */
  get(id: string, about: TrackerProject, signal: AbortSignal): Promise<Issue | undefined>
  /** The same for many, in fewer requests: from what was read before, as far as nothing is said to have changed. One that is missing in the answer is not there. */
  getMany?(
    ids: readonly string[],
    about: TrackerProject,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Issue>>
  /** The newest first, at most `limit`. */
  list(query: IssueQuery, about: TrackerProject, signal: AbortSignal): Promise<readonly Issue[]>
  /** Says whether it was posted now. Throws `NotFound` for an issue that is not there, as the others do that change something. */
  comment?(
    id: string,
    comment: IssueComment,
    about: TrackerProject,
    signal: AbortSignal,
  ): Promise<boolean>
  /** Says whether it was changed now. `state` is one of the tracker's own words, as the project configured it. */
  setState?(id: string, state: string, about: TrackerProject, signal: AbortSignal): Promise<boolean>
  /** Adds what is not there yet, and takes nothing away. */
  addLabels?(
    id: string,
    labels: readonly string[],
    about: TrackerProject,
    signal: AbortSignal,
  ): Promise<void>
}
