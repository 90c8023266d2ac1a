import type { Plan, PlannedAction, PlannedBase } from '../../plan/action.ts'
import { VERBS, isDifference } from '../../plan/action.ts'
import { API_VERSION } from '../../resource/key.ts'
import { ageOf } from './age.ts'
import type { Look, Palette } from './look.ts'
import { paletteOf } from './look.ts'
import { renderActions } from './plan-action.ts'
import { renderDrift, renderUnchanged, renderUnseen } from './plan-section.ts'
import { clean, wrapParts } from './text.ts'
import { wordsOf } from './verb.ts'

export interface PlanOptions extends Look {
  /** What the plan was made from, such as `3 files, 6 objects · main@41ce09a`. */
  readonly source?: string | undefined
  /** The command that carries out this plan; printed only when there is something to do. */
  readonly next?: string | undefined
  /** Whether the plan is only shown (default) or about to be carried out. */
  readonly purpose?: 'show' | 'apply'
}

/**
 * The plan for people: outside changes, then the actions in the order in which they will be carried out, what could
 * not be looked at, what stays as it is, and one line that sums up.
 */
export function renderPlan(plan: Plan, options: PlanOptions): string {
  const paint = paletteOf(options.color)
  if (!hasSomethingToSay(plan)) {
    return finished([...renderDrift(plan.drift, options), ...nothingToDo(plan, options)])
  }
  const shown = plan.actions.filter(action => action.action !== 'unchanged')
  const lines = [
    ...heading(plan, options, paint),
    ...renderDrift(plan.drift, options),
    ...(shown.length > 0 ? [paint.strong('Plan, in order'), ''] : []),
    ...renderActions(shown, plan.unknown, options),
    ...renderUnseen(plan, options),
    ...renderUnchanged(plan.actions, options),
    ...wrapParts(summaryParts(plan), options.width).map(paint.strong),
    ...closing(plan, options),
  ]
  return finished(lines)
}

/** `1 create`, `1 prune (blocked)`, `2 unchanged`: in the words of the rows. */
function summaryParts(plan: Plan): readonly string[] {
  const counts = new Map<string, number>()
  for (const verb of VERBS) {
    for (const action of plan.actions.filter(candidate => candidate.action === verb)) {
      const words = wordsOf(action)
      counts.set(words, (counts.get(words) ?? 0) + 1)
    }
  }
  return [...counts].map(([words, count]) => `${count} ${words}`)
}

/** A thing we could not look at is never an empty plan, even when no action stands for it. */
function hasSomethingToSay(plan: Plan): boolean {
  return plan.actions.some(isDifference) || plan.unknown.length > 0
}

function heading(plan: Plan, options: PlanOptions, paint: Palette): readonly string[] {
  const first = [API_VERSION, ...(options.source === undefined ? [] : [clean(options.source)])]
  const looked = [`observed ${ageOf(plan.observedAt, options.now)} ago`, ...bases(plan, options)]
  return [...wrapParts(first, options.width), ...wrapParts(looked, options.width)]
    .map(line => paint.faint(line))
    .concat('')
}

function nothingToDo(plan: Plan, options: PlanOptions): readonly string[] {
  const waiting = plan.actions.filter(action => action.action === 'wait')
  const looked = [`observed ${ageOf(plan.observedAt, options.now)} ago`, ...bases(plan, options)]
  const paint = paletteOf(options.color)
  return [
    ...renderActions(waiting, [], options),
    paint.good(
      `Nothing to do: ${settledWords(plan.actions.length - waiting.length, waiting.length)}.`,
    ),
    ...wrapParts(looked, options.width).map(paint.faint),
  ]
}

function settledWords(settled: number, waiting: number): string {
  const settledPart =
    settled === 1 ? '1 object is as declared' : `${settled} objects are as declared`
  const parts = [
    ...(settled > 0 ? [settledPart] : []),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
  ]
  return parts.length === 0 ? 'nothing is declared' : parts.join(', ')
}

function bases(plan: Plan, { now }: Look): readonly string[] {
  const several = plan.bases.length > 1
  return plan.bases.map(base => {
    const name = several ? `base of ${clean(base.project)}` : 'base'
    return `${name} ${clean(base.ref)}@${base.sha.slice(0, 7)}${freshness(base, now)}`
  })
}

function freshness(base: PlannedBase, now: Date): string {
  if (base.fetchedAt !== undefined) return ` fetched ${ageOf(base.fetchedAt, now)} ago`
  return base.ref.startsWith('origin/') ? ' never fetched' : ''
}

function closing(plan: Plan, { next, purpose }: PlanOptions): readonly string[] {
  if (purpose === 'apply') return []
  if (next === undefined || !plan.actions.some(isDoable)) return ['Nothing was changed.']
  return [`Nothing was changed. Carry out this plan:  ${clean(next)}`]
}

function isDoable(action: PlannedAction): boolean {
  return isDifference(action) && action.action !== 'blocked' && action.action !== 'unknown'
}

function finished(lines: readonly string[]): string {
  return `${lines.map(line => line.trimEnd()).join('\n')}\n`
}
