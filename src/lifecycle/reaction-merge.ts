import { unlessReopened } from '../plan/grace.ts'
import type { Failure } from '../status/condition.ts'
import { plainAddress } from '../resource/text.ts'
import type { PullRequestFact, ReviewFact } from './facts.ts'
import { seenUntil, wanted } from './facts.ts'
import { peopleText } from './feedback.ts'
import {
  ambiguousWords,
  isMergeable,
  machinesMove,
  openWords,
  reservationOf,
  settlesAt,
} from './merge-judgement.ts'
import type { DueCall, DueMerge, DueReactions, ReactionInput } from './reaction.ts'
import {
  NOTHING,
  after,
  dueWhenSeen,
  dueNow,
  hold,
  openPullRequests,
  policyOf,
  together,
} from './reaction.ts'

/** How long machines may take to get on, in what was accepted without an answer to that. */
const PATIENCE = '30m'

/** Merges, or tells a person that it may be merged, or that only they can say which one is meant. */
export function approvedAndGreen(input: ReactionInput): DueReactions {
  const { review } = input.facts
  if (review.state === 'ambiguous') return ambiguous(input, review)
  return together(openPullRequests(input).map(pullRequest => mergeable(input, pullRequest)))
}

/** A pull request that ended without being merged is a person's to decide about. */
export function pullRequestClosed(input: ReactionInput): DueReactions {
  const { review } = input.facts
  if (review.state !== 'found' || review.pullRequest.state !== 'closed') return NOTHING
  const policy = input.object.spec.reactions['pr-closed']
  const { number, url, headSha } = review.pullRequest
  const cause = `pr-closed#${number}`
  if (!policy.auto || input.record.handled[cause] === headSha) return NOTHING
  const { pullRequestClosed: closed } = input.record
  const what = `pull request #${number} was closed without being merged`
  const why = closed === undefined ? what : `${what}; ${unlessReopened(closed)}`
  return dueNow({
    ...policyOf(input, 'pr-closed'),
    ...peopleText(input.object, policy, { why, pullRequest: review.pullRequest }),
    cause,
    signature: headSha,
    action: 'notify',
    why,
    pullRequest: { number, url },
  })
}

/** A merge that the forge refused for as long as nothing changes: told once for each reason a head gets. Undefined when it was told, or may just be tried again. */
export function mergeRefused(
  input: ReactionInput,
  { pullRequest, merge, cause }: DueMerge,
  failure: Pick<Failure, 'code' | 'message' | 'retryable'>,
): DueCall | undefined {
  if (failure.retryable) return undefined
  const told = input.record.handled[cause]
  const before = told?.startsWith(`${merge.headSha}:refused:`) === true ? told : undefined
  const reason = `${failure.code} ${failure.message}`
  if (before?.includes(`|${reason}|`) === true) return undefined
  const { number } = pullRequest
  const why = `merging pull request #${number} was refused: ${failure.message}`
  return {
    ...policyOf(input, 'approved-and-green'),
    cause,
    signature: `${before ?? `${merge.headSha}:refused:`}|${reason}|`,
    pullRequest,
    action: 'notify',
    why,
    next: `ao pr view ${number} --project ${input.object.spec.project}`,
  }
}

/** What the answer to several that could be meant is remembered by. */
export const AMBIGUOUS = 'ambiguous-pull-request'

/** Until somebody says which is meant nothing of any reaches the agent, and none is merged: that is told once for each set of them. */
function ambiguous(
  input: ReactionInput,
  review: Extract<ReviewFact, { readonly state: 'ambiguous' }>,
): DueReactions {
  const { object, record } = input
  const { numbers, urls = [] } = review
  const signature = numbers.toSorted((a, b) => a - b).join(',')
  if (wanted(object) !== 'running' || record.handled[AMBIGUOUS] === signature) return NOTHING
  const why = ambiguousWords(object, review)
  const links = urls.flatMap(url => plainAddress(url) ?? [])
  return dueNow({
    ...policyOf(input, 'approved-and-green'),
    cause: AMBIGUOUS,
    signature,
    action: 'notify',
    why,
    text: links.length === 0 ? why : `${why} (${links.join(', ')})`,
    next: `ao pr claim N ${object.name}`,
  })
}

function mergeable(input: ReactionInput, pullRequest: PullRequestFact): DueReactions {
  const { number, url, headSha } = pullRequest
  const cause = `approved-and-green#${number}`
  const left = leftQueue(input, pullRequest)
  if (left !== undefined) return left
  if (!isMergeable(input, pullRequest)) return notYet(input, pullRequest)
  if (input.record.handled[cause] === headSha) return NOTHING
  const policy = input.object.spec.reactions['approved-and-green']
  const base = {
    ...policyOf(input, 'approved-and-green'),
    cause,
    signature: headSha,
    pullRequest: { number, url },
  }
  const ready = readyWords(input, pullRequest)
  const reservation = reservationOf(input, pullRequest)
  if (reservation === undefined) {
    return dueNow({ ...base, action: 'merge', why: ready, merge: { number, headSha } })
  }
  const why = `${ready}; ${reservation.why}`
  if (!reservation.isPersons) return hold({ reaction: 'approved-and-green', cause, why })
  const text = peopleText(input.object, policy, { why, pullRequest })
  return dueNow({ ...base, ...text, action: 'notify', why })
}

/** What time alone will change, and what a person's open word holds up: that is told, for everybody else thinks it is ready. */
function notYet(input: ReactionInput, pullRequest: PullRequestFact): DueReactions {
  const settles = settlesAt(input, pullRequest)
  const later = settles === undefined ? NOTHING : dueWhenSeen(input, settles)
  const words = openWords(pullRequest)
  if (words === undefined || !isMergeable(input, { ...pullRequest, threads: [], remarks: [] })) {
    return together([later, waitsTooLong(input, pullRequest)])
  }
  const cause = `approved-and-green#${pullRequest.number}`
  const why = `${readyWords(input, pullRequest)}, but ${words}`
  return hold({ reaction: 'approved-and-green', cause, why })
}

/** Machines that never get on are nobody's concern, until a person is called: once for each head. */
function waitsTooLong(input: ReactionInput, pullRequest: PullRequestFact): DueReactions {
  const { number, url, headSha } = pullRequest
  const what = machinesMove(input, pullRequest)
  const cause = `merge-waits#${number}`
  if (what === undefined || input.record.handled[cause] === headSha) return NOTHING
  const policy = input.object.spec.reactions['approved-and-green']
  const span = policy.escalateAfter ?? PATIENCE
  const since = input.since[`waits:${headSha}`]
  const at = after(since === undefined ? input.now : Date.parse(since), span)
  if (at > seenUntil(pullRequest, input.now)) return dueWhenSeen(input, at)
  const why = `pull request #${number} does not get on: ${what}, and that for ${span}`
  return dueNow({
    ...policyOf(input, 'approved-and-green'),
    ...peopleText(input.object, policy, { why, pullRequest }),
    cause,
    signature: headSha,
    pullRequest: { number, url },
    action: 'notify',
    why,
    next: `ao pr view ${number} --project ${input.object.spec.project}`,
  })
}

function readyWords({ object }: ReactionInput, { number }: PullRequestFact): string {
  const { require } = object.spec.reactions['approved-and-green']
  return `pull request #${number} is ${ALLOWED[require]}green`
}

/** A head that stood in the merge queue and is open again was refused there: it is told once, and not put there again. */
function leftQueue(input: ReactionInput, pullRequest: PullRequestFact): DueReactions | undefined {
  const { number, url, headSha, queued } = pullRequest
  if (queued || input.since[`queued:${headSha}`] === undefined) return undefined
  const cause = `approved-and-green#${number}`
  const signature = `${headSha}:left-queue`
  if (input.record.handled[cause] === signature) return NOTHING
  const policy = input.object.spec.reactions['approved-and-green']
  const why = `pull request #${number} left the merge queue at ${headSha.slice(0, 7)} without being merged`
  return dueNow({
    ...policyOf(input, 'approved-and-green'),
    ...peopleText(input.object, policy, { why, pullRequest }),
    cause,
    signature,
    pullRequest: { number, url },
    action: 'notify',
    why,
  })
}

const ALLOWED = { approval: 'approved and ', label: 'labelled and ', none: '' } as const
