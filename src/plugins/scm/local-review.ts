import type { Tally } from '../approval.ts'
import { tally } from '../approval.ts'
import type { Review } from '../scm.ts'
import { maybeSame, reviewerOf, type Signature } from '../../resource/signature.ts'

/**
 * What the reviews mean for `head`. An approval counts for the head it was given to, a request for changes until its reviewer says
 * otherwise; comments decide nothing, and the session that opened the pull request has no vote.
 */
export function summariseReviews(
  reviews: readonly Review[],
  about: { readonly head: string; readonly opener: Signature; readonly need: number },
): Tally {
  const newest = new Map<string, Review>()
  for (const review of reviews) {
    if (review.verdict === 'comment') continue
    if (maybeSame(review, about.opener)) continue
    newest.set(reviewerOf(review), review)
  }
  return tally([...newest.values()], about)
}
