import { approvesHead } from '../approval.ts'
import type { PullRequest, Review } from '../scm.ts'
import { maybeSame, reviewerOf, type Signature } from '../../resource/signature.ts'

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
  reviews: readonly Review[],
  about: { readonly head: string; readonly opener: Signature; readonly need: number },
): ReviewSummary {
  const newest = new Map<string, Review>()
  for (const review of reviews) {
    if (review.verdict === 'comment') continue
    if (maybeSame(review, about.opener)) continue
    newest.set(reviewerOf(review), review)
  }
  const verdicts = [...newest.values()]
  const approvals = verdicts.filter(review => approvesHead(review, about.head)).length
  if (verdicts.some(review => review.verdict === 'request-changes')) {
    return { approvals, decision: 'changes-requested' }
  }
  return { approvals, decision: approvals >= Math.max(1, about.need) ? 'approved' : 'none' }
}
