import type { RemarkFact } from '../lifecycle/remark.ts'
import type { PullRequest, Review, ReviewComment } from '../plugins/scm.ts'
import { isMachine, isOurs } from './whose.ts'

type Said = ReviewComment & Partial<Pick<Review, 'verdict' | 'sha'>>

/**
 * What was said on a pull request as a whole since we last answered there, oldest first. Requests for changes are none: they stand until their reviewer says
 * otherwise.
 */
export function remarksOf(
  { comments, reviews, head }: Pick<PullRequest, 'comments' | 'reviews' | 'head'>,
  own: string | undefined,
): readonly RemarkFact[] {
  const all: readonly Said[] = [...comments, ...reviews]
  // Another session may approve; that answers nobody.
  const answered = newest(all.filter(each => isOurs(each, own) && each.verdict !== 'approve'))
  const approved = newest(
    reviews.filter(each => each.verdict === 'approve' && each.trusted && !isMachine(each)),
  )
  return all
    .filter(each => each.trusted && !isOurs(each, own) && each.verdict !== 'request-changes')
    .filter(each => each.body.trim() !== '' && at(each) >= answered)
    .toSorted((a, b) => at(a) - at(b))
    .map(each => ({
      id: each.id,
      author: each.author,
      isBot: isMachine(each),
      body: each.body,
      url: each.url,
      isApproval: each.verdict === 'approve',
      isOpen: each.verdict !== 'approve' && at(each) >= approved && !hasMovedSince(head, each),
    }))
}

/** A review tells of which head it was; of comments only times are known. */
function hasMovedSince({ sha, movedAt }: PullRequest['head'], said: Said): boolean {
  if (said.sha !== undefined) return said.sha !== sha
  return movedAt !== undefined && Date.parse(movedAt) > at(said)
}

function newest(said: readonly Said[]): number {
  return Math.max(-Infinity, ...said.map(at))
}

function at({ createdAt }: Said): number {
  return Date.parse(createdAt)
}
