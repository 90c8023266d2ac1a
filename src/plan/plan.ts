import type { SessionView } from '../lifecycle/facts.ts'
import type { ResourceKey } from '../resource/key.ts'
import { keyOf, splitKey } from '../resource/key.ts'
import type { Desired, DesiredSession, ProjectSpec } from '../resource/spec.ts'
import { isSession } from '../resource/spec.ts'
import type { Drift, Plan, PlannedAction, PlannedBase, UnknownFact } from './action.ts'
import { blockedBy, plannedAction, summarize } from './action.ts'
import type { AdmissionConflict, Admitted } from './admit.ts'
import { Capacity } from './capacity.ts'
import { driftOf, ignoredChange, overrideDrift } from './drift.ts'
import { compareText, inOrder } from './order.ts'
import type { PruneHold } from './prune.ts'
import { keptFromPrune } from './prune.ts'
import { planSession } from './session.ts'
import { planStatic, planStaticRemoval } from './static.ts'

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
  readonly pruneHeld: PruneHold | undefined
  readonly views: ReadonlyMap<ResourceKey, SessionView>
  /** Objects whose status is known. */
  readonly known: ReadonlySet<ResourceKey>
  /** Names of workers that are Done by record, also of those no longer declared. */
  readonly done: ReadonlySet<string>
  readonly bases: readonly PlannedBase[]
  readonly reacting: boolean
  /** Sessions that somebody asked to clean up, which is done then also where nobody reacts. */
  readonly cleaning?: ReadonlySet<ResourceKey>
  /** By the attempt that ended, the only agents that may be started again after they ended; all of them when undefined. */
  readonly restartable?: ReadonlyMap<ResourceKey, number> | undefined
  readonly now: Date
}

/** The ordered list of actions that takes what is observed to what is desired. Pure: the same input gives the same plan, byte for byte. */
export function plan(input: PlanInput): Plan {
  const conflicting = new Set(input.conflicts.map(conflict => conflict.key))
  const ordered = inOrder(input.objects)
  const free = ordered.filter(object => !conflicting.has(keyOf(object.kind, object.name)))
  const staying = free.filter(object => !isLeaving(input, object))
  const leaving = free.filter(object => isLeaving(input, object)).reverse()
  const planner = new Planner(input, ordered)
  const actions = [
    ...[...input.conflicts].sort((a, b) => compareText(a.key, b.key)).map(conflictAction),
    ...[...staying, ...leaving].map(object => planner.plan(object)),
  ]
  return {
    actions,
    drift: driftAll(input, ordered, actions),
    unknown: actions.flatMap(action => unknownOf(action)),
    summary: summarize(actions),
    observedAt: input.now.toISOString(),
    bases: [...input.bases].sort((a, b) => compareText(a.project, b.project)),
  }
}

function isLeaving(input: PlanInput, object: Desired): boolean {
  return (
    object.deletionTimestamp !== undefined || (isPruned(input, object) && !isKept(input, object))
  )
}

function isPruned(input: PlanInput, object: Desired): boolean {
  return input.pruned.has(keyOf(object.kind, object.name))
}

function isKept(input: PlanInput, object: Desired): boolean {
  return keptFromPrune(object, input.pruneHeld) !== undefined
}

/** Plans one object after the other, in order: earlier ones take places that later ones miss. */
class Planner {
  readonly #input: PlanInput
  readonly #projects: ReadonlyMap<string, ProjectSpec>
  readonly #sessions: readonly DesiredSession[]
  readonly #capacity: Capacity

  constructor(input: PlanInput, ordered: readonly Desired[]) {
    this.#input = input
    this.#projects = new Map(
      ordered.flatMap(object => (object.kind === 'Project' ? [[object.name, object.spec]] : [])),
    )
    this.#sessions = ordered.filter(isSession)
    this.#capacity = new Capacity(ordered, input.views, input.now.getTime())
  }

  plan(object: Desired): PlannedAction {
    const action = this.#planOne(object)
    // What has steps of its own is told; otherwise that it stays although it is no longer declared is the news.
    const isQuiet = action.action === 'unchanged' || action.action === 'adopt'
    if (!isQuiet || !isPruned(this.#input, object)) return action
    const obstacle = keptFromPrune(object, this.#input.pruneHeld)
    return obstacle === undefined ? action : { ...action, ...blockedBy(obstacle) }
  }

  #planOne(object: Desired): PlannedAction {
    const input = this.#input
    const key = keyOf(object.kind, object.name)
    const view = input.views.get(key)
    if (isSession(object) && view !== undefined) return this.#planSession(object, key, view)
    return isLeaving(input, object)
      ? planStaticRemoval(object, this.#usersOf(object))
      : planStatic(object, input.admitted.get(key))
  }

  #planSession(object: DesiredSession, key: ResourceKey, view: SessionView): PlannedAction {
    const input = this.#input
    const admitted = input.admitted.get(key)
    const waitsFor = object.spec.dependsOn
      .filter(name => !input.done.has(name))
      .map(name => keyOf('Worker', name))
    const planInput = {
      view,
      project: this.#projects.get(object.spec.project),
      changes: admitted?.changes ?? [],
      unchangedFields: admitted?.unchangedFields ?? 0,
      refused: admitted?.refused ?? [],
      known: input.known.has(key) || view.record.launches.length === 0,
      waitsFor,
      closed: waitsFor.filter(name => input.views.get(name)?.record.outcome?.state === 'Closed'),
      hasCapacity: this.#capacity.has(object),
      mayRestart:
        input.restartable === undefined || input.restartable.get(key) === view.record.attempt,
      removal: removalOf(input, object),
      reacting: input.reacting || input.cleaning?.has(key) === true,
      now: input.now.getTime(),
    }
    const action = planSession(planInput)
    // A change that is refused leaves the session as it was declared before, and so the place it takes.
    const carriedOut =
      planInput.refused.length > 0 ? planSession({ ...planInput, refused: [] }) : action
    this.#capacity.take(object, carriedOut)
    return action
  }

  #usersOf(object: Desired): readonly ResourceKey[] {
    if (object.kind !== 'Project') return []
    return this.#sessions
      .filter(session => session.spec.project === object.name)
      .map(session => keyOf(session.kind, session.name))
  }
}

function removalOf(input: PlanInput, object: Desired): 'prune' | 'delete' | undefined {
  if (!isLeaving(input, object)) return undefined
  return object.deletionTimestamp === undefined ? 'prune' : 'delete'
}

/** Stands in place of the object's own action: as long as two say different things of it, nothing is done. */
function conflictAction(conflict: AdmissionConflict): PlannedAction {
  const { key, message, next } = conflict
  const obstacle = { code: 'Conflict', reason: message, unblock: next, verb: 'update' } as const
  return plannedAction({ ...splitKey(key), ...blockedBy(obstacle) })
}

function driftAll(
  input: PlanInput,
  ordered: readonly Desired[],
  actions: readonly PlannedAction[],
): readonly Drift[] {
  const byKey = new Map(actions.map(action => [action.key, action]))
  return ordered.flatMap(object => {
    const key = keyOf(object.kind, object.name)
    const view = input.views.get(key)
    const action = byKey.get(key)
    if (view === undefined || action === undefined) return []
    const ignored = ignoredChange(view, input.admitted.get(key)?.refused ?? [])
    return [...ignored, ...overrideDrift(view), ...driftOf(view, action)]
  })
}

function unknownOf(action: PlannedAction): readonly UnknownFact[] {
  if (action.action !== 'unknown') return []
  return [{ key: action.key, reason: action.code, message: action.reason }]
}
