import type { SessionView } from '../lifecycle/facts.ts'
import type { PlannedAction } from '../plan/action.ts'
import type { ResourceKey } from '../resource/key.ts'

/** When everything died at once, at most so many are started again side by side: the machine has to live through it. */
export const MOST_RESTARTS = 8

/** Starts of agents that were started before, which run now; the rest is planned again as soon as one of them has ended. */
export class Restarts {
  readonly #running = new Set<ResourceKey>()

  mayBegin(action: PlannedAction): boolean {
    return !isRestart(action) || this.#running.size < MOST_RESTARTS
  }

  began(action: PlannedAction): void {
    if (isRestart(action)) this.#running.add(action.key)
  }

  ended(key: ResourceKey): void {
    this.#running.delete(key)
  }
}

/** What a plan restarts, by the attempt that is followed. */
export function restartsIn(
  actions: readonly PlannedAction[],
  views: ReadonlyMap<ResourceKey, SessionView>,
): ReadonlyMap<ResourceKey, number> {
  return new Map(
    actions.flatMap(({ action, key }) => {
      const view = views.get(key)
      return action === 'restart' && view !== undefined ? [[key, view.record.attempt]] : []
    }),
  )
}

function isRestart({ steps }: PlannedAction): boolean {
  return steps.some(step => step.step === 'session.start' && step.attempt > 1)
}
