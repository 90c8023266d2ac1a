import type { DueCall, DueReactions, ReactionInput } from './reaction.ts'
import { NOTHING, after, dueAt, dueNow, hold, policyOf } from './reaction.ts'
import { climb, escalateLater, freshBudget, limitOf, spentOnce } from './escalation.ts'
import type { PullRequestFact } from './facts.ts'
import { wanted, wasStopped } from './facts.ts'
import { idleText, peopleText } from './feedback.ts'
import { openWords } from './merge-judgement.ts'
import { neverSpoke, tellAfter } from './reaction-tell.ts'
import { decideRestart } from './restart.ts'

/** The process ended before the work was done. */
export function agentExited(input: ReactionInput): DueReactions {
  const { object, record, facts, now } = input
  const { state } = facts.process
  if (wanted(object) !== 'running' || (state !== 'exited' && state !== 'absent')) return NOTHING
  if (record.launches.length === 0 || wasStopped(record)) return NOTHING
  const decision = decideRestart(object, record, facts, now)
  const base = { ...policyOf(input, 'agent-exited'), cause: 'agent-exited' }
  if (decision.type === 'wait') return dueAt(decision.dueAt)
  const signature = `${record.attempt}:${decision.type}`
  if (decision.type === 'restart') {
    return dueNow({ ...base, signature, action: 'restart', why: decision.why })
  }
  if (record.handled['agent-exited'] === signature) return NOTHING
  const text = peopleText(object, object.spec.reactions['agent-exited'], { why: decision.why })
  return dueNow({ ...base, ...text, signature, action: 'notify', why: decision.why })
}

/** The agent was to be started again, and only a person can lift what is in the way: told once for each attempt and obstacle. Undefined when it was told. */
export function restartPrevented(
  input: ReactionInput,
  { cause, why: ended }: Pick<DueCall, 'cause' | 'why'>,
  obstacle: { readonly code: string; readonly message: string },
): DueCall | undefined {
  const { object, record } = input
  const signature = `${record.attempt}:prevented:${obstacle.code}`
  if (record.handled[cause] === signature) return undefined
  const why = `${ended}; but it can't be started: ${obstacle.message}`
  const next = `ao describe ${object.kind}/${object.name}`
  return { ...policyOf(input, 'agent-exited'), cause, signature, action: 'notify', why, next }
}

/** It works, as it said itself, and has given no sign of life since. */
export function agentStuck(input: ReactionInput): DueReactions {
  const at = stuckSince(input)
  const { threshold } = input.object.spec.reactions['agent-stuck']
  const why = `no sign of life for ${threshold} while ${input.facts.activity}`
  return tellAfter(input, 'agent-stuck', at, why)
}

/** Whether an agent counts as stuck now, told or not. */
export function isStuck(
  input: Pick<ReactionInput, 'object' | 'record' | 'facts' | 'now'>,
): boolean {
  const at = stuckSince(input)
  return at !== undefined && at <= input.now
}

/** When a living agent counts (or will count) as stuck; undefined for one that rests, or that never says anything. */
function stuckSince(input: Pick<ReactionInput, 'object' | 'record' | 'facts'>): number | undefined {
  const { facts, object } = input
  if (facts.process.state !== 'alive' || facts.lastSignAt === undefined) return undefined
  if (facts.activity !== 'working' && facts.activity !== 'unknown') return undefined
  if (neverSpoke(input) !== undefined) return undefined
  return after(facts.lastSignAt, object.spec.reactions['agent-stuck'].threshold)
}

/** It asks, and nobody answers. */
export function agentNeedsInput(input: ReactionInput): DueReactions {
  const { activity, lastSignAt, process } = input.facts
  if (process.state !== 'alive' || lastSignAt === undefined) return NOTHING
  if (activity !== 'needs-input' && activity !== 'needs-permission') return NOTHING
  const { threshold } = input.object.spec.reactions['agent-needs-input']
  const what = activity === 'needs-input' ? 'an answer' : 'a permission'
  return tellAfter(input, 'agent-needs-input', after(lastSignAt, threshold), `it waits for ${what}`)
}

/** It rests although the next move is its own: it is asked to go on, then somebody else is told. */
export function agentIdle(input: ReactionInput): DueReactions {
  const { object, record, now } = input
  const rest = restOf(input)
  if (rest === undefined) return NOTHING
  const policy = object.spec.reactions['agent-idle']
  const cause = 'agent-idle'
  const at = after(rest.since, policy.threshold)
  if (at > now) return dueAt(at)
  const signature = `${record.attempt}:${rest.since}`
  const why = `idle for ${policy.threshold}; ${rest.about}`
  const budget = record.budgets[cause] ?? freshBudget(now)
  const base = { ...policyOf(input, cause), cause, signature }
  if (record.handled[cause] === signature) {
    return escalateLater(input, policy, { base, budget, why })
  }
  if (rest.personTyping) return hold({ reaction: cause, cause, why: 'a person is typing' })
  if (policy.auto && budget.used < limitOf(policy)) {
    const text = idleText(object, policy, { why, pullRequest: rest.pullRequest })
    // Whoever worked in between has the time anew.
    const firstSeenAt = new Date(now).toISOString()
    const spent = { ...spentOnce(budget), firstSeenAt }
    return dueNow({ ...base, action: 'sendToAgent', why, text, budget: spent })
  }
  return budget.escalatedAt === undefined
    ? dueNow(climb(input, { base, budget, why, reason: 'used-up' }))
    : NOTHING
}

interface Rest {
  /** Milliseconds since the epoch. */
  readonly since: number
  readonly about: string
  readonly pullRequest: PullRequestFact | undefined
  readonly personTyping: boolean
}

/** That a worker rests while nobody else has the next move. */
function restOf({ object, record, facts }: ReactionInput): Rest | undefined {
  const { process, activity, lastSignAt, review } = facts
  if (object.kind !== 'Worker' || record.reported !== undefined) return undefined
  if (process.state !== 'alive' || activity !== 'idle' || lastSignAt === undefined) return undefined
  const rest = { since: lastSignAt, personTyping: process.personTyping }
  if (review.state === 'none') {
    return { ...rest, about: 'no pull request is open', pullRequest: undefined }
  }
  if (review.state !== 'found' || !isItsMove(review.pullRequest)) return undefined
  return { ...rest, about: 'its pull request waits for it', pullRequest: review.pullRequest }
}

/** Whether its pull request waits for the agent rather than for checks or people. */
export function isItsMove(pullRequest: PullRequestFact): boolean {
  const { state, checks, review, answered, mergeable, threads } = pullRequest
  if (state === 'draft') return true
  if (state !== 'open') return false
  return (
    checks === 'failing' ||
    (review === 'changes-requested' && !answered) ||
    mergeable === 'conflicting' ||
    threads.length > 0 ||
    openWords(pullRequest) !== undefined
  )
}
