import type { PullRequestFact, SessionView } from '../lifecycle/facts.ts'
import { isDone, wanted } from '../lifecycle/facts.ts'
import type { PlannedAction } from '../plan/action.ts'
import type {
  ConditionStatus,
  ConditionType,
  Reason,
  WantedCondition,
} from '../resource/conditions.ts'
import { REASONS } from '../resource/conditions.ts'

/** The last step of a session that failed, as long as it matters. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly count: number
}

export interface SessionConditionsInput {
  readonly view: SessionView
  readonly action: PlannedAction
  readonly failure: Failure | undefined
  /** Its steps are being carried out right now. */
  readonly busy: boolean
  /** The agent says what it does. */
  readonly agentReports: boolean
  readonly stuck: boolean
}

/** A session's conditions from one look: the same input gives the same texts, so a quiet cycle writes nothing. */
export function sessionConditions(input: SessionConditionsInput): readonly WantedCondition[] {
  const { facts } = input.view
  const conditions = [
    ...summary(input),
    workspaceReady(input),
    sessionRunning(input),
    promptDelivered(input),
    agentResponsive(input),
  ]
  if (input.view.object.kind === 'Worker') conditions.push(...reviewConditions(input))
  if (facts.review.state === 'unknown' && input.view.object.kind === 'Worker') {
    conditions.push(
      condition(input, 'PullRequestOpen', 'Unknown', 'RepositoryUnknown', facts.review.reason),
    )
  }
  return conditions
}

function condition(
  input: SessionConditionsInput,
  type: ConditionType,
  status: ConditionStatus,
  reason: Reason,
  message: string,
): WantedCondition {
  return { type, status, reason, message, observedGeneration: input.view.object.generation }
}

/** `Ready`, and `Reconciling`, `Stalled` or `Suspended` only while True: never two of the first three at once. */
function summary(input: SessionConditionsInput): readonly WantedCondition[] {
  const { object, record } = input.view
  const { action, failure } = input
  const ready = (reason: Reason, message: string): readonly WantedCondition[] => [
    condition(input, 'Ready', 'True', reason, message),
  ]
  if (wanted(object) === 'deleted') return removalSummary(input)
  if (isDone(record)) return ready('Done', doneMessage(input))
  if (failure !== undefined) return failureSummary(input, failure)
  switch (action.action) {
    case 'wait':
      return waitSummary(input)
    case 'blocked':
      return stalled(
        input,
        reasonOf(action.code),
        `${action.reason}; unblock: ${action.guards.find(guard => !guard.passed)?.unblock ?? `ao describe ${action.key}`}`,
      )
    case 'unknown':
      return reconciling(
        input,
        reasonOf(action.code),
        `cannot look: ${action.reason}; nothing is created or removed`,
      )
    case 'create':
    case 'restart':
    case 'replace':
    case 'resume':
    case 'prune':
    case 'delete':
      return reconciling(input, 'Progressing', `${action.action}: ${action.reason}`)
    case 'suspend':
      return reconciling(input, 'Suspending', action.reason)
    case 'update':
    case 'adopt':
    case 'unchanged':
      return settledSummary(input)
  }
}

function settledSummary(input: SessionConditionsInput): readonly WantedCondition[] {
  const { object, facts } = input.view
  if (wanted(object) === 'suspended') {
    const ordered = object.overrides.state === 'Suspended'
    const message = ordered
      ? `ao resume ${object.name} lets it run again`
      : 'suspended by its manifest'
    return [
      condition(input, 'Ready', 'True', 'Suspended', message),
      condition(input, 'Suspended', 'True', 'Suspended', message),
    ]
  }
  if (facts.review.state === 'ambiguous') {
    const numbers = facts.review.numbers.map(number => `#${number}`).join(', ')
    return stalled(
      input,
      'AmbiguousPullRequest',
      `${numbers} are all open for branch ${object.spec.branch ?? ''}; close all but one: ao pr close N`,
    )
  }
  if (facts.review.state === 'found' && facts.review.pullRequest.state === 'closed') {
    return stalled(
      input,
      'ClosedByUser',
      `pull request #${facts.review.pullRequest.number} was closed unmerged; ao delete ${object.kind}/${object.name}, or open another`,
    )
  }
  return [condition(input, 'Ready', 'True', 'Running', runningMessage(input))]
}

function runningMessage(input: SessionConditionsInput): string {
  const { facts } = input.view
  if (facts.review.state === 'found') return reviewMessage(facts.review.pullRequest)
  return input.stuck ? 'running, but gives no sign of life' : 'running'
}

function reviewMessage(pullRequest: PullRequestFact): string {
  const about = `#${pullRequest.number}`
  if (pullRequest.state === 'merged') return `${about} merged`
  if (pullRequest.checks === 'failing') return `${about}: checks are failing`
  if (pullRequest.review === 'changes-requested') return `${about}: changes requested`
  if (pullRequest.mergeable === 'conflicting') return `${about}: conflicts with its base`
  if (pullRequest.checks === 'pending') return `${about}: waiting for checks`
  return pullRequest.approved ? `${about}: approved` : `${about}: waiting for review`
}

function doneMessage(input: SessionConditionsInput): string {
  const { outcome } = input.view.record
  if (outcome?.state === 'Merged') {
    return `merged${outcome.pullRequest === undefined ? '' : ` #${outcome.pullRequest}`} as ${outcome.mergeSha?.slice(0, 7) ?? '?'}`
  }
  return `done: ${outcome?.state ?? ''}`
}

function removalSummary(input: SessionConditionsInput): readonly WantedCondition[] {
  const { action, failure } = input
  if (failure !== undefined) return failureSummary(input, failure)
  if (action.action === 'blocked') {
    return stalled(
      input,
      reasonOf(action.code),
      `${action.reason}; unblock: ${action.guards.find(guard => !guard.passed)?.unblock ?? ''}`,
    )
  }
  return reconciling(input, 'Deleting', action.reason)
}

function failureSummary(
  input: SessionConditionsInput,
  failure: Failure,
): readonly WantedCondition[] {
  if (!failure.retryable) return stalled(input, reasonOf(failure.code), failure.message)
  return reconciling(
    input,
    'ProgressingWithRetry',
    `${failure.message}; tried ${failure.count} ${failure.count === 1 ? 'time' : 'times'}`,
  )
}

function waitSummary(input: SessionConditionsInput): readonly WantedCondition[] {
  const { action } = input
  if (action.code === 'CrashLoopBackOff')
    return reconciling(input, 'CrashLoopBackOff', action.reason)
  return [condition(input, 'Ready', 'False', 'Waiting', action.reason)]
}

function reconciling(
  input: SessionConditionsInput,
  reason: Reason,
  message: string,
): readonly WantedCondition[] {
  return [
    condition(input, 'Ready', 'False', reason, message),
    condition(input, 'Reconciling', 'True', reason, message),
  ]
}

function stalled(
  input: SessionConditionsInput,
  reason: Reason,
  message: string,
): readonly WantedCondition[] {
  return [
    condition(input, 'Ready', 'False', reason, message),
    condition(input, 'Stalled', 'True', reason, message),
  ]
}

/** Codes of errors, guards and actions are reasons wherever the words are the same. */
export function reasonOf(code: string): Reason {
  return REASONS.find(reason => reason === code) ?? 'Failed'
}

function workspaceReady(input: SessionConditionsInput): WantedCondition {
  const { workspace } = input.view.facts
  switch (workspace.state) {
    case 'prepared':
      return condition(input, 'WorkspaceReady', 'True', 'Succeeded', workspace.path)
    case 'gone':
      return condition(
        input,
        'WorkspaceReady',
        'False',
        'DirectoryMissing',
        `${workspace.path} was deleted`,
      )
    case 'foreign':
      return condition(
        input,
        'WorkspaceReady',
        'False',
        'PathTaken',
        `${workspace.path} is in use by ${workspace.owner}`,
      )
    case 'unknown':
      return condition(input, 'WorkspaceReady', 'Unknown', 'RepositoryUnknown', workspace.reason)
    case 'added':
    case 'populated':
    case 'partial':
      return condition(input, 'WorkspaceReady', 'False', 'Preparing', 'being made')
    case 'absent':
      return isDone(input.view.record)
        ? condition(input, 'WorkspaceReady', 'False', 'Deleted', 'removed after it was done')
        : condition(input, 'WorkspaceReady', 'False', 'Waiting', 'not made yet')
  }
}

function sessionRunning(input: SessionConditionsInput): WantedCondition {
  const { record, facts } = input.view
  const { process } = facts
  switch (process.state) {
    case 'alive':
      return condition(input, 'SessionRunning', 'True', 'Running', `attempt ${process.attempt}`)
    case 'exited':
      return process.signal === undefined || process.signal === 0
        ? condition(
            input,
            'SessionRunning',
            'False',
            'Exited',
            `attempt ${process.attempt} exited with ${process.exitCode ?? '?'}`,
          )
        : condition(
            input,
            'SessionRunning',
            'False',
            'KilledBySignal',
            `attempt ${process.attempt} was killed by signal ${process.signal}`,
          )
    case 'foreign':
      return condition(
        input,
        'SessionRunning',
        'False',
        'NameTaken',
        `a session of that name is not ours`,
      )
    case 'unknown':
      return condition(input, 'SessionRunning', 'Unknown', 'RuntimeUnknown', process.reason)
    case 'absent':
      if (record.launches.length === 0)
        return condition(input, 'SessionRunning', 'False', 'Waiting', 'not started yet')
      if (isDone(record))
        return condition(input, 'SessionRunning', 'False', 'Done', 'ended after it was done')
      if (record.lastExit?.reason === 'Stopped')
        return condition(input, 'SessionRunning', 'False', 'Suspended', 'stopped by us')
      return process.serverGone
        ? condition(input, 'SessionRunning', 'False', 'ServerGone', 'the runtime server is gone')
        : condition(input, 'SessionRunning', 'False', 'ProcessGone', 'the session is gone')
  }
}

function promptDelivered(input: SessionConditionsInput): WantedCondition {
  const launch = input.view.record.launches.at(-1)
  return launch === undefined
    ? condition(input, 'PromptDelivered', 'False', 'NotDelivered', 'no attempt yet')
    : condition(
        input,
        'PromptDelivered',
        'True',
        'Delivered',
        `at launch of attempt ${launch.attempt} (${launch.promptDigest.slice(0, 7)})`,
      )
}

function agentResponsive(input: SessionConditionsInput): WantedCondition {
  const { facts } = input.view
  if (facts.process.state !== 'alive') {
    return condition(input, 'AgentResponsive', 'Unknown', 'ActivityUnknown', 'not running')
  }
  if (input.stuck)
    return condition(input, 'AgentResponsive', 'False', 'Stuck', 'no sign of life for too long')
  switch (facts.activity) {
    case 'working':
      return condition(input, 'AgentResponsive', 'True', 'Working', 'working')
    case 'idle':
      return condition(input, 'AgentResponsive', 'True', 'Idle', 'idle')
    case 'needs-input':
      return condition(input, 'AgentResponsive', 'True', 'NeedsInput', 'waits for an answer')
    case 'needs-permission':
      return condition(
        input,
        'AgentResponsive',
        'True',
        'NeedsPermission',
        'waits for a permission',
      )
    case 'rate-limited':
      return condition(input, 'AgentResponsive', 'True', 'RateLimited', 'waits for its rate limit')
    case 'unknown':
      return condition(
        input,
        'AgentResponsive',
        'Unknown',
        'ActivityUnknown',
        input.agentReports ? 'has said nothing yet' : 'this agent does not say what it does',
      )
  }
}

function reviewConditions(input: SessionConditionsInput): readonly WantedCondition[] {
  const { review } = input.view.facts
  if (review.state === 'unknown') return []
  if (review.state === 'ambiguous') {
    return [
      condition(
        input,
        'PullRequestOpen',
        'Unknown',
        'AmbiguousPullRequest',
        review.numbers.join(', '),
      ),
    ]
  }
  if (review.state === 'none') {
    return [condition(input, 'PullRequestOpen', 'False', 'NoPullRequest', 'no pull request yet')]
  }
  const { pullRequest } = review
  return [
    openCondition(input, pullRequest),
    checksCondition(input, pullRequest),
    mergedCondition(input, pullRequest),
  ]
}

function openCondition(
  input: SessionConditionsInput,
  pullRequest: PullRequestFact,
): WantedCondition {
  const about = `#${pullRequest.number}`
  switch (pullRequest.state) {
    case 'open':
      return condition(input, 'PullRequestOpen', 'True', 'Open', about)
    case 'draft':
      return condition(input, 'PullRequestOpen', 'True', 'Draft', about)
    case 'merged':
      return condition(input, 'PullRequestOpen', 'False', 'Merged', about)
    case 'closed':
      return condition(input, 'PullRequestOpen', 'False', 'ClosedByUser', about)
  }
}

function checksCondition(
  input: SessionConditionsInput,
  pullRequest: PullRequestFact,
): WantedCondition {
  const names = pullRequest.failed.map(check => check.name).join(', ')
  switch (pullRequest.checks) {
    case 'none':
      return condition(input, 'ChecksPassing', 'Unknown', 'NoChecks', 'no checks')
    case 'pending':
      return condition(input, 'ChecksPassing', 'Unknown', 'ChecksPending', 'checks are running')
    case 'passing':
      return condition(input, 'ChecksPassing', 'True', 'ChecksPassing', 'all checks pass')
    case 'failing':
      return condition(input, 'ChecksPassing', 'False', 'ChecksFailing', names)
  }
}

function mergedCondition(
  input: SessionConditionsInput,
  pullRequest: PullRequestFact,
): WantedCondition {
  return pullRequest.state === 'merged'
    ? condition(input, 'Merged', 'True', 'Merged', `as ${pullRequest.mergeSha?.slice(0, 7) ?? '?'}`)
    : condition(
        input,
        'Merged',
        'False',
        'NotMerged',
        `#${pullRequest.number} is ${pullRequest.state}`,
      )
}
