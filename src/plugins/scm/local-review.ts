import type { PullRequest } from '../scm.ts'
import { reviewerOf, type StoredReview } from './local-record.ts'

/** The reviews summed up. */
export interface ReviewSummary {
  /** Reviewers whose newest verdict approves the current head. */
  readonly approvals: number
  readonly decision: PullRequest['reviewDecision']
}

/**
 * What the reviews mean for `head`. An approval counts for the head it was given to, a request for changes until its reviewer says
 * otherwise; comments decide nothing, and the session that opened the pull request has no vote.
 */
export function summariseReviews(
  reviews: readonly StoredReview[],
  about: { readonly head: string; readonly session: string | undefined; readonly need: number },
): ReviewSummary {
  const newest = new Map<string, StoredReview>()
  for (const review of reviews) {
    if (review.verdict === 'comment') continue
    if (review.session !== undefined && review.session === about.session) continue
    newest.set(reviewerOf(review), review)
  }
  const verdicts = [...newest.values()]
  const approvals = verdicts.filter(
    review => review.verdict === 'approve' && review.sha === about.head,
  ).length
  if (verdicts.some(review => review.verdict === 'request-changes')) {
    return { approvals, decision: 'changes-requested' }
  }
  return { approvals, decision: approvals >= Math.max(1, about.need) ? 'approved' : 'none' }
}
