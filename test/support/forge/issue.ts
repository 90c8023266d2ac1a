import { type Account, type Issue, type Pull, isPull, now, touch } from './state.ts'

export function closeIssue(
  issue: Issue,
  by: Account,
  reason: Issue['stateReason'] = 'completed',
): void {
  if (issue.state === 'closed') return
  issue.state = 'closed'
  issue.stateReason = isPull(issue) ? null : reason
  issue.closedAt = now()
  issue.closedBy = by
  touch(issue)
}

export function reopenIssue(issue: Issue): void {
  if (issue.state === 'open') return
  issue.state = 'open'
  issue.stateReason = isPull(issue) ? null : 'reopened'
  issue.closedAt = undefined
  issue.closedBy = undefined
  touch(issue)
}

/** The issues that merging will close, by the words that GitHub knows. */
export function closing(pull: Pull): readonly Issue[] {
  const words = /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(\d+)/gi
  const numbers = [...(pull.body ?? '').matchAll(words)].map(match => Number(match[1]))
  return [...new Set(numbers)]
    .map(number => pull.repo.issues.get(number))
    .filter(issue => issue !== undefined)
    .filter(issue => !isPull(issue))
}
