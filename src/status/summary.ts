import type { PullRequestFact } from '../lifecycle/facts.ts'
import { isDone, wanted } from '../lifecycle/facts.ts'
import { ambiguousWords, obstacleTo } from '../lifecycle/merge-judgement.ts'
import type { PlannedAction } from '../plan/action.ts'
import { closedWords } from '../plan/grace.ts'
import type { Reason } from '../resource/conditions.ts'
import { REASONS } from '../resource/conditions.ts'
import { named, timesOf } from '../resource/text.ts'
import type { Failure, Part, SessionConditionsInput } from './condition.ts'
import { condition, reconciling, stalled } from './condition.ts'

/** `Ready`, and `Reconciling`, `Stalled` or `Suspended` only while True: never two of the first three at once. */
export function summaryConditions(input: SessionConditionsInput): readonly Part[] {
  const { object, record } = input.view
  const { action, failure } = input
  if (wanted(object) === 'deleted') return removalSummary(input)
  if (record.outcome?.state === 'Closed') return stalled('ClosedByUser', closedMessage(input))
  if (isDone(record)) return [condition('Ready', 'True', 'Done', doneMessage(input))]
  if (failure !== undefined) return failureSummary(failure)
  switch (action.action) {
    case 'wait':
      return action.code === 'CrashLoopBackOff'
        ? reconciling('CrashLoopBackOff', action.reason)
        : [condition('Ready', 'False', 'Waiting', action.reason)]
    case 'blocked':
      return stalled(reasonOf(action.code), obstacleText(action))
    case 'unknown':
      return reconciling(
        reasonOf(action.code),
        `cannot look: ${action.reason}; nothing is created or removed`,
      )
    case 'create':
    case 'restart':
    case 'replace':
    case 'resume':
    case 'prune':
    case 'delete':
      return reconciling('Progressing', `${action.action}: ${action.reason}`)
    case 'suspend':
      return reconciling('Suspending', action.reason)
    case 'update':
    case 'adopt':
    case 'unchanged':
      return settledSummary(input)
  }
}

/** What stands in the way of an action, and what lifts it. */
export function obstacleText(action: PlannedAction): string {
  const unblock = action.guards.find(guard => !guard.passed)?.unblock
  return `${action.reason}; unblock: ${unblock ?? `ao describe ${action.key}`}`
}

function settledSummary(input: SessionConditionsInput): readonly Part[] {
  const { object, facts, record } = input.view
  if (wanted(object) === 'suspended') {
    const ordered = object.overrides.state === 'Suspended'
    const message = ordered
      ? `ao resume ${object.name} lets it run again`
      : 'suspended by its manifest'
    const { pullRequestClosed: closed } = record
    const rests = closed === undefined ? restingWords(input) : closedWords(closed)
    const ready = rests === undefined ? message : `${message}; ${rests}`
    return [
      condition('Ready', 'True', 'Suspended', ready),
      condition('Suspended', 'True', 'Suspended', message),
    ]
  }
  if (facts.review.state === 'ambiguous') {
    return stalled('AmbiguousPullRequest', ambiguousWords(object, facts.review))
  }
  const { pullRequestClosed: closed } = record
  if (closed !== undefined) return stalled('ClosedByUser', closedWords(closed))
  if (facts.review.state === 'found' && facts.review.pullRequest.state === 'closed') {
    return stalled(
      'ClosedByUser',
      `pull request #${facts.review.pullRequest.number} was closed unmerged; ao delete ${object.kind}/${object.name}, or open another`,
    )
  }
  return [condition('Ready', 'True', 'Running', runningMessage(input))]
}

/** Who reads that it is suspended may think that what it made goes on without it. */
function restingWords({ view: { object, facts } }: SessionConditionsInput): string | undefined {
  const { review } = facts
  if (review.state !== 'found' || review.pullRequest.state !== 'open') return undefined
  return object.spec.reactions['approved-and-green'].auto
    ? `#${review.pullRequest.number} is not merged by itself meanwhile`
    : undefined
}

function runningMessage(input: SessionConditionsInput): string {
  const { facts, object } = input.view
  if (facts.review.state === 'found') {
    const { pullRequest, others } = facts.review
    const more =
      others.length === 0 ? '' : `; also ${others.map(({ number }) => `#${number}`).join(', ')}`
    return `${reviewMessage(pullRequest, input)}${more}`
  }
  const running = input.stuck ? 'running, but gives no sign of life' : 'running'
  if (facts.review.state === 'unknown') {
    return `${running}; pull requests can't be seen: ${facts.review.reason}`
  }
  const { elsewhere } = facts.review.state === 'none' ? facts.review : {}
  if (elsewhere === undefined) return running
  const ways = `ao pr claim ${elsewhere} ${object.name}, or ao delete ${object.kind}/${object.name}`
  return `${running}; another operator's session opened #${elsewhere} of its branch: ${ways}`
}

function reviewMessage(
  pullRequest: PullRequestFact,
  { view: { object }, mergeFailure }: SessionConditionsInput,
): string {
  const about = `#${pullRequest.number}`
  if (pullRequest.state === 'merged') return `${about} merged`
  if (mergeFailure !== undefined) return `${about}: ${mergeFailure}`
  const obstacle = obstacleTo({ object }, pullRequest)
  if (obstacle !== undefined) return `${about}: ${obstacle}`
  const { require, label } = object.spec.reactions['approved-and-green']
  switch (require) {
    case 'approval':
      return `${about}: approved`
    case 'label':
      return `${about}: labelled ${named(label)}`
    case 'none':
      return `${about}: needs no approval`
  }
}

/** It is over, but not done: what a person may do comes last. */
function closedMessage(input: SessionConditionsInput): string {
  const { object, record } = input.view
  const closed = `pull request #${record.outcome?.pullRequest ?? '?'} was closed unmerged`
  return `${cleanupMessage(input, closed)}; reopen it to go on, or ao delete ${object.kind}/${object.name}`
}

function doneMessage(input: SessionConditionsInput): string {
  const { view } = input
  const { outcome } = view.record
  const number = outcome?.pullRequest === undefined ? '' : ` #${outcome.pullRequest}`
  const done =
    outcome?.state === 'Merged'
      ? `merged${number} as ${outcome.mergeSha?.slice(0, 7) ?? '?'}`
      : outcome?.state === 'IssueClosed'
        ? `done: issue ${view.object.spec.issue ?? ''} was closed${number}`
        : `done: ${outcome?.state ?? ''}`
  return cleanupMessage(input, done)
}

/** How it ended, and what keeps it from being cleaned up. */
function cleanupMessage({ action, failure }: SessionConditionsInput, end: string): string {
  if (failure !== undefined) return `${end}; cleaning up failed: ${failure.message}`
  if (action.code === 'Grace') return `${end}; ${action.reason.replace(/^[^;]*; /, '')}`
  return action.action === 'blocked' ? `${end}; not cleaned up: ${obstacleText(action)}` : end
}

function removalSummary({ action, failure }: SessionConditionsInput): readonly Part[] {
  if (failure !== undefined) return failureSummary(failure)
  return action.action === 'blocked'
    ? stalled(reasonOf(action.code), obstacleText(action))
    : reconciling('Deleting', action.reason)
}

function failureSummary({ code, message, retryable, count }: Failure): readonly Part[] {
  if (!retryable) return stalled(reasonOf(code), message)
  const tries = timesOf(count)
  return reconciling('ProgressingWithRetry', `${message}; tried ${tries}`)
}

/** Codes of errors, guards and actions are reasons wherever the words are the same. */
function reasonOf(code: string): Reason {
  return REASONS.find(reason => reason === code) ?? 'Failed'
}
