import { durationMs, earliest } from '../resource/duration.ts'
import type { NotificationPriority } from '../resource/notification.ts'
import type { Budget, SessionRecord } from '../resource/record.ts'
import type { DesiredSession, ReactionName } from '../resource/spec.ts'
import type { PullRequestFact, SessionFacts } from './facts.ts'
import { isLive, pullRequestsOf, seenUntil } from './facts.ts'
import type { FeedbackReaction } from './feedback.ts'

/** Something to be done about a cause, decided but not yet carried out. */
export type DueReaction = DueMessage | DueCall | DueMerge

interface Due {
  readonly reaction: ReactionName
  /** What it is about, such as `ci-failed#3`; budgets and answered signatures are kept by it. */
  readonly cause: string
  /** Which occurrence; the same one is answered once. */
  readonly signature: string
  /** For people and the decision log. */
  readonly why: string
  readonly priority: NotificationPriority
  /** The Notifiers the manifest names for it; undefined for all that take the priority. */
  readonly notifiers?: readonly string[]
  /** The pull request it is about. */
  readonly pullRequest?: { readonly number: number; readonly url: string }
  /** The budget after this reaction. */
  readonly budget?: Budget
}

/** The session's own agent is told. */
export interface DueMessage extends Due {
  readonly action: 'sendToAgent'
  readonly reaction: FeedbackReaction | 'agent-idle'
  readonly text: string
}

/** Somebody else is told, or the agent is started again. */
export interface DueCall extends Due {
  readonly action: 'tellOrchestrator' | 'notify' | 'restart'
  /** For people, where the manifest gives one. */
  readonly text?: string
  /** The command that people are given, where it is another than the reaction's usual one. */
  readonly next?: string
}

/** Nobody is told: a merge tells itself. */
export interface DueMerge extends Due {
  readonly action: 'merge'
  readonly text?: never
  readonly pullRequest: { readonly number: number; readonly url: string }
  /** The pull request to merge and the head it is pinned to. */
  readonly merge: { readonly number: number; readonly headSha: string }
}

/** Something that would be due, and why it is left alone for now. */
export interface HeldReaction {
  readonly reaction: ReactionName
  readonly cause: string
  readonly why: string
}

/** What a look makes due now, what it leaves alone, and when time alone will make something due. */
export interface DueReactions {
  readonly due: readonly DueReaction[]
  readonly held: readonly HeldReaction[]
  /** Milliseconds since the epoch. */
  readonly nextAt: number | undefined
}

/** What a session's reactions need to know of the others. */
export interface Company {
  /** The project's orchestrator is there to be told. */
  readonly orchestrator: boolean
  /** Names of the project's workers, and of those that are done. */
  readonly workers: readonly string[]
  readonly done: readonly string[]
}

export interface ReactionInput {
  readonly object: DesiredSession
  readonly record: SessionRecord
  readonly facts: SessionFacts
  readonly company: Company
  /** Since when facts have been seen; see `SessionStatus.since`. */
  readonly since: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  readonly now: number
}

export type ReactionRow = (input: ReactionInput) => DueReactions

export const NOTHING: DueReactions = { due: [], held: [], nextAt: undefined }

export function dueNow(...due: readonly DueReaction[]): DueReactions {
  return { ...NOTHING, due }
}

export function dueAt(nextAt: number): DueReactions {
  return { ...NOTHING, nextAt }
}

/** The same of what takes another look as well, which comes by itself: after that moment only that is waited for. */
export function dueWhenSeen({ now }: Pick<ReactionInput, 'now'>, at: number): DueReactions {
  return at > now ? dueAt(at) : NOTHING
}

export function hold(held: HeldReaction): DueReactions {
  return { ...NOTHING, held: [held] }
}

/** Several rows' answers as one. */
export function together(all: readonly DueReactions[]): DueReactions {
  return {
    due: all.flatMap(({ due }) => due),
    held: all.flatMap(({ held }) => held),
    nextAt: earliest(all.map(({ nextAt }) => nextAt)),
  }
}

/** What the policy of a reaction gives to everything it makes due. */
export function policyOf<R extends ReactionName>(
  { object }: ReactionInput,
  reaction: R,
): Pick<Due, 'priority' | 'notifiers'> & { readonly reaction: R } {
  const { priority, notifiers } = object.spec.reactions[reaction]
  return { reaction, priority, ...(notifiers === undefined ? {} : { notifiers }) }
}

/** The session's pull requests that are open and no drafts, the main one first. */
export function openPullRequests(input: ReactionInput): readonly PullRequestFact[] {
  return livePullRequests(input).filter(({ state }) => state === 'open')
}

/** The same with drafts: they are not merged yet, but what stands against them is the agent's to see to. */
export function livePullRequests({ facts: { review } }: ReactionInput): readonly PullRequestFact[] {
  return pullRequestsOf(review).filter(isLive)
}

/** How long a head's checks may stay undecided before what they say so far counts. */
const UNDECIDED_MS = 30 * 60_000

/**
 * Until when the checks of a pull request that run may still be waited for: milliseconds since the epoch, or without end where only another look says
 * whether they still run. Undefined when nothing runs.
 */
export function undecidedUntil(
  { since, now }: Pick<ReactionInput, 'since' | 'now'>,
  pullRequest: PullRequestFact,
): number | undefined {
  const { checks, headSha } = pullRequest
  if (checks !== 'pending') return undefined
  const seen = since[`head:${headSha}`]
  const seenAt = seenUntil(pullRequest, now)
  const until = (seen === undefined ? seenAt : Date.parse(seen)) + UNDECIDED_MS
  return until > seenAt && until <= now ? Infinity : until
}

/** A moment, as a threshold says it: so long after `since`. */
export function after(since: number, duration: string): number {
  return since + durationMs(duration)
}
