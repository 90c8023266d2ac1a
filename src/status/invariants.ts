import type { Condition, ConditionType } from '../resource/conditions.ts'
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
  const problems: string[] = []
  const ready = findCondition(conditions, 'Ready')
  if (ready === undefined) problems.push('Ready is missing')
  const present = (type: ConditionType): Condition | undefined => findCondition(conditions, type)
  for (const type of ['Reconciling', 'Stalled', 'Suspended'] as const) {
    const condition = present(type)
    if (condition !== undefined && condition.status !== 'True') {
      problems.push(`${type} is ${condition.status}; it is there only while True`)
    }
  }
  const negative = present('Reconciling') ?? present('Stalled')
  if (present('Reconciling') !== undefined && present('Stalled') !== undefined) {
    problems.push('Reconciling and Stalled at once')
  }
  if (negative !== undefined && ready?.status !== 'False') {
    problems.push(`Ready is ${ready?.status ?? 'missing'} while ${negative.type} is True`)
  }
  if (negative !== undefined && ready?.reason !== negative.reason) {
    problems.push(
      `Ready says ${ready?.reason ?? 'nothing'}, ${negative.type} says ${negative.reason}`,
    )
  }
  if (observedGeneration > generation) {
    problems.push(`observedGeneration ${observedGeneration} is ahead of generation ${generation}`)
  }
  if (ready?.status === 'True' && ready.observedGeneration !== generation) {
    problems.push(`Ready is True for generation ${ready.observedGeneration}, not ${generation}`)
  }
  const types = conditions.map(condition => condition.type)
  if (new Set(types).size !== types.length) problems.push('a condition type stands twice')
  return problems
}
