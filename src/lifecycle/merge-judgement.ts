import { durationMs } from '../resource/duration.ts'
import { named, namedList } from '../resource/text.ts'
import type { PullRequestFact, ReviewFact } from './facts.ts'
import { seenUntil, wanted } from './facts.ts'
import type { ReactionInput } from './reaction.ts'

/** What a merge is judged by, beside the pull request. */
export type MergeJudge = Pick<ReactionInput, 'object' | 'since' | 'now'>

/** Why a pull request that is ready is not merged by itself. */
export interface Reservation {
  /** A person is the one to merge it, and is told; else it only rests. */
  readonly isPersons: boolean
  readonly why: string
}

/** Whether a pull request may be merged now: allowed as asked, green, nobody's word open, and known to merge cleanly. What is not known is no yes. */
export function isMergeable(judge: MergeJudge, pullRequest: PullRequestFact): boolean {
  return (
    pullRequest.state === 'open' &&
    obstacleTo(judge, pullRequest) === undefined &&
    settlesAt(judge, pullRequest) === undefined
  )
}

/** What stands against merging an open pull request, in words for people, the most urgent first; undefined when time alone may. */
export function obstacleTo(
  { object }: Pick<MergeJudge, 'object'>,
  pullRequest: PullRequestFact,
): string | undefined {
  const isRequested = pullRequest.review === 'changes-requested'
  if (pullRequest.checks === 'failing') return 'checks are failing'
  if (isRequested && !pullRequest.answered) return 'changes requested'
  if (pullRequest.mergeable === 'conflicting') return 'conflicts with its base'
  if (isPending(pullRequest)) return pendingWords(pullRequest)
  if (pullRequest.queued) return 'in the merge queue'
  if (isRequested) return 'requested changes are answered, waiting for review'
  const words = openWords(pullRequest)
  if (words !== undefined) return words
  if (!isAllowed(object, pullRequest)) return allowanceWords(object, pullRequest)
  return pullRequest.mergeable === 'clean' ? undefined : 'not known yet whether it merges cleanly'
}

/** Why only a person merges what is ready, or why it is not its turn. */
export function reservationOf(
  { object }: Pick<MergeJudge, 'object'>,
  { touchesManifests, stackedOn }: PullRequestFact,
): Reservation | undefined {
  if (touchesManifests.length > 0) {
    const why = `it changes ${namedList(touchesManifests)}: a person merges what changes the manifests`
    return { isPersons: true, why }
  }
  if (!object.spec.reactions['approved-and-green'].auto) {
    return { isPersons: true, why: 'approved-and-green.auto is false' }
  }
  if (wanted(object) === 'suspended') {
    const why = `${object.name} is suspended, and what it made rests with it; ao resume ${object.name}`
    return { isPersons: false, why }
  }
  if (stackedOn === undefined) return undefined
  return { isPersons: false, why: `it is built on #${stackedOn}, which comes first` }
}

/** People who had the last word and got no answer, neither in words nor (where they spoke of the whole) by new commits; undefined when there are none. */
export function openWords({ threads, remarks = [] }: PullRequestFact): string | undefined {
  const people = [...threads, ...remarks.filter(({ isOpen }) => isOpen)].filter(
    ({ isBot }) => !isBot,
  )
  return people.length === 0 ? undefined : unansweredWords(people.length)
}

/**
 * What an open pull request waits for that nobody was asked to do, so that nobody would notice if it never came: checks, and the forge's own word on
 * merging. Undefined as long as it is somebody's move.
 */
export function machinesMove(
  { object }: Pick<MergeJudge, 'object'>,
  pullRequest: PullRequestFact,
): string | undefined {
  const { state, queued, checks, review, mergeable } = pullRequest
  if (state !== 'open' || queued || wanted(object) !== 'running') return undefined
  if (checks === 'failing' || review === 'changes-requested' || mergeable === 'conflicting') {
    return undefined
  }
  // Reviewers wait for checks, too: one that does not even run is told before anybody approves.
  const isStill = isPending(pullRequest) && isNothingRunning(pullRequest)
  const isReady = isAllowed(object, pullRequest) && openWords(pullRequest) === undefined
  return isStill || isReady ? obstacleTo({ object }, pullRequest) : undefined
}

/** That nobody can know which of several a session goes on with, and who can say so. */
export function ambiguousWords(
  { name, spec }: MergeJudge['object'],
  { numbers, branch = spec.branch ?? '' }: Extract<ReviewFact, { readonly state: 'ambiguous' }>,
): string {
  const all = numbers.map(number => `#${number}`).join(', ')
  return `${all} are all open for branch ${branch}; say which one is meant: ao pr claim N ${name}`
}

/** How checks without a verdict stand. */
export function pendingWords({ undecided = [], ...pullRequest }: PullRequestFact): string {
  if (!isNothingRunning({ undecided, ...pullRequest })) return 'waiting for checks'
  const names = (state: string): readonly string[] =>
    undecided.filter(check => check.state === state).map(({ name }) => name)
  const missing = names('unreported')
  return missing.length > 0
    ? `waits for required check ${namedList(missing)}, which has not reported yet`
    : `waits for required check ${namedList(names('cancelled'))}, which was cancelled`
}

/** When a head without checks will have stood long enough, if it is looked at then; undefined when it has, or when that is not what it waits for. */
export function settlesAt(
  { object, since, now }: MergeJudge,
  pullRequest: PullRequestFact,
): number | undefined {
  if (pullRequest.checks !== 'none' || pullRequest.requiredChecks > 0) return undefined
  const seen = since[`head:${pullRequest.headSha}`]
  const settle = durationMs(object.spec.reactions['approved-and-green'].settle)
  const seenAt = seenUntil(pullRequest, now)
  const at = (seen === undefined ? seenAt : Date.parse(seen)) + settle
  return at > seenAt ? at : undefined
}

function isAllowed({ spec }: MergeJudge['object'], pullRequest: PullRequestFact): boolean {
  const policy = spec.reactions['approved-and-green']
  switch (policy.require) {
    case 'approval':
      return pullRequest.approved
    case 'label':
      return pullRequest.labels.includes(policy.label)
    case 'none':
      return true
  }
}

function allowanceWords({ spec }: MergeJudge['object'], { threads }: PullRequestFact): string {
  // Applications hold nothing up, but while it waits anyway this is what somebody can do.
  if (threads.length > 0) return unansweredWords(threads.length)
  const { require, label } = spec.reactions['approved-and-green']
  return require === 'label' ? `waiting for the label ${named(label)}` : 'waiting for review'
}

function unansweredWords(count: number): string {
  return count === 1 ? '1 comment waits for an answer' : `${count} comments wait for an answer`
}

function isPending({ checks, requiredChecks }: PullRequestFact): boolean {
  return checks === 'pending' || (checks === 'none' && requiredChecks > 0)
}

/** Whether waiting longer changes nothing by itself: no check that matters runs, or is about to. */
function isNothingRunning({ undecided = [] }: PullRequestFact): boolean {
  return undecided.length > 0 && undecided.every(({ state }) => state !== 'running')
}
