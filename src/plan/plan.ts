import type { SessionView } from '../lifecycle/facts.ts'
import { isDone, wanted } from '../lifecycle/facts.ts'
import type { Kind, ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import type { Desired, DesiredSession, ProjectSpec } from '../resource/spec.ts'
import { isSession } from '../resource/spec.ts'
import type { Drift, Plan, PlannedAction, PlannedBase, UnknownFact } from './action.ts'
import { summarize } from './action.ts'
import type { AdmissionConflict, Admitted } from './admit.ts'
import { driftOf, overrideDrift } from './drift.ts'
import { inOrder } from './order.ts'
import { planSession } from './session.ts'
import { blocked } from './session-input.ts'

/** Everything a plan is made from. */
export interface PlanInput {
  /** What is (or would be) desired, removals included. */
  readonly objects: readonly Desired[]
  /** How accepting the manifests changed them; empty outside an apply or diff. */
  readonly admitted: ReadonlyMap<ResourceKey, Admitted>
  readonly conflicts: readonly AdmissionConflict[]
  /** Objects to prune: no longer declared. */
  readonly pruned: ReadonlySet<ResourceKey>
  /** Why nothing may be pruned now; undefined when it may. */
  readonly pruneHeld:
    | { readonly guard: string; readonly message: string; readonly unblock: string }
    | undefined
  readonly views: ReadonlyMap<ResourceKey, SessionView>
  /** Objects whose status is known. */
  readonly known: ReadonlySet<ResourceKey>
  /** Names of workers that are Done by record, also of those no longer declared. */
  readonly done: ReadonlySet<string>
  readonly bases: readonly PlannedBase[]
  readonly reacting: boolean
  readonly now: Date
}

/** The ordered list of actions that takes what is observed to what is desired. Pure: the same input gives the same plan, byte for byte. */
export function plan(input: PlanInput): Plan {
  const ordered = inOrder(input.objects)
  const staying = ordered.filter(object => !isLeaving(input, object))
  const leaving = ordered.filter(object => isLeaving(input, object)).reverse()
  const capacity = new Capacity(input)
  const actions = [
    ...input.conflicts.map(conflict => conflictAction(conflict)),
    ...staying.map(object => planObject(input, object, capacity)),
    ...leaving.map(object => planObject(input, object, capacity)),
  ]
  return {
    actions,
    drift: ordered.flatMap(object => planDrift(input, object, actions)),
    unknown: actions.flatMap(action => unknownOf(action)),
    summary: summarize(actions),
    observedAt: input.now.toISOString(),
    bases: input.bases,
  }
}

function isLeaving(input: PlanInput, object: Desired): boolean {
  return object.deletionTimestamp !== undefined || input.pruned.has(keyOf(object.kind, object.name))
}

function planObject(input: PlanInput, object: Desired, capacity: Capacity): PlannedAction {
  return isSession(object) ? planOneSession(input, object, capacity) : planStatic(input, object)
}

function planOneSession(
  input: PlanInput,
  object: DesiredSession,
  capacity: Capacity,
): PlannedAction {
  const key = keyOf(object.kind, object.name)
  const view = input.views.get(key)
  if (view === undefined) return planStatic(input, object)
  const admitted = input.admitted.get(key)
  const pruned = input.pruned.has(key)
  const waitsFor = object.spec.dependsOn
    .filter(name => !input.done.has(name))
    .map(name => keyOf('Worker', name))
  const planInput = {
    view,
    project: projectSpec(input, object.spec.project),
    changes: admitted?.changes ?? [],
    unchangedFields: admitted?.unchangedFields ?? 0,
    refused: admitted?.refused ?? [],
    known: input.known.has(key) || view.record.launches.length === 0,
    waitsFor,
    hasCapacity: capacity.has(object),
    removal: removalOf(object, pruned),
    reacting: input.reacting,
    now: input.now.getTime(),
  } as const
  if (pruned && input.pruneHeld !== undefined) {
    const { guard, message, unblock } = input.pruneHeld
    return blocked(planInput, guard, `no longer declared; ${message}`, unblock, 'prune')
  }
  const action = planSession(planInput)
  capacity.take(object, action)
  return action
}

function removalOf(object: Desired, pruned: boolean): 'prune' | 'delete' | undefined {
  if (object.deletionTimestamp !== undefined) return 'delete'
  return pruned ? 'prune' : undefined
}

function projectSpec(input: PlanInput, name: string): ProjectSpec | undefined {
  const project = input.objects.find(object => object.kind === 'Project' && object.name === name)
  return project?.kind === 'Project' ? project.spec : undefined
}

/** Projects and notifiers have no process: accepting them is all there is to do. */
function planStatic(input: PlanInput, object: Desired): PlannedAction {
  const key = keyOf(object.kind, object.name)
  const admitted = input.admitted.get(key)
  const base = {
    kind: object.kind,
    name: object.name,
    key,
    position: object.origin,
    changes: admitted?.changes ?? [],
    unchangedFields: admitted?.unchangedFields ?? 0,
    details: [],
    keeps: [],
    loses: [],
    guards: [],
    after: [],
    steps: [],
  } as const
  if (isLeaving(input, object)) return planStaticRemoval(input, object, base)
  if (admitted !== undefined && admitted.refused.length > 0) {
    const names = admitted.refused.map(change => change.path.replace('spec.', '')).join(', ')
    const reason = `${names} cannot change in place`
    const unblock = `ao apply --replace`
    const guards = [{ guard: 'ReplaceRefused', passed: false, message: reason, unblock }]
    return {
      ...base,
      action: 'blocked',
      code: 'ReplaceRefused',
      reason,
      guards,
      blockedVerb: 'replace',
    }
  }
  if (admitted !== undefined && admitted.previous === undefined) {
    return { ...base, action: 'create', code: 'NotThere', reason: 'declared and not there yet' }
  }
  if (admitted !== undefined && admitted.changes.length > 0) {
    return { ...base, action: 'update', code: 'Changed', reason: 'update in place' }
  }
  return { ...base, action: 'unchanged', code: 'Unchanged', reason: 'as declared' }
}

function planStaticRemoval(
  input: PlanInput,
  object: Desired,
  base: Omit<PlannedAction, 'action' | 'code' | 'reason'>,
): PlannedAction {
  const pruned = input.pruned.has(base.key)
  const verb = pruned && object.deletionTimestamp === undefined ? 'prune' : 'delete'
  if (verb === 'prune' && input.pruneHeld !== undefined) {
    const { guard, message, unblock } = input.pruneHeld
    const guards = [{ guard, passed: false, message, unblock }]
    return {
      ...base,
      action: 'blocked',
      code: guard,
      reason: `no longer declared; ${message}`,
      guards,
      blockedVerb: 'prune',
    }
  }
  const users = input.objects
    .filter(isSession)
    .filter(session => object.kind === 'Project' && session.spec.project === object.name)
    .map(session => keyOf(session.kind, session.name))
  const reason = verb === 'prune' ? 'no longer declared' : 'deletion was asked for'
  return {
    ...base,
    action: verb,
    code: verb === 'prune' ? 'NotDeclared' : 'DeletionRequested',
    reason,
    after: users,
  }
}

function conflictAction(conflict: AdmissionConflict): PlannedAction {
  const slash = conflict.key.indexOf('/')
  return {
    action: 'blocked',
    kind: kindOf(conflict.key),
    name: conflict.key.slice(slash + 1),
    key: conflict.key,
    code: 'Conflict',
    reason: conflict.message,
    changes: [],
    unchangedFields: 0,
    details: [],
    keeps: [],
    loses: [],
    guards: [
      { guard: 'Conflict', passed: false, message: conflict.message, unblock: conflict.next },
    ],
    after: [],
    blockedVerb: 'update',
    steps: [],
  }
}

function kindOf(key: ResourceKey): Kind {
  if (key.startsWith('Project/')) return 'Project'
  if (key.startsWith('Orchestrator/')) return 'Orchestrator'
  return key.startsWith('Notifier/') ? 'Notifier' : 'Worker'
}

function planDrift(
  input: PlanInput,
  object: Desired,
  actions: readonly PlannedAction[],
): readonly Drift[] {
  const key = keyOf(object.kind, object.name)
  const view = input.views.get(key)
  const action = actions.find(candidate => candidate.key === key)
  if (view === undefined || action === undefined) return []
  return [...overrideDrift(view), ...driftOf(view, action)]
}

function unknownOf(action: PlannedAction): readonly UnknownFact[] {
  if (action.action !== 'unknown') return []
  return [{ key: action.key, reason: action.code, message: action.reason }]
}

/** Places left in each project, taken in plan order: who runs already keeps its place. */
class Capacity {
  readonly #left = new Map<string, number>()

  constructor(input: PlanInput) {
    for (const object of input.objects) {
      if (object.kind !== 'Project' || object.spec.limits.maxActive === undefined) continue
      const active = [...input.views.values()].filter(
        view =>
          view.object.kind === 'Worker' &&
          view.object.spec.project === object.name &&
          holdsPlace(view),
      ).length
      this.#left.set(object.name, object.spec.limits.maxActive - active)
    }
  }

  has(object: DesiredSession): boolean {
    if (object.kind !== 'Worker') return true
    return (this.#left.get(object.spec.project) ?? 1) > 0
  }

  take(object: DesiredSession, action: PlannedAction): void {
    if (object.kind !== 'Worker' || (action.action !== 'create' && action.action !== 'resume'))
      return
    const left = this.#left.get(object.spec.project)
    if (left !== undefined) this.#left.set(object.spec.project, left - 1)
  }
}

/** A worker that runs, or that will be restarted, keeps its place. */
function holdsPlace(view: SessionView): boolean {
  if (view.facts.process.state === 'alive' || view.facts.process.state === 'unknown') return true
  const stopped = view.record.lastExit?.reason === 'Stopped'
  return (
    view.record.launches.length > 0 &&
    !stopped &&
    !isDone(view.record) &&
    wanted(view.object) === 'running'
  )
}
