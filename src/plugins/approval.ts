import type { PullRequest, Review } from './scm.ts'

export type Tally = Pick<PullRequest, 'approvals' | 'reviewDecision'>

/**
 * What the newest verdicts of those who have a vote mean for a head. Where the forge holds it back by rules of its own, such as owners of code, one more approval is
 * needed than there are.
 */
export function tally(
  votes: readonly Review[],
  about: { readonly head: string; readonly need: number; readonly isHeldBack?: boolean },
): Tally {
  const have = votes.filter(review => approvesHead(review, about.head)).length
  const need = about.isHeldBack === true ? Math.max(about.need, have + 1) : about.need
  const isApproved = have >= Math.max(1, need)
  return {
    approvals: { have, need },
    reviewDecision: asksForChanges(votes) ? 'changes-requested' : isApproved ? 'approved' : 'none',
  }
}

export function asksForChanges(votes: readonly Review[]): boolean {
  return votes.some(({ verdict }) => verdict === 'request-changes')
}

/** Whether a review approves that very head in a person's name. Applications review tirelessly, and answer for nothing: they approve nothing. */
function approvesHead({ verdict, sha, authorType }: Review, head: string): boolean {
  return verdict === 'approve' && sha === head && authorType === 'person'
}
