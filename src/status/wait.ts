import type { Condition } from '../resource/conditions.ts'
import { findCondition } from '../resource/conditions.ts'

/** How an object stands, as kstatus judges it, in the words that `--wait` ends on. */
export type Standing = 'Ready' | 'Waiting' | 'Stalled' | 'InProgress'

/** Judges by conditions only; in this order, as kstatus does. */
export function standingOf(
  conditions: readonly Condition[],
  generation: number,
  observedGeneration: number,
): Standing {
  if (observedGeneration !== generation) return 'InProgress'
  const ready = findCondition(conditions, 'Ready')
  if (findCondition(conditions, 'Reconciling')?.status === 'True') return 'InProgress'
  if (findCondition(conditions, 'Stalled')?.status === 'True') return 'Stalled'
  if (ready?.status === 'True') return 'Ready'
  return ready?.reason === 'Waiting' ? 'Waiting' : 'InProgress'
}

/** Whether an object is held up by what is missing where it was looked at: a variable, a program, a runtime. */
export function lacksEnvironment(conditions: readonly Condition[]): boolean {
  const reason = findCondition(conditions, 'Ready')?.reason
  return reason === 'EnvironmentMissing' || reason === 'RuntimeUnknown'
}
