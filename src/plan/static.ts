import type { ResourceKey } from '../resource/key.ts'
import type { Desired } from '../resource/spec.ts'
import type { PlannedAction } from './action.ts'
import { blockedBy, plannedAction } from './action.ts'
import type { Admitted } from './admit.ts'
import { fieldNames } from './changes.ts'

/** What is to be done about an object without a process: accepting it is all there is to it. */
export function planStatic(object: Desired, admitted: Admitted | undefined): PlannedAction {
  const base = {
    ...subjectOf(object),
    changes: admitted?.changes ?? [],
    unchangedFields: admitted?.unchangedFields ?? 0,
  }
  if (admitted !== undefined && admitted.refused.length > 0) {
    const reason = `${fieldNames(admitted.refused)} cannot change in place`
    const unblock = 'ao apply --replace'
    const obstacle = { code: 'ReplaceRefused', reason, unblock, verb: 'replace' } as const
    return plannedAction({ ...base, ...blockedBy(obstacle) })
  }
  if (admitted !== undefined && admitted.previous === undefined) {
    const reason = 'declared and not there yet'
    return plannedAction({ ...base, action: 'create', code: 'NotThere', reason })
  }
  if (base.changes.length > 0) {
    return plannedAction({ ...base, action: 'update', code: 'Changed', reason: 'update in place' })
  }
  return plannedAction({ ...base, action: 'unchanged', code: 'Unchanged', reason: 'as declared' })
}

/** Letting go of an object without a process, once nobody uses it any more. */
export function planStaticRemoval(object: Desired, users: readonly ResourceKey[]): PlannedAction {
  const base = { ...subjectOf(object), after: users }
  if (object.replacement !== undefined) {
    const reason = 'a new one of the same name takes its place'
    return plannedAction({ ...base, action: 'replace', code: 'DeletionRequested', reason })
  }
  if (object.deletionTimestamp !== undefined) {
    const reason = 'deletion was asked for'
    return plannedAction({ ...base, action: 'delete', code: 'DeletionRequested', reason })
  }
  const reason = 'no longer declared'
  return plannedAction({ ...base, action: 'prune', code: 'NotDeclared', reason })
}

function subjectOf(object: Desired): Pick<PlannedAction, 'kind' | 'name'> & {
  readonly position: Desired['origin']
} {
  return { kind: object.kind, name: object.name, position: object.origin }
}
