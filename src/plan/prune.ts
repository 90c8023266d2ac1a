import type { Desired } from '../resource/spec.ts'
import type { Obstacle } from './action.ts'

/** Why nothing may be pruned now, whoever asks for it. */
export interface PruneHold {
  readonly guard: string
  readonly message: string
  readonly unblock: string
}

/** Whether its own manifest said that it is to stay when nobody declares it any more. */
export function isNeverPruned({ annotations }: Desired): boolean {
  return annotations['ao.dev/prune'] === 'never'
}

/** What keeps an object that its source no longer declares: its own annotation, or that nothing may be pruned now. */
export function keptFromPrune(object: Desired, held: PruneHold | undefined): Obstacle | undefined {
  if (isNeverPruned(object)) {
    return {
      code: 'PruneAnnotation',
      reason: 'no longer declared; annotation ao.dev/prune: never keeps it',
      unblock: `ao delete ${object.kind}/${object.name} --force`,
      verb: 'prune',
    }
  }
  if (held === undefined) return undefined
  const reason = `no longer declared; ${held.message}`
  return { code: held.guard, reason, unblock: held.unblock, verb: 'prune' }
}
