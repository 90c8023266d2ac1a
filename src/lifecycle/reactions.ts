import { durationMs } from '../resource/duration.ts'
import type { NotificationPriority } from '../resource/notification.ts'
import type { Budget, SessionRecord } from '../resource/record.ts'
import type { DesiredSession, FeedbackPolicy, ReactionName } from '../resource/spec.ts'
import type { PullRequestFact, SessionFacts } from './facts.ts'
import { isDone, wanted, wasStopped } from './facts.ts'
import { feedbackText } from './feedback.ts'
import { decideRestart } from './restart.ts'

/** How long checks must stay green, or a review without requests, before a used budget is given back. */
export const SUSTAINED_GREEN_MS = 60_000

/** Something to be done about a cause, decided but not yet carried out. */
export interface DueReaction {
  readonly reaction: ReactionName
  /** What it is about, such as `ci-failed#3`; budgets and answered signatures are kept by it. */
  readonly cause: string
  /** Which occurrence; the same one is answered once. */
  readonly signature: string
  readonly action: 'sendToAgent' | 'notify' | 'merge' | 'restart'
  /** For people and the decision log. */
  readonly why: string
  /** The message to the agent (`sendToAgent`). */
  readonly text?: string
  readonly priority: NotificationPriority
  /** The budget after this reaction. */
  readonly budget?: Budget
  /** The pull request to merge and the head it is pinned to. */
  readonly merge?: { readonly number: number; readonly headSha: string }
}

/** What a look makes due now, and when time alone will make something due. */
export interface DueReactions {
  readonly due: readonly DueReaction[]
  /** Milliseconds since the epoch. */
  readonly nextAt: number | undefined
}

export interface ReactionInput {
  readonly object: DesiredSession
  readonly record: SessionRecord
  readonly facts: SessionFacts
  /** Since when facts have been seen; see `SessionStatus.since`. */
  readonly since: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  readonly now: number
}

type ReactionRow = (input: ReactionInput) => DueReactions

const NOTHING: DueReactions = { due: [], nextAt: undefined }

/** One row a reaction: another reaction is another row, and an action in the chart. */
const TABLE: Readonly<Record<ReactionName, ReactionRow>> = {
  'ci-failed': ciFailed,
  'changes-requested': changesRequested,
  'approved-and-green': approvedAndGreen,
  'agent-exited': agentExited,
  'agent-stuck': agentStuck,
}

/** Everything that is due for a session by level: what was answered already is not due again. */
export function dueReactions(input: ReactionInput): DueReactions {
  if (isDone(input.record) || wanted(input.object) === 'deleted') return NOTHING
  const rows = Object.values(TABLE).map(row => row(input))
  const times = rows.flatMap(row => (row.nextAt === undefined ? [] : [row.nextAt]))
  return {
    due: rows.flatMap(row => row.due),
    nextAt: times.length === 0 ? undefined : Math.min(...times),
  }
}

/** Whether a pull request may be merged now: approved as asked, green, and not in conflict. */
export function isMergeable(input: ReactionInput, pullRequest: PullRequestFact): boolean {
  const policy = input.object.spec.reactions['approved-and-green']
  if (pullRequest.state !== 'open' || pullRequest.mergeable === 'conflicting') return false
  if (policy.require === 'approval' && !pullRequest.approved) return false
  if (pullRequest.review === 'changes-requested') return false
  return isGreen(input, pullRequest)
}

function ciFailed(input: ReactionInput): DueReactions {
  const pullRequest = openPullRequest(input)
  if (pullRequest === undefined || pullRequest.checks !== 'failing') return NOTHING
  const names = pullRequest.failed.map(check => check.name).sort()
  return feedback(input, {
    reaction: 'ci-failed',
    policy: input.object.spec.reactions['ci-failed'],
    pullRequest,
    signature: `${pullRequest.headSha}:${names.join(',')}`,
    why: `check ${names.join(', ')} failed on ${pullRequest.headSha.slice(0, 7)}`,
  })
}

function changesRequested(input: ReactionInput): DueReactions {
  const pullRequest = openPullRequest(input)
  if (pullRequest === undefined || pullRequest.review !== 'changes-requested') return NOTHING
  const ids = pullRequest.requests.map(request => request.id).sort()
  if (ids.length === 0) return NOTHING
  // When one of several reviewers is satisfied, the others' words were said already.
  const told = input.record.handled[`changes-requested#${pullRequest.number}`]
  const isNew = ids.some(id => told?.split(',').includes(id) !== true)
  const authors = [...new Set(pullRequest.requests.map(request => request.author))].sort()
  return feedback(input, {
    reaction: 'changes-requested',
    policy: input.object.spec.reactions['changes-requested'],
    pullRequest,
    signature: isNew ? ids.join(',') : (told ?? ''),
    why: `${authors.join(', ')} asked for changes`,
  })
}

interface Feedback {
  readonly reaction: 'ci-failed' | 'changes-requested'
  readonly policy: FeedbackPolicy
  readonly pullRequest: PullRequestFact
  readonly signature: string
  readonly why: string
}

/** The agent is told until its budget is used up, then a person is; a person is also called when it takes too long. */
function feedback(input: ReactionInput, about: Feedback): DueReactions {
  const { policy, pullRequest, reaction, signature } = about
  const cause = `${reaction}#${pullRequest.number}`
  const budget: Budget = input.record.budgets[cause] ?? {
    used: 0,
    firstSeenAt: new Date(input.now).toISOString(),
  }
  const base = { reaction, cause, signature, priority: policy.priority }
  const answered = input.record.handled[cause] === signature
  const limit =
    typeof policy.escalateAfter === 'number'
      ? Math.min(policy.retries, policy.escalateAfter)
      : policy.retries
  if (!answered && policy.auto && budget.used < limit) {
    const why = `${about.why}; telling the agent (${budget.used + 1} of ${limit})`
    const text = feedbackText(reaction, policy.message, pullRequest)
    return {
      due: [
        { ...base, action: 'sendToAgent', why, text, budget: spent(reaction, budget, input.now) },
      ],
      nextAt: undefined,
    }
  }
  if (!answered) {
    const why = policy.auto
      ? `${about.why}; the agent was told ${budget.used} times`
      : `${about.why}; ${reaction}.auto is false`
    return {
      due: [{ ...base, action: 'notify', why, budget: escalated(budget, input.now) }],
      nextAt: undefined,
    }
  }
  if (typeof policy.escalateAfter !== 'string' || budget.escalatedAt !== undefined) return NOTHING
  const dueAt = Date.parse(budget.firstSeenAt) + durationMs(policy.escalateAfter)
  if (dueAt > input.now) return { due: [], nextAt: dueAt }
  const why = `${about.why} and still stands after ${policy.escalateAfter}`
  return {
    due: [{ ...base, action: 'notify', why, budget: escalated(budget, input.now) }],
    nextAt: undefined,
  }
}

/** A further review is a new task with its own time; a check that fails again after a fix is still the old one. */
function spent(reaction: Feedback['reaction'], budget: Budget, now: number): Budget {
  const used = budget.used + 1
  return reaction === 'ci-failed'
    ? { ...budget, used }
    : { used, firstSeenAt: new Date(now).toISOString() }
}

function escalated(budget: Budget, now: number): Budget {
  return { ...budget, escalatedAt: budget.escalatedAt ?? new Date(now).toISOString() }
}

function approvedAndGreen(input: ReactionInput): DueReactions {
  const pullRequest = openPullRequest(input)
  if (pullRequest === undefined) return NOTHING
  const cause = `approved-and-green#${pullRequest.number}`
  if (!isMergeable(input, pullRequest)) {
    return { due: [], nextAt: settlesAt(input, pullRequest) }
  }
  const signature = pullRequest.headSha
  if (input.record.handled[cause] === signature) return NOTHING
  const policy = input.object.spec.reactions['approved-and-green']
  const base = {
    reaction: 'approved-and-green',
    cause,
    signature,
    priority: policy.priority,
  } as const
  const ready = `pull request #${pullRequest.number} is approved and green`
  if (pullRequest.touchesManifests.length > 0) {
    const why = `${ready}, but changes ${pullRequest.touchesManifests.join(', ')}: a person merges what changes the manifests`
    return { due: [{ ...base, action: 'notify', why }], nextAt: undefined }
  }
  if (!policy.auto) {
    return {
      due: [{ ...base, action: 'notify', why: `${ready}; approved-and-green.auto is false` }],
      nextAt: undefined,
    }
  }
  const merge = { number: pullRequest.number, headSha: pullRequest.headSha }
  return { due: [{ ...base, action: 'merge', why: ready, merge }], nextAt: undefined }
}

/** A head with checks is green when they pass; one without only after it has stood for `settle` and if none is required. */
function isGreen(input: ReactionInput, pullRequest: PullRequestFact): boolean {
  if (pullRequest.checks === 'passing') return true
  if (pullRequest.checks !== 'none' || pullRequest.requiredChecks > 0) return false
  const settled = settlesAt(input, pullRequest)
  return settled === undefined
}

/** When a head without checks will have stood long enough; undefined when it has, or when that is not what it waits for. */
function settlesAt(input: ReactionInput, pullRequest: PullRequestFact): number | undefined {
  if (pullRequest.checks !== 'none' || pullRequest.requiredChecks > 0) return undefined
  const since = input.since[`head:${pullRequest.headSha}`]
  const settle = durationMs(input.object.spec.reactions['approved-and-green'].settle)
  const dueAt = (since === undefined ? input.now : Date.parse(since)) + settle
  return dueAt > input.now ? dueAt : undefined
}

function agentExited(input: ReactionInput): DueReactions {
  const { object, record, facts, now } = input
  const { state } = facts.process
  if (wanted(object) !== 'running' || (state !== 'exited' && state !== 'absent')) return NOTHING
  if (record.launches.length === 0 || wasStopped(record)) return NOTHING
  const decision = decideRestart(object, record, facts, now)
  const priority = object.spec.reactions['agent-exited'].priority
  const base = { reaction: 'agent-exited', cause: 'agent-exited', priority } as const
  if (decision.type === 'wait') return { due: [], nextAt: decision.dueAt }
  const signature = `${record.attempt}:${decision.type}`
  if (decision.type === 'restart') {
    return {
      due: [{ ...base, signature, action: 'restart', why: decision.why }],
      nextAt: undefined,
    }
  }
  if (record.handled['agent-exited'] === signature) return NOTHING
  return { due: [{ ...base, signature, action: 'notify', why: decision.why }], nextAt: undefined }
}

function agentStuck(input: ReactionInput): DueReactions {
  const { object, record, facts, now } = input
  const stuckAt = stuckSince(input)
  if (stuckAt === undefined) return NOTHING
  if (stuckAt > now) return { due: [], nextAt: stuckAt }
  const policy = object.spec.reactions['agent-stuck']
  const signature = `${record.attempt}:${facts.lastSignAt ?? 0}`
  if (!policy.auto || record.handled['agent-stuck'] === signature) return NOTHING
  const why = `no sign of life for ${policy.threshold} while ${facts.activity}`
  const base = { reaction: 'agent-stuck', cause: 'agent-stuck', signature } as const
  return { due: [{ ...base, action: 'notify', why, priority: policy.priority }], nextAt: undefined }
}

/** When a living agent counts (or will count) as stuck; undefined for one that rests, or that never says anything. */
export function stuckSince(input: ReactionInput): number | undefined {
  const { facts, object } = input
  if (facts.process.state !== 'alive' || facts.lastSignAt === undefined) return undefined
  if (facts.activity !== 'working' && facts.activity !== 'unknown') return undefined
  return facts.lastSignAt + durationMs(object.spec.reactions['agent-stuck'].threshold)
}

function openPullRequest(input: ReactionInput): PullRequestFact | undefined {
  const { review } = input.facts
  if (review.state !== 'found' || review.pullRequest.state !== 'open') return undefined
  return review.pullRequest
}

/** The budgets after this look: each is given back once its cause has been gone for a while. The same object when nothing changed. */
export function settleBudgets(
  record: SessionRecord,
  facts: SessionFacts,
  now: number,
): SessionRecord['budgets'] {
  if (facts.review.state !== 'found') return record.budgets
  const { checks, review, number } = facts.review.pullRequest
  const ci: Standing =
    checks === 'passing' ? 'resolved' : checks === 'pending' ? 'undecided' : 'stands'
  const asked: Standing = review === 'changes-requested' ? 'stands' : 'resolved'
  const afterChecks = settleBudget(record.budgets, `ci-failed#${number}`, ci, now)
  return settleBudget(afterChecks, `changes-requested#${number}`, asked, now)
}

/** Whether what a budget is spent on is still so. */
type Standing = 'stands' | 'undecided' | 'resolved'

function settleBudget(
  budgets: SessionRecord['budgets'],
  cause: string,
  standing: Standing,
  now: number,
): SessionRecord['budgets'] {
  const budget = budgets[cause]
  if (budget === undefined) return budgets
  if (standing !== 'resolved') {
    if (budget.greenSince === undefined || standing === 'undecided') return budgets
    const { greenSince: _forgotten, ...rest } = budget
    return { ...budgets, [cause]: rest }
  }
  if (budget.greenSince === undefined) {
    return { ...budgets, [cause]: { ...budget, greenSince: new Date(now).toISOString() } }
  }
  if (Date.parse(budget.greenSince) + SUSTAINED_GREEN_MS > now) return budgets
  const { [cause]: _givenBack, ...others } = budgets
  return others
}
