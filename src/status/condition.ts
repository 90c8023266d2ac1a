import type { ErrorCode } from '../errors.ts'
import type {
  ConditionStatus,
  ConditionType,
  Reason,
  WantedCondition,
} from '../resource/conditions.ts'
import type { SessionView } from '../lifecycle/facts.ts'
import type { PlannedAction } from '../plan/action.ts'

/** The last step of a session that failed, as long as it matters. */
export interface Failure {
  readonly code: ErrorCode
  readonly message: string
  readonly retryable: boolean
  readonly count: number
}

export interface SessionConditionsInput {
  readonly view: SessionView
  readonly action: PlannedAction
  readonly failure: Failure | undefined
  readonly mergeFailure?: string | undefined
  /** The agent says what it does. */
  readonly agentReports: boolean
  readonly stuck: boolean
}

/** A condition before it is known which generation it is about. */
export type Part = Omit<WantedCondition, 'observedGeneration'>

export function condition(
  type: ConditionType,
  status: ConditionStatus,
  reason: Reason,
  message: string,
): Part {
  return { type, status, reason, message }
}

/** Not ready, and somebody is at it. */
export function reconciling(reason: Reason, message: string): readonly Part[] {
  return [
    condition('Ready', 'False', reason, message),
    condition('Reconciling', 'True', reason, message),
  ]
}

/** Not ready, and only a person gets it any further. */
export function stalled(reason: Reason, message: string): readonly Part[] {
  return [
    condition('Ready', 'False', reason, message),
    condition('Stalled', 'True', reason, message),
  ]
}
