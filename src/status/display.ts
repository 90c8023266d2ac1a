import type { LifecycleValue, OrchestratorLifecycleValue } from '../resource/status.ts'
import type { Condition } from '../resource/conditions.ts'
import { findCondition } from '../resource/conditions.ts'

/** One word for people, from the chart's value and the conditions. Nothing branches on it. */
export function displayOf(
  value: LifecycleValue | OrchestratorLifecycleValue,
  conditions: readonly Condition[],
): string {
  const ready = findCondition(conditions, 'Ready')
  if (ready?.reason === 'Deleting') return 'Deleting'
  const over = overWord(value.session, conditions)
  if (over !== undefined) return over
  if (findCondition(conditions, 'Stalled') !== undefined) return 'Stalled'
  if (ready?.reason === 'CrashLoopBackOff') return 'Backoff'
  if (typeof value.session === 'string') return SESSION_WORDS[value.session] ?? 'Pending'
  const review = 'review' in value ? REVIEW_WORDS[value.review] : undefined
  return review ?? ALIVE_WORDS[value.session['alive'] ?? 'unknown'] ?? 'Running'
}

function overWord(
  session: LifecycleValue['session'],
  conditions: readonly Condition[],
): string | undefined {
  if (session === 'closed') return 'Closed'
  if (session !== 'done') return undefined
  return findCondition(conditions, 'Merged')?.status === 'True' ? 'Merged' : 'Done'
}

const SESSION_WORDS: Readonly<Record<string, string>> = {
  pending: 'Pending',
  waiting: 'Waiting',
  suspended: 'Suspended',
  starting: 'Starting',
  detecting: 'Detecting',
  exited: 'Exited',
  lost: 'Lost',
}

const REVIEW_WORDS: Readonly<Record<string, string>> = {
  'ci-failing': 'Fixing',
  'changes-requested': 'Revising',
  conflicting: 'Conflicting',
  open: 'Reviewing',
  approved: 'Approved',
  mergeable: 'Mergeable',
  merged: 'Merged',
  closed: 'Closed',
}

const ALIVE_WORDS: Readonly<Record<string, string>> = {
  unknown: 'Running',
  working: 'Working',
  idle: 'Idle',
  'needs-input': 'NeedsInput',
  'needs-permission': 'NeedsPermission',
  'rate-limited': 'RateLimited',
  stuck: 'Stuck',
}
