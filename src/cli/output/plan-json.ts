import type { Plan, PlannedAction } from '../../plan/action.ts'
import { API_VERSION } from '../../resource/key.ts'
import type { Position } from '../../resource/spec.ts'

/** The plan for programs: every change with its position spread out as `file`, `line` and `col`. */
export function planToJson(plan: Plan): Readonly<Record<string, unknown>> {
  return {
    apiVersion: API_VERSION,
    kind: 'Plan',
    observedAt: plan.observedAt,
    bases: plan.bases,
    actions: plan.actions.map(actionToJson),
    drift: plan.drift,
    unknown: plan.unknown,
    summary: plan.summary,
  }
}

/** One action for programs. */
export function actionToJson({ position, changes, details, ...action }: PlannedAction): object {
  const { action: verb, kind, name, reason, ...rest } = action
  return {
    action: verb,
    kind,
    name,
    reason,
    ...rest,
    ...spread(position),
    changes: changes.map(({ position: place, ...change }) => ({ ...change, ...spread(place) })),
    details: details.map(([label, text]) => ({ label, text })),
  }
}

function spread(position: Position | undefined): Partial<Position> {
  return position === undefined
    ? {}
    : { file: position.file, line: position.line, col: position.col }
}
