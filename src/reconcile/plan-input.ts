import type { PlanInput } from '../plan/plan.ts'
import { keyOf } from '../resource/key.ts'
import type { Desired } from '../resource/spec.ts'
import type { State } from './state.ts'
import { doneWorkers } from './state.ts'
import type { World } from './world.ts'

/** What a plan is made from where nobody declares anything anew: what is desired, as it was seen. */
export function planInputOf(
  state: State,
  { views, bases }: Pick<World, 'views' | 'bases'>,
  objects: readonly Desired[],
  now: Date,
): Omit<PlanInput, 'reacting'> {
  const keys = objects.map(({ kind, name }) => keyOf(kind, name))
  return {
    objects,
    admitted: new Map(),
    conflicts: [],
    pruned: new Set(),
    pruneHeld: undefined,
    views,
    // Accepting an object makes a status that no look has filled yet.
    known: new Set(keys.filter(key => (state.status(key)?.observedGeneration ?? 0) > 0)),
    done: doneWorkers(state),
    bases,
    now,
  }
}
