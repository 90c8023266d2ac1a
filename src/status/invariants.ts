import type { Condition } from '../resource/conditions.ts'
import { findCondition } from '../resource/conditions.ts'

/**
 * What is wrong with an object's conditions by the rules of kstatus and Flux's condition checker; empty when nothing is. Every test that
 * reconciles calls it.
 */
export function checkConditions(
  conditions: readonly Condition[],
  generation: number,
  observedGeneration: number,
): readonly string[] {
  const types = conditions.map(condition => condition.type)
  const ready = findCondition(conditions, 'Ready')
  return [
    ...(ready === undefined ? ['Ready is missing'] : []),
    ...onlyWhileTrue(conditions),
    ...agreement(conditions),
    ...(observedGeneration > generation
      ? [`observedGeneration ${observedGeneration} is ahead of generation ${generation}`]
      : []),
    ...(ready?.status === 'True' && ready.observedGeneration !== generation
      ? [`Ready is True for generation ${ready.observedGeneration}, not ${generation}`]
      : []),
    ...(new Set(types).size === types.length ? [] : ['a condition type stands twice']),
  ]
}

function onlyWhileTrue(conditions: readonly Condition[]): readonly string[] {
  return (['Reconciling', 'Stalled', 'Suspended', 'ChangeRefused', 'IssueClosed'] as const).flatMap(
    type => {
      const status = findCondition(conditions, type)?.status ?? 'True'
      return status === 'True' ? [] : [`${type} is ${status}; it is there only while True`]
    },
  )
}

/** `Ready` is False, for the same reason, while `Reconciling` or `Stalled` stands; those two never stand together. */
function agreement(conditions: readonly Condition[]): readonly string[] {
  const ready = findCondition(conditions, 'Ready')
  const reconciling = findCondition(conditions, 'Reconciling')
  const stalled = findCondition(conditions, 'Stalled')
  const negative = reconciling ?? stalled
  if (negative === undefined) return []
  const { type, reason } = negative
  return [
    ...(reconciling === undefined || stalled === undefined
      ? []
      : ['Reconciling and Stalled at once']),
    ...(ready?.status === 'False'
      ? []
      : [`Ready is ${ready?.status ?? 'missing'} while ${type} is True`]),
    ...(ready?.reason === reason
      ? []
      : [`Ready says ${ready?.reason ?? 'nothing'}, ${type} says ${reason}`]),
  ]
}
