import type { SessionView } from '../lifecycle/facts.ts'
import type { ResourceKey } from '../resource/key.ts'
import type { ProjectSpec } from '../resource/spec.ts'
import type { Obstacle, PlannedAction, Verb } from './action.ts'
import { blockedBy, plannedAction } from './action.ts'
import type { FieldChange } from './changes.ts'

/** What the planner knows of one session besides the look itself. */
export interface SessionPlanInput {
  readonly view: SessionView
  readonly project: ProjectSpec | undefined
  /** How its accepted spec differs from the one before; empty outside an apply. */
  readonly changes: readonly FieldChange[]
  readonly unchangedFields: number
  readonly refused: readonly FieldChange[]
  /** No status of it is known: what is found running is adopted. */
  readonly known: boolean
  /** Dependencies that are not Done yet. */
  readonly waitsFor: readonly ResourceKey[]
  /** Those of them whose pull request was closed unmerged: waiting alone does not help. */
  readonly closed: readonly ResourceKey[]
  readonly hasCapacity: boolean
  /** Whether an agent that ended may be started again in this pass. */
  readonly mayRestart: boolean
  /** Why it is to go; undefined when it is to stay. */
  readonly removal: 'prune' | 'delete' | undefined
  /** Reactions (such as cleaning up after a merge) run in this pass. */
  readonly reacting: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** An action about this session with everything not said left empty. */
export function sessionAction(
  input: SessionPlanInput,
  action: Verb,
  about: Pick<PlannedAction, 'code' | 'reason'> & Partial<PlannedAction>,
): PlannedAction {
  const { kind, name, origin } = input.view.object
  const { changes, unchangedFields } = input
  return plannedAction({ action, kind, name, position: origin, changes, unchangedFields, ...about })
}

/** An action that something stands in the way of; making the session, or making it run again, if nothing else is said. */
export function blocked(
  input: SessionPlanInput,
  obstacle: Omit<Obstacle, 'verb'> & { readonly verb?: Verb },
): PlannedAction {
  const verb = input.view.record.launches.length === 0 ? 'create' : 'restart'
  const { action, ...about } = blockedBy({ verb, ...obstacle })
  return sessionAction(input, action, about)
}
