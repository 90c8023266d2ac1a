import type { SessionView } from '../lifecycle/facts.ts'
import { isDone, wanted, wasStopped } from '../lifecycle/facts.ts'
import { lockWords, moveBack } from '../plan/checkout-words.ts'
import type { WantedCondition } from '../resource/conditions.ts'
import type { SessionRecord } from '../resource/record.ts'
import type { Part, SessionConditionsInput } from './condition.ts'
import { condition } from './condition.ts'
import { withRefused } from './refused.ts'
import { reviewConditions } from './review.ts'
import { summaryConditions } from './summary.ts'

/** A session's conditions from one look: the same input gives the same texts, so a quiet cycle writes nothing. */
export function sessionConditions(input: SessionConditionsInput): readonly WantedCondition[] {
  const { view } = input
  const { generation: observedGeneration, kind } = view.object
  const summary = summaryConditions(input)
  const isOver = isDone(view.record) || wanted(view.object) === 'deleted'
  const parts = [
    ...(isOver ? summary : withRefused(view.object, summary)),
    workspaceReady(view),
    sessionRunning(view),
    promptDelivered(view),
    agentResponsive(input),
    ...issueClosed(view),
    ...(kind === 'Worker'
      ? reviewConditions(view.facts.review, input.mergeFailure, view.record.pullRequestClosed)
      : []),
  ]
  return parts.map(part => ({ ...part, observedGeneration }))
}

/** Only while it is: an open issue is nothing to tell. */
function issueClosed({ object, record }: SessionView): readonly Part[] {
  if (record.issueClosedAt === undefined) return []
  const message = `issue ${object.spec.issue ?? ''} is closed`
  return [condition('IssueClosed', 'True', 'IssueClosed', message)]
}

function workspaceReady({ record, facts }: SessionView): Part {
  const { workspace } = facts
  switch (workspace.state) {
    case 'prepared': {
      if (workspace.indexLock === undefined)
        return condition('WorkspaceReady', 'True', 'Succeeded', workspace.path)
      const { message, remedy } = lockWords(workspace.indexLock)
      return condition('WorkspaceReady', 'False', 'IndexLocked', `${message}; unblock: ${remedy}`)
    }
    case 'moved':
      return condition(
        'WorkspaceReady',
        'False',
        'Moved',
        `its workspace was moved to ${workspace.path}; unblock: ${moveBack(workspace)}`,
      )
    case 'gone':
      return condition(
        'WorkspaceReady',
        'False',
        'DirectoryMissing',
        `${workspace.path} was deleted`,
      )
    case 'foreign':
      return condition(
        'WorkspaceReady',
        'False',
        'PathTaken',
        `${workspace.path} is in use by ${workspace.owner}`,
      )
    case 'unknown':
      return condition('WorkspaceReady', 'Unknown', 'RepositoryUnknown', workspace.reason)
    case 'added':
    case 'populated':
    case 'partial':
      return condition('WorkspaceReady', 'False', 'Preparing', 'being made')
    case 'absent':
      return isDone(record)
        ? condition('WorkspaceReady', 'False', 'Deleted', `removed after it was ${endOf(record)}`)
        : condition('WorkspaceReady', 'False', 'Waiting', 'not made yet')
  }
}

function endOf({ outcome }: SessionRecord): string {
  return outcome?.state === 'Closed' ? 'closed' : 'done'
}

function sessionRunning({ record, facts }: SessionView): Part {
  const { process } = facts
  switch (process.state) {
    case 'alive':
      return condition('SessionRunning', 'True', 'Running', `attempt ${process.attempt}`)
    case 'exited':
      return process.signal === undefined || process.signal === 0
        ? condition(
            'SessionRunning',
            'False',
            'Exited',
            `attempt ${process.attempt} exited with ${process.exitCode ?? '?'}`,
          )
        : condition(
            'SessionRunning',
            'False',
            'KilledBySignal',
            `attempt ${process.attempt} was killed by signal ${process.signal}`,
          )
    case 'foreign':
      return condition('SessionRunning', 'False', 'NameTaken', `a session of that name is not ours`)
    case 'unknown':
      return condition('SessionRunning', 'Unknown', 'RuntimeUnknown', process.reason)
    case 'absent':
      if (record.launches.length === 0)
        return condition('SessionRunning', 'False', 'Waiting', 'not started yet')
      if (isDone(record))
        return endOf(record) === 'done'
          ? condition('SessionRunning', 'False', 'Done', 'ended after it was done')
          : condition('SessionRunning', 'False', 'ClosedByUser', 'ended after it was closed')
      if (wasStopped(record))
        return condition('SessionRunning', 'False', 'Suspended', 'stopped by us')
      // Another server may run by now; how this session ended was written down.
      return process.serverGone || record.lastExit?.reason === 'ServerGone'
        ? condition('SessionRunning', 'False', 'ServerGone', 'the runtime server is gone')
        : condition('SessionRunning', 'False', 'ProcessGone', 'the session is gone')
  }
}

function promptDelivered({ record }: SessionView): Part {
  const launch = record.launches.at(-1)
  return launch === undefined
    ? condition('PromptDelivered', 'False', 'NotDelivered', 'no attempt yet')
    : condition(
        'PromptDelivered',
        'True',
        'Delivered',
        `at launch of attempt ${launch.attempt} (${launch.promptDigest.slice(0, 7)})`,
      )
}

function agentResponsive(input: SessionConditionsInput): Part {
  const { facts } = input.view
  if (facts.process.state !== 'alive') {
    return condition('AgentResponsive', 'Unknown', 'ActivityUnknown', 'not running')
  }
  if (input.stuck)
    return condition('AgentResponsive', 'False', 'Stuck', 'no sign of life for too long')
  switch (facts.activity) {
    case 'working':
      return condition('AgentResponsive', 'True', 'Working', 'working')
    case 'idle':
      return condition('AgentResponsive', 'True', 'Idle', 'idle')
    case 'needs-input':
      return condition('AgentResponsive', 'True', 'NeedsInput', 'waits for an answer')
    case 'needs-permission':
      return condition('AgentResponsive', 'True', 'NeedsPermission', 'waits for a permission')
    case 'rate-limited':
      return condition('AgentResponsive', 'True', 'RateLimited', 'waits for its rate limit')
    case 'unknown':
      return condition(
        'AgentResponsive',
        'Unknown',
        'ActivityUnknown',
        input.agentReports ? 'has said nothing yet' : 'this agent does not say what it does',
      )
  }
}
