import type { Desired } from '../resource/spec.ts'
import { isDone, wanted } from '../lifecycle/facts.ts'
import { decideRestart } from '../lifecycle/restart.ts'
import type { PlannedAction, PlannedStep } from './action.ts'
import { describeText, fingerprint, restartFields, stable } from './changes.ts'
import { planRemoval } from './removal.ts'
import type { SessionPlanInput } from './session-input.ts'
import { blocked, sessionAction } from './session-input.ts'

/** Instead of a fingerprint, for a running agent whose record was lost: what it was started with is not known. */
export const ADOPTED = 'adopted'

/** The fingerprint of what an agent was started with; another one means restart. */
export function launchDigest(object: Desired): string {
  return fingerprint(stable(restartFields(object)))
}

/** What is to be done about one session. Pure; of several obstacles the first one that must be lifted is told. */
export function planSession(input: SessionPlanInput): PlannedAction {
  const { facts, object, record } = input.view
  if (input.removal !== undefined || wanted(object) === 'deleted') return planRemoval(input)
  if (isDone(record)) return planDone(input)
  return (
    planObstacle(input) ??
    (wanted(object) === 'suspended'
      ? planSuspended(input)
      : planRunning(input, facts.process.state))
  )
}

/** What stands in the way whatever is wanted: things we could not look at, and things that are not ours. */
function planObstacle(input: SessionPlanInput): PlannedAction | undefined {
  const { facts, object } = input.view
  if (input.refused.length > 0) return planRefused(input)
  const unknown = [facts.repository, facts.process, facts.workspace, facts.branch].find(
    fact => fact.state === 'unknown',
  )
  if (unknown?.state === 'unknown') {
    return sessionAction(input, 'unknown', {
      code: facts.process.state === 'unknown' ? 'RuntimeUnknown' : 'RepositoryUnknown',
      reason: unknown.reason,
    })
  }
  if (facts.repository.state === 'undeclared') {
    return blocked(
      input,
      'ProjectMissing',
      `Project/${object.spec.project} is not declared`,
      'ao get projects',
    )
  }
  if (facts.repository.state === 'absent') {
    const { path, repo } = facts.repository
    const url = repo === undefined ? '<url>' : cloneUrl(repo)
    return blocked(
      input,
      'RepositoryMissing',
      `no git repository at ${path}`,
      `git clone ${url} ${path}`,
    )
  }
  if (facts.process.state === 'foreign') {
    const reason = `a ${object.spec.runtime.plugin} session named ${object.name} exists that is not ours (${facts.process.handle})`
    return blocked(input, 'NameTaken', reason, `rename it, or give the worker another name`)
  }
  return planCheckoutObstacle(input)
}

function planCheckoutObstacle(input: SessionPlanInput): PlannedAction | undefined {
  const { facts, object } = input.view
  const branch = object.spec.branch ?? ''
  if (facts.branch.state === 'taken') {
    const where = facts.branch.where === 'remote' ? 'on origin ' : ''
    const reason = `branch ${branch} exists ${where}at ${facts.branch.sha.slice(0, 7)} and is not ours`
    const unblock =
      facts.branch.where === 'remote'
        ? `set spec.branch of ${object.name} to another name`
        : `git branch -m ${branch} ${branch}-old, or set spec.branch of ${object.name} to another name`
    return blocked(input, 'BranchTaken', reason, unblock)
  }
  if (facts.branch.state === 'missing') {
    const reason = `branch ${branch} was deleted; it is not made again silently, for it may have held commits`
    return blocked(
      input,
      'BranchMissing',
      reason,
      `git branch ${branch} <sha from: git reflog --all | grep ${branch}>, or ao delete ${object.kind}/${object.name} --force`,
    )
  }
  if (facts.workspace.state === 'foreign') {
    const reason = `${facts.workspace.path} is in use by ${facts.workspace.owner}`
    return blocked(input, 'PathTaken', reason, `move ${facts.workspace.path} away`)
  }
  const repository = facts.repository
  if (
    repository.state === 'found' &&
    repository.base === undefined &&
    facts.workspace.state === 'absent'
  ) {
    return blocked(
      input,
      'BaseMissing',
      `branch ${input.project?.defaultBranch ?? '(default)'} has no commit to start from`,
      `set spec.defaultBranch of Project/${object.spec.project}`,
    )
  }
  return undefined
}

function planRefused(input: SessionPlanInput): PlannedAction {
  const { object } = input.view
  const names = input.refused.map(change => change.path.replace('spec.', '')).join(', ')
  return blocked(
    input,
    'ReplaceRefused',
    `${names} cannot change in place`,
    `ao apply --replace (deletes ${object.kind}/${object.name}, saves its work, and starts anew)`,
    'replace',
  )
}

function planDone(input: SessionPlanInput): PlannedAction {
  const { object, record, facts } = input.view
  const state = record.outcome?.state ?? 'Done'
  const merged = state === 'Merged'
  const leftovers = merged ? object.finalizers.length > 0 : isPresent(facts.process.state)
  if (!leftovers)
    return sessionAction(input, 'unchanged', { code: 'Done', reason: `done: ${state}` })
  if (!input.reacting) {
    return sessionAction(input, 'unchanged', {
      code: 'Done',
      reason: `done: ${state}; ao reconcile cleans up`,
    })
  }
  // What cleaning up would touch was not looked at yet: the next look does.
  if (merged && facts.risk === undefined) {
    return sessionAction(input, 'update', {
      code: 'Merged',
      reason: 'merged; looking at what is left',
    })
  }
  if (merged)
    return {
      ...planRemoval({ ...input, removal: 'delete' }),
      action: 'update',
      code: 'Merged',
      reason: 'merged; cleaning up',
    }
  return sessionAction(input, 'update', {
    code: 'Done',
    reason: `done: ${state}; ending its session`,
    steps: [{ step: 'session.stop', why: state }],
  })
}

function isPresent(state: string): boolean {
  return state === 'alive' || state === 'exited'
}

function planSuspended(input: SessionPlanInput): PlannedAction {
  const { facts, object } = input.view
  const by = object.overrides.state === 'Suspended' ? 'by ao suspend' : 'by its manifest'
  if (!isPresent(facts.process.state)) {
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

function planRunning(input: SessionPlanInput, state: string): PlannedAction {
  switch (state) {
    case 'alive':
      return planAlive(input)
    case 'exited':
      return planAfterExit(input)
    default:
      return input.view.record.launches.length > 0 && !wasStopped(input)
        ? planAfterExit(input)
        : planStart(input)
  }
}

function wasStopped(input: SessionPlanInput): boolean {
  const { record } = input.view
  return record.lastExit?.reason === 'Stopped' && record.lastExit.attempt === record.attempt
}

function planAlive(input: SessionPlanInput): PlannedAction {
  const { facts, object, record } = input.view
  const launch = record.launches.at(-1)
  if (
    object.restartRequestedAt !== undefined &&
    object.restartRequestedAt !== record.restartHandled
  ) {
    return planRestart(input, 'ao restart asked for it')
  }
  if (
    launch !== undefined &&
    launch.specDigest !== ADOPTED &&
    launch.specDigest !== launchDigest(object)
  ) {
    const fields = input.changes
      .filter(change => change.class === 'restart')
      .map(change => change.path.replace('spec.', ''))
    const what = fields.length === 0 ? 'what it was started with' : fields.join(', ')
    return planRestart(input, `${what} cannot change while running`)
  }
  if (facts.workspace.state === 'gone')
    return planRestart(input, 'its workspace directory was deleted')
  if (!input.known) {
    return sessionAction(input, 'adopt', {
      code: 'FoundRunning',
      reason: `found running (attempt ${facts.process.state === 'alive' ? facts.process.attempt : record.attempt}), ours by its uid`,
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
  return sessionAction(input, 'restart', {
    code: 'RestartNeeded',
    reason,
    keeps: [
      object.spec.branch === undefined ? 'workspace' : `branch ${object.spec.branch}`,
      'workspace and everything in it',
    ],
    loses: ['what the agent is doing right now'],
    steps: [
      ...(isPresent(facts.process.state)
        ? [{ step: 'session.stop', why: 'Restart' } as const]
        : []),
      ...workspaceSteps(input),
      { step: 'session.start', attempt: record.attempt + 1 },
    ],
  })
}

/** The process is not there although it was started: the restart policy decides. */
function planAfterExit(input: SessionPlanInput): PlannedAction {
  const { object, record, facts } = input.view
  if (
    object.restartRequestedAt !== undefined &&
    object.restartRequestedAt !== record.restartHandled
  ) {
    return planRestart(input, 'ao restart asked for it')
  }
  const decision = decideRestart(object, record, facts, input.now)
  switch (decision.type) {
    case 'restart':
      return planRestart(input, decision.why)
    case 'wait':
      return sessionAction(input, 'wait', {
        code: 'CrashLoopBackOff',
        reason: decision.why,
        retryAfterMs: decision.dueAt - input.now,
      })
    case 'stay':
      return blocked(input, decision.reason, decision.why, `ao restart ${object.name}`, 'restart')
  }
}

/** First start, or start after being suspended: whatever is still missing, in order. */
function planStart(input: SessionPlanInput): PlannedAction {
  const { object, record, facts } = input.view
  const resuming = record.launches.length > 0
  if (input.waitsFor.length > 0) {
    return sessionAction(input, 'wait', {
      code: 'WaitingForDependency',
      reason: `waits for ${input.waitsFor.join(', ')} to be Done`,
      after: input.waitsFor,
    })
  }
  if (!input.hasCapacity) {
    const limit = input.project?.limits.maxActive
    return sessionAction(input, 'wait', {
      code: 'WaitingForCapacity',
      reason: `${limit ?? 'all'} workers of ${object.spec.project} are active (limits.maxActive)`,
    })
  }
  const base = facts.repository.state === 'found' ? facts.repository.base : undefined
  const details: (readonly [string, string])[] = []
  if (object.spec.branch !== undefined) {
    const from =
      facts.branch.state === 'ours'
        ? `at ${facts.branch.sha.slice(0, 7)}`
        : `from ${base?.ref ?? '?'}@${base?.sha.slice(0, 7) ?? '?'}`
    details.push(['branch', `${object.spec.branch} ${from}`])
  }
  details.push(['session', `${object.spec.runtime.plugin} ${object.name}`])
  const prompt =
    object.spec.prompt === undefined ? '' : `, prompt ${describeText(object.spec.prompt)}`
  const issue = object.spec.issue === undefined ? '' : `, issue ${object.spec.issue}`
  details.push(['agent', `${object.spec.agent.plugin}${issue}${prompt}`])
  return sessionAction(input, resuming ? 'resume' : 'create', {
    code: resuming ? 'Resumed' : 'NotThere',
    reason: resuming
      ? 'suspended before; a new attempt in the same workspace'
      : 'declared and not there yet',
    details,
    steps: [...workspaceSteps(input), { step: 'session.start', attempt: record.attempt + 1 }],
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
      : facts.branch.state === 'absent'
  if (needsBase && hasOrigin && input.project?.workspace.freshBase === true)
    steps.push({ step: 'base.fetch' })
  if (facts.branch.state === 'absent') steps.push({ step: 'branch.create' })
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
    case 'foreign':
    case 'unknown':
      break
  }
  return steps
}

function cloneUrl(repo: string): string {
  return /^[\w.-]+\/[\w.-]+$/.test(repo) ? `https://github.com/${repo}.git` : repo
}
