import { readMarker, withoutMarker } from '../hidden-marker.ts'
import type { Tally } from '../approval.ts'
import { asksForChanges, tally } from '../approval.ts'
import type { Authorship, Review, ReviewComment } from '../scm.ts'
import type { Signature } from '../../resource/signature.ts'
import { isSigned, maybeSame, reviewerOf, signatureOf } from '../../resource/signature.ts'
import type { Actor, SaidReview, SaidText, WholePull } from './github-facts.ts'

export interface Reviewed extends Tally {
  /** The newest verdict of each reviewer, and comments; oldest first. */
  readonly reviews: readonly Review[]
}

/** Whose words count, and whose marker is ours. */
export interface Belief {
  readonly trust: ReadonlySet<string>
  readonly home: string | undefined
}

/** Who wrote a text. */
export function authorship(actor: Actor, body: string, { trust, home }: Belief): Authorship {
  return {
    author: actor.login,
    authorType: actor.isBot ? 'bot' : 'person',
    ...(isBelieved(actor, trust) ? signatureOf(readMarker(body), home) : {}),
    trusted: actor.isBot || trust.has(actor.association),
  }
}

/** Anybody can write a marker. It is believed of people who may be heard, and of no application but the one that we ask as: others repeat what they read. */
function isBelieved(actor: Actor, trust: Belief['trust']): boolean {
  return actor.isBot ? actor.isUs === true : trust.has(actor.association)
}

export function comment(text: SaidText, belief: Belief): ReviewComment {
  return {
    ...authorship(text.author, text.body, belief),
    id: text.id,
    body: withoutMarker(text.body),
    createdAt: text.createdAt,
    ...(text.url === undefined ? {} : { url: text.url }),
  }
}

/**
 * What the reviews mean for the head. An approval counts for the head it was given to, a request for changes until its reviewer says otherwise; the
 * session that opened the pull request has no vote, nor has anybody who doesn't belong to the repository.
 */
export function summarise(
  pull: Pick<WholePull, 'reviews' | 'headSha' | 'decision'>,
  about: { readonly opener: Signature; readonly need: number; readonly belief: Belief },
): Reviewed {
  const all = pull.reviews.map(said => entryOf(said, about.belief))
  const newest = new Map<string, Entry>()
  for (const entry of all) {
    if (entry.review.verdict !== 'comment' || entry.isDismissed) {
      newest.set(reviewerOf(entry.review), entry)
    }
  }
  const shown = all
    .filter(entry => isShown(entry, newest))
    .filter(entry => !entry.byMarker || entry.review.sha === pull.headSha)
    .map(({ review }) => review)
  const votes = shown.filter(review => review.trusted && !maybeSame(review, about.opener))
  // The branch may have rules of its own, such as owners of code.
  const isHeldBack =
    pull.decision === 'review_required' ||
    (pull.decision === 'changes_requested' && !asksForChanges(votes))
  return {
    reviews: shown,
    ...tally(votes, { head: pull.headSha, need: about.need, isHeldBack }),
  }
}

interface Entry {
  readonly isDismissed: boolean
  /** GitHub doesn't take requests by the account that opened the pull request: to it this is a comment. It stands for the head it was about. */
  readonly byMarker: boolean
  readonly review: Review
}

function isShown(entry: Entry, newest: ReadonlyMap<string, Entry>): boolean {
  if (entry.isDismissed) return false
  if (entry.review.verdict === 'comment') return entry.review.body !== ''
  return newest.get(reviewerOf(entry.review)) === entry
}

function entryOf(said: SaidReview, belief: Belief): Entry {
  const by = authorship(said.author, said.body, belief)
  const marked = isSigned(by) ? readMarker(said.body)?.fields['verdict'] : undefined
  const byMarker = said.state === 'commented' && marked === 'request-changes'
  const review: Review = {
    ...by,
    id: said.id,
    verdict: byMarker ? 'request-changes' : verdictOf(said.state),
    body: withoutMarker(said.body),
    sha: said.sha,
    createdAt: said.createdAt,
    ...(said.url === undefined ? {} : { url: said.url }),
  }
  return { isDismissed: said.state === 'dismissed', byMarker, review }
}

function verdictOf(state: SaidReview['state']): Review['verdict'] {
  if (state === 'approved') return 'approve'
  return state === 'changes_requested' ? 'request-changes' : 'comment'
}
