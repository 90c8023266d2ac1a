import type { Outcome } from '../resource/record.ts'
import { needsNothing } from '../resource/record.ts'
import { isDone, wanted, wasStopped } from '../lifecycle/facts.ts'
import { decideRestart } from '../lifecycle/restart.ts'
import type { PlannedAction, PlannedStep } from './action.ts'
import { closedWords, graceOf } from './grace.ts'
import { changeSinceLaunch } from './launch.ts'
import { movedObstacle, planObstacle } from './obstacle.ts'
import { planRemoval } from './removal.ts'
import { startDetails } from './start-details.ts'
import type { SessionPlanInput } from './session-input.ts'
import { blocked, sessionAction } from './session-input.ts'

/** What is to be done about one session. Pure; of several obstacles the first one that must be lifted is told. */
export function planSession(input: SessionPlanInput): PlannedAction {
  const { object, record } = input.view
  if (input.removal !== undefined) return planRemoval(input)
  if (isDone(record)) return planDone(input)
  const action =
    planObstacle(input) ??
    (wanted(object) === 'suspended' ? planSuspended(input) : planRunning(input))
  return untilClosedCounts(input, action)
}

/** A pull request that is closed may be a mistake: for its grace everything goes on, and then there is something to do. */
function untilClosedCounts({ view, now }: SessionPlanInput, action: PlannedAction): PlannedAction {
  const { pullRequestClosed: closed } = view.record
  const left = closed === undefined ? 0 : Date.parse(closed.until) - now
  if (closed === undefined || left <= 0) return action
  const retryAfterMs = Math.min(action.retryAfterMs ?? left, left)
  return action.action === 'unchanged'
    ? { ...action, code: 'Grace', reason: closedWords(closed), retryAfterMs }
    : { ...action, retryAfterMs }
}

/** By outcome: what to call it in code and in words. */
const ENDS: Readonly<Partial<Record<Outcome['state'], readonly [string, string]>>> = {
  IssueClosed: ['IssueClosed', 'issue closed'],
  Closed: ['Closed', 'closed'],
}

function planDone(input: SessionPlanInput): PlannedAction {
  const { object, record, facts } = input.view
  const state = record.outcome?.state ?? 'Merged'
  const reason = state === 'Closed' ? 'closed unmerged' : `done: ${state}`
  const cleansUp = needsNothing(record.outcome) && object.spec.deletionPolicy !== 'Orphan'
  const [code, why] = ENDS[state] ?? ['Merged', 'merged']
  const leftovers = cleansUp ? object.finalizers.length > 0 : isPresent(input)
  if (!leftovers) return sessionAction(input, 'unchanged', { code: 'Done', reason })
  if (!input.reacting) {
    return sessionAction(input, 'unchanged', {
      code: 'Done',
      reason: `${reason}; ao reconcile cleans up`,
    })
  }
  const grace = graceOf(input)
  if (grace !== undefined) {
    return sessionAction(input, 'unchanged', {
      code: 'Grace',
      reason: `${cleansUp ? why : reason}; ${grace.words}`,
      retryAfterMs: grace.until - input.now,
    })
  }
  if (!cleansUp) {
    return sessionAction(input, 'update', {
      code: 'Done',
      reason: `${reason}; ending its session`,
      steps: [{ step: 'session.stop', why: 'Done' }],
    })
  }
  // What cleaning up would touch was not looked at yet: the next look does.
  if (facts.risk === undefined) {
    return sessionAction(input, 'update', {
      code,
      reason: `${why}; looking at what is left`,
    })
  }
  const removal = planRemoval({ ...input, removal: 'delete' })
  return removal.action === 'delete'
    ? { ...removal, action: 'update', code, reason: `${why}; cleaning up` }
    : removal
}

/** There is a process, or what is left of one. */
function isPresent(input: SessionPlanInput): boolean {
  const { state } = input.view.facts.process
  return state === 'alive' || state === 'exited'
}

function planSuspended(input: SessionPlanInput): PlannedAction {
  const { facts, object } = input.view
  const by = object.overrides.state === 'Suspended' ? 'by ao suspend' : 'by its manifest'
  if (!isPresent(input)) {
    return input.changes.length > 0
      ? sessionAction(input, 'update', {
          code: 'Changed',
          reason: `suspended ${by}; update in place`,
        })
      : sessionAction(input, 'unchanged', { code: 'Suspended', reason: `suspended ${by}` })
  }
  return sessionAction(input, 'suspend', {
    code: 'Suspended',
    reason: `suspended ${by}`,
    keeps: ['branch', 'workspace', 'conversation where the agent keeps one'],
    loses: facts.process.state === 'alive' ? ['what the agent is doing right now'] : [],
    steps: [{ step: 'session.stop', why: 'Suspended' }],
  })
}

function planRunning(input: SessionPlanInput): PlannedAction {
  const { facts, record } = input.view
  const started = record.launches.length > 0 || isPresent(input)
  if (!started || (facts.process.state !== 'alive' && wasStopped(record))) return planStart(input)
  if (isRestartAsked(input)) {
    // One that had given up its place needs another.
    return input.hasCapacity ? planRestart(input, 'ao restart asked for it') : noCapacity(input)
  }
  return facts.process.state === 'alive' ? planAlive(input) : planAfterExit(input)
}

function isRestartAsked(input: SessionPlanInput): boolean {
  const { object, record } = input.view
  const { restartRequestedAt } = object
  return restartRequestedAt !== undefined && restartRequestedAt !== record.restartHandled
}

function planAlive(input: SessionPlanInput): PlannedAction {
  const { facts, record } = input.view
  const change = changeSinceLaunch(input)
  if (change !== undefined) return planRestart(input, change)
  if (facts.workspace.state === 'gone')
    return planRestart(input, 'its workspace directory was deleted')
  if (!input.known) {
    return sessionAction(input, 'adopt', {
      code: 'FoundRunning',
      reason: `found running (attempt ${record.attempt}), ours by its uid`,
      keeps: ['the running agent', 'branch', 'workspace'],
    })
  }
  if (input.changes.length > 0) {
    return sessionAction(input, 'update', { code: 'Changed', reason: 'update in place' })
  }
  return sessionAction(input, 'unchanged', { code: 'Unchanged', reason: 'as declared' })
}

function planRestart(input: SessionPlanInput, reason: string): PlannedAction {
  const { object, record, facts } = input.view
  if (facts.workspace.state === 'moved') return blocked(input, movedObstacle(facts.workspace))
  return sessionAction(input, 'restart', {
    code: 'RestartNeeded',
    reason,
    keeps: [
      object.spec.branch === undefined ? 'workspace' : `branch ${object.spec.branch}`,
      'workspace and everything in it',
    ],
    loses: ['what the agent is doing right now'],
    steps: [
      ...(isPresent(input) ? [{ step: 'session.stop', why: 'Restart' } as const] : []),
      ...workspaceSteps(input),
      { step: 'session.start', attempt: record.attempt + 1 },
    ],
  })
}

/** The process is not there although it was started: the restart policy decides. */
function planAfterExit(input: SessionPlanInput): PlannedAction {
  const { object, record, facts } = input.view
  const decision = decideRestart(object, record, facts, input.now)
  switch (decision.type) {
    case 'restart':
      return input.mayRestart
        ? planRestart(input, decision.why)
        : sessionAction(input, 'wait', {
            code: 'CrashLoopBackOff',
            reason: `${decision.why}; ao reconcile restarts it`,
          })
    case 'wait':
      return sessionAction(input, 'wait', {
        code: 'CrashLoopBackOff',
        reason: decision.why,
        retryAfterMs: decision.dueAt - input.now,
      })
    case 'stay':
      return blocked(input, {
        code: decision.reason,
        reason: decision.why,
        unblock: `ao restart ${object.name}`,
        verb: 'restart',
      })
  }
}

/** First start, or start after being suspended: whatever is still missing, in order. */
function planStart(input: SessionPlanInput): PlannedAction {
  const { record } = input.view
  if (input.waitsFor.length > 0) {
    return sessionAction(input, 'wait', {
      code: 'WaitingForDependency',
      reason: waitingWords(input),
      after: input.waitsFor,
    })
  }
  if (!input.hasCapacity) return noCapacity(input)
  const resuming = record.launches.length > 0
  return sessionAction(input, resuming ? 'resume' : 'create', {
    code: resuming ? 'Resumed' : 'NotThere',
    reason: resuming ? resumeReason(input) : 'declared and not there yet',
    details: startDetails(input.view.object, input.view.facts),
    steps: [...workspaceSteps(input), { step: 'session.start', attempt: record.attempt + 1 }],
  })
}

function waitingWords({ waitsFor, closed }: SessionPlanInput): string {
  const waits = `waits for ${waitsFor.join(', ')} to be Done`
  const [first] = closed
  return first === undefined
    ? waits
    : `${waits}; the pull request of ${first} was closed unmerged: reopen that, or take the worker out of dependsOn`
}

function resumeReason({ view: { facts, record } }: SessionPlanInput): string {
  return record.reopened !== undefined && facts.workspace.state === 'absent'
    ? `pull request #${record.reopened} is open; a new attempt on its branch`
    : 'stopped or cut short before; a new attempt in the same workspace'
}

function noCapacity(input: SessionPlanInput): PlannedAction {
  const limit = input.project?.limits.maxActive
  const { project } = input.view.object.spec
  return sessionAction(input, 'wait', {
    code: 'WaitingForCapacity',
    reason: `${limit ?? 'all'} workers of ${project} are active (limits.maxActive)`,
  })
}

/** What still has to be made of branch and workspace. */
function workspaceSteps(input: SessionPlanInput): readonly PlannedStep[] {
  const { facts, object } = input.view
  const steps: PlannedStep[] = []
  const hasOrigin = facts.repository.state === 'found' && facts.repository.hasOrigin
  const needsBase =
    object.spec.branch === undefined
      ? facts.workspace.state === 'absent'
      : facts.branch.state === 'absent' ||
        (facts.branch.state === 'left' && facts.branch.where === 'remote')
  if (needsBase && hasOrigin && input.project?.workspace.freshBase === true)
    steps.push({ step: 'base.fetch' })
  if (facts.branch.state === 'absent') steps.push({ step: 'branch.create' })
  if (facts.branch.state === 'left') {
    const { state: _left, ...left } = facts.branch
    steps.push({ step: 'branch.create', left })
  }
  switch (facts.workspace.state) {
    case 'absent':
    case 'partial':
    case 'gone':
      steps.push(
        { step: 'workspace.add' },
        { step: 'workspace.populate' },
        { step: 'workspace.prepare' },
      )
      break
    case 'added':
      steps.push({ step: 'workspace.populate' }, { step: 'workspace.prepare' })
      break
    case 'populated':
      steps.push({ step: 'workspace.prepare' })
      break
    case 'prepared':
    case 'moved':
    case 'foreign':
    case 'unknown':
      break
  }
  return steps
}
