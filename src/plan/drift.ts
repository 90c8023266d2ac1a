import type { SessionView } from '../lifecycle/facts.ts'
import { isDone, wanted, wasStopped } from '../lifecycle/facts.ts'
import { keyOf } from '../resource/key.ts'
import { lockWords, moveBack } from './checkout-words.ts'
import type { Drift, PlannedAction } from './action.ts'
import type { FieldChange } from './changes.ts'
import { fieldNames } from './changes.ts'

/** Changes from outside that the look shows, each with what will be done about it. */
export function driftOf(view: SessionView, action: PlannedAction): readonly Drift[] {
  const { object, record } = view
  if (isDone(record) || wanted(object) === 'deleted' || action.action === 'prune') return []
  const found = [
    processDrift(view, action),
    branchDrift(view),
    workspaceDrift(view),
    lockDrift(view),
  ]
  const key = keyOf(object.kind, object.name)
  return found.flatMap(drift => (drift === undefined ? [] : [{ key, ...drift }]))
}

type Found = Omit<Drift, 'key'>

function processDrift(view: SessionView, action: PlannedAction): Found | undefined {
  const { object, record, facts } = view
  if (wanted(object) !== 'running' || wasStopped(record)) return undefined
  if (facts.process.state === 'exited') {
    return { reason: 'Exited', message: 'agent exited', consequence: consequence(action) }
  }
  if (facts.process.state !== 'absent' || record.launches.length === 0) return undefined
  return facts.process.serverGone
    ? {
        reason: 'ServerGone',
        message: 'runtime server is gone, and the session with it',
        consequence: consequence(action),
      }
    : { reason: 'ProcessGone', message: 'session is gone', consequence: consequence(action) }
}

function branchDrift(view: SessionView): Found | undefined {
  if (view.facts.branch.state !== 'missing') return undefined
  const message = `branch ${view.object.spec.branch ?? ''} was deleted`
  return { reason: 'BranchMissing', message, consequence: 'left alone' }
}

function lockDrift(view: SessionView): Found | undefined {
  const { workspace } = view.facts
  if (!('indexLock' in workspace) || workspace.indexLock === undefined) return undefined
  const { message, remedy } = lockWords(workspace.indexLock)
  return { reason: 'IndexLocked', message, consequence: `left alone; ${remedy}` }
}

function workspaceDrift(view: SessionView): Found | undefined {
  const { workspace } = view.facts
  if (workspace.state === 'gone') {
    const message = `workspace ${workspace.path} was deleted; uncommitted work in it is lost`
    const outcome = 'will be checked out again from its branch'
    return { reason: 'DirectoryMissing', message, consequence: outcome }
  }
  if (workspace.state === 'moved') {
    const message = `workspace was moved to ${workspace.path}`
    return { reason: 'Moved', message, consequence: `left alone; ${moveBack(workspace)}` }
  }
  const { branch } = view.object.spec
  if (branch === undefined || !('branch' in workspace) || workspace.branch === branch)
    return undefined
  const now = workspace.branch === undefined ? 'no branch' : `branch ${workspace.branch}`
  const message = `workspace is on ${now} instead of ${branch}`
  return { reason: 'BranchSwitched', message, consequence: 'left alone' }
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

/** A finished worker is never run again: what its manifest says anew of it is told, not done. */
export function ignoredChange(
  { object, record }: SessionView,
  refused: readonly FieldChange[],
): readonly Drift[] {
  if (!isDone(record) || refused.length === 0) return []
  return [
    {
      key: keyOf(object.kind, object.name),
      reason: 'ChangedAfterDone',
      message: `${fieldNames(refused)} changed in its manifest after it was done`,
      consequence: 'ignored; declare new work under a new name',
    },
  ]
}
