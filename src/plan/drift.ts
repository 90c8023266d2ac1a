import type { SessionView } from '../lifecycle/facts.ts'
import { isDone, wanted } from '../lifecycle/facts.ts'
import { keyOf } from '../resource/key.ts'
import type { Drift, PlannedAction } from './action.ts'

/** Changes from outside that the look shows, each with what will be done about it. */
export function driftOf(view: SessionView, action: PlannedAction): readonly Drift[] {
  const { object, record, facts } = view
  if (isDone(record) || wanted(object) === 'deleted' || action.action === 'prune') return []
  const key = keyOf(object.kind, object.name)
  const drift: Drift[] = []
  const launched = record.launches.length > 0 && record.lastExit?.reason !== 'Stopped'
  if (wanted(object) === 'running' && launched && facts.process.state === 'absent') {
    const message = facts.process.serverGone
      ? 'runtime server is gone, and the session with it'
      : 'session is gone'
    drift.push({
      key,
      reason: facts.process.serverGone ? 'ServerGone' : 'ProcessGone',
      message,
      consequence: consequence(action),
    })
  }
  if (wanted(object) === 'running' && facts.process.state === 'exited') {
    drift.push({ key, reason: 'Exited', message: 'agent exited', consequence: consequence(action) })
  }
  if (facts.workspace.state === 'gone') {
    const message = `workspace ${facts.workspace.path} was deleted; uncommitted work in it is lost`
    drift.push({
      key,
      reason: 'DirectoryMissing',
      message,
      consequence: 'will be checked out again from its branch',
    })
  }
  if (facts.branch.state === 'missing') {
    const message = `branch ${object.spec.branch ?? ''} was deleted`
    drift.push({ key, reason: 'BranchMissing', message, consequence: 'left alone' })
  }
  if (
    'path' in facts.workspace &&
    'branch' in facts.workspace &&
    object.spec.branch !== undefined
  ) {
    const now = facts.workspace.branch
    if (now !== object.spec.branch) {
      const message = `workspace is on ${now === undefined ? 'no branch' : `branch ${now}`} instead of ${object.spec.branch}`
      drift.push({ key, reason: 'BranchSwitched', message, consequence: 'left alone' })
    }
  }
  return drift
}

function consequence(action: PlannedAction): string {
  switch (action.action) {
    case 'restart':
    case 'create':
    case 'resume':
      return 'will be restarted'
    case 'wait':
      return 'will be restarted after a pause'
    case 'update':
    case 'replace':
    case 'adopt':
    case 'suspend':
    case 'prune':
    case 'delete':
    case 'blocked':
    case 'unknown':
    case 'unchanged':
      return 'left alone'
  }
}

/** A command that goes over the manifest's head shows in every plan, though it is no difference. */
export function overrideDrift(view: SessionView): readonly Drift[] {
  const { object } = view
  const state = object.overrides.state
  if (state === undefined || wanted(object) === 'deleted') return []
  const [verb, undo] = state === 'Suspended' ? ['suspend', 'resume'] : ['resume', 'suspend']
  return [
    {
      key: keyOf(object.kind, object.name),
      reason: 'Overridden',
      message: `${state} by ao ${verb}, over its manifest`,
      consequence: `left alone; ao ${undo} ${object.name} undoes it`,
    },
  ]
}
