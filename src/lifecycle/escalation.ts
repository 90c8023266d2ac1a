import { durationMs } from '../resource/duration.ts'
import type { Budget } from '../resource/record.ts'
import type { FeedbackPolicy } from '../resource/spec.ts'
import type { DueCall, DueReactions, ReactionInput } from './reaction.ts'
import { NOTHING, dueAt, dueNow } from './reaction.ts'

/** How long whoever was told has before the next one is called, where `escalateAfter` is a count. */
const PAUSE = '30m'

/** Why a person was called: nobody else is told, rounds without end, the agent is told no more, or nothing changed for too long. */
export type CallReason = 'auto-off' | 'rounds' | 'used-up' | 'time'

export interface Escalation {
  readonly base: Omit<DueCall, 'action' | 'why' | 'budget'>
  readonly budget: Budget
  readonly why: string
  readonly reason: CallReason
}

/** How often the agent may be told. */
export function limitOf({ retries, escalateAfter }: FeedbackPolicy): number {
  return typeof escalateAfter === 'number' ? Math.min(retries, escalateAfter) : retries
}

export function freshBudget(now: number): Budget {
  return { used: 0, firstSeenAt: new Date(now).toISOString() }
}

export function calledPerson(
  budget: Budget,
  now: number,
  call: { readonly priority: string; readonly reason: CallReason },
): Budget {
  const escalatedAt = budget.escalatedAt ?? new Date(now).toISOString()
  return { ...budget, escalatedAt, calledFor: callKey(call) }
}

/** Whether a further call would say nothing else than the last one. */
export function wasCalled(
  { calledFor }: Budget,
  call: { readonly priority: string; readonly reason: CallReason },
): boolean {
  return calledFor === callKey(call)
}

/** One step up: the orchestrator where there is one that was not told yet, else a person. */
export function climb(
  { company, now }: ReactionInput,
  { base, budget, why, reason }: Escalation,
): DueCall {
  if (company.orchestrator && budget.orchestratorAt === undefined) {
    const orchestratorAt = new Date(now).toISOString()
    return { ...base, action: 'tellOrchestrator', why, budget: { ...budget, orchestratorAt } }
  }
  const called = calledPerson(budget, now, { priority: base.priority, reason })
  return { ...base, action: 'notify', why, budget: called }
}

/** The budget after the agent was told once more; what it may have missed before does not matter any longer. */
export function spentOnce(budget: Budget): Budget {
  const { unheardSince: _over, ...rest } = budget
  return { ...rest, used: budget.used + 1 }
}

/** What was answered and still stands: time alone may call somebody. By a count it does where the agent may not have got its message. */
export function escalateLater(
  input: ReactionInput,
  { escalateAfter }: FeedbackPolicy,
  { base, budget, why }: Omit<Escalation, 'reason'>,
): DueReactions {
  if (budget.escalatedAt !== undefined) return NOTHING
  const span = typeof escalateAfter === 'string' ? escalateAfter : PAUSE
  const since = typeof escalateAfter === 'string' ? budget.firstSeenAt : budget.unheardSince
  const from = budget.orchestratorAt ?? since
  if (from === undefined) return NOTHING
  const at = Date.parse(from) + durationMs(span)
  if (at > input.now) return dueAt(at)
  const whom = budget.orchestratorAt === undefined ? '' : ' with the orchestrator'
  const missed =
    budget.unheardSince === undefined ? '' : '; the agent may not have got what it was told'
  const stands = `${why} and still stands after ${span}${whom}${missed}`
  return dueNow(climb(input, { base, budget, why: stands, reason: 'time' }))
}

function callKey({
  priority,
  reason,
}: {
  readonly priority: string
  readonly reason: CallReason
}): string {
  return `${priority} ${reason}`
}
