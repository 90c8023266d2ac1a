import { unlessReopened } from '../plan/grace.ts'
import { durationMs } from '../resource/duration.ts'
import { namedList } from '../resource/text.ts'
import type { PullRequestFact } from './facts.ts'
import type { DueReactions, ReactionInput } from './reaction.ts'
import { NOTHING, dueNow, openPullRequests, policyOf, together } from './reaction.ts'
import { peopleText } from './feedback.ts'

/** Merges, or tells a person that it may be merged. */
export function approvedAndGreen(input: ReactionInput): DueReactions {
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

/** Whether a pull request may be merged now: allowed as asked, green, and known to merge cleanly. What is not known is no yes. */
export function isMergeable(input: ReactionInput, pullRequest: PullRequestFact): boolean {
  if (pullRequest.state !== 'open' || pullRequest.mergeable !== 'clean') return false
  if (pullRequest.review === 'changes-requested' || pullRequest.queued) return false
  return isAllowed(input, pullRequest) && isGreen(input, pullRequest)
}

function isAllowed({ object }: ReactionInput, pullRequest: PullRequestFact): boolean {
  const policy = object.spec.reactions['approved-and-green']
  switch (policy.require) {
    case 'approval':
      return pullRequest.approved
    case 'label':
      return pullRequest.labels.includes(policy.label)
    case 'none':
      return true
  }
}

function mergeable(input: ReactionInput, pullRequest: PullRequestFact): DueReactions {
  const { number, url, headSha, touchesManifests, stackedOn } = pullRequest
  const cause = `approved-and-green#${number}`
  const left = leftQueue(input, pullRequest)
  if (left !== undefined) return left
  if (!isMergeable(input, pullRequest)) {
    return { ...NOTHING, nextAt: settlesAt(input, pullRequest) }
  }
  if (input.record.handled[cause] === headSha) return NOTHING
  const policy = input.object.spec.reactions['approved-and-green']
  const base = {
    ...policyOf(input, 'approved-and-green'),
    cause,
    signature: headSha,
    pullRequest: { number, url },
  }
  const tell = (why: string): DueReactions =>
    dueNow({
      ...base,
      ...peopleText(input.object, policy, { why, pullRequest }),
      action: 'notify',
      why,
    })
  const ready = `pull request #${number} is ${ALLOWED[policy.require]}green`
  if (touchesManifests.length > 0) {
    return tell(
      `${ready}, but changes ${namedList(touchesManifests)}: a person merges what changes the manifests`,
    )
  }
  if (!policy.auto) return tell(`${ready}; approved-and-green.auto is false`)
  if (stackedOn !== undefined) {
    const why = `${ready}; it is built on #${stackedOn}, which comes first`
    return { ...NOTHING, held: [{ reaction: 'approved-and-green', cause, why }] }
  }
  return dueNow({ ...base, action: 'merge', why: ready, merge: { number, headSha } })
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

/** A head with checks is green when they pass; one without only after it has stood for `settle` and if none is required. */
function isGreen(input: ReactionInput, pullRequest: PullRequestFact): boolean {
  if (pullRequest.checks === 'passing') return true
  if (pullRequest.checks !== 'none' || pullRequest.requiredChecks > 0) return false
  return settlesAt(input, pullRequest) === undefined
}

/** When a head without checks will have stood long enough; undefined when it has, or when that is not what it waits for. */
function settlesAt(input: ReactionInput, pullRequest: PullRequestFact): number | undefined {
  if (pullRequest.checks !== 'none' || pullRequest.requiredChecks > 0) return undefined
  const since = input.since[`head:${pullRequest.headSha}`]
  const settle = durationMs(input.object.spec.reactions['approved-and-green'].settle)
  const at = (since === undefined ? input.now : Date.parse(since)) + settle
  return at > input.now ? at : undefined
}
