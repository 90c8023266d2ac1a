import type { PullRequest } from './scm.ts'

/** What is told only of a pull request that was read whole. */
export type WholeFacts = Pick<
  PullRequest,
  | 'checks'
  | 'reviews'
  | 'threads'
  | 'comments'
  | 'approvals'
  | 'reviewDecision'
  | 'mergeable'
  | 'touched'
>

/** What is not a session's is only listed. */
export function unread(need: number): WholeFacts {
  return {
    checks: [],
    reviews: [],
    threads: [],
    comments: [],
    approvals: { have: 0, need },
    reviewDecision: 'none',
    mergeable: 'unknown',
    touched: [],
  }
}
