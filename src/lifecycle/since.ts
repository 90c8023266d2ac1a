import type { PullRequestFact, SessionView } from './facts.ts'
import { pullRequestsOf, seenUntil } from './facts.ts'
import { machinesMove } from './merge-judgement.ts'

type Since = Readonly<Record<string, string>>

type Seen = Pick<SessionView, 'object' | 'facts'>

/**
 * Since when each head of the pull requests has been seen, those that stood in a merge queue, and those that wait for nobody but machines: kept while they
 * stay, so that due times survive restarts. RFC 3339, by `head:`, `queued:` and `waits:` with the commit; `now` in milliseconds since the epoch.
 */
export function reviewSince(view: Seen, known: Since, now: number): Since {
  const { review } = view.facts
  // Who could not look knows of nothing new, and forgets nothing.
  if (review.state === 'unknown') return only(known)
  if (review.state !== 'found') return {}
  const facts = pullRequestsOf(review).flatMap(each =>
    factsOf(view, each, known).map(fact => [fact, seenUntil(each, now)] as const),
  )
  return Object.fromEntries(
    facts.map(([fact, at]) => {
      const seen = known[fact]
      // What was first seen in the future was seen before the clock was set back.
      const isPast = seen !== undefined && Date.parse(seen) <= now
      return [fact, isPast ? seen : new Date(at).toISOString()]
    }),
  )
}

function factsOf(view: Seen, pullRequest: PullRequestFact, known: Since): readonly string[] {
  const { headSha, queued } = pullRequest
  const queue = `queued:${headSha}`
  return [
    `head:${headSha}`,
    ...(queued || known[queue] !== undefined ? [queue] : []),
    ...(machinesMove(view, pullRequest) === undefined ? [] : [`waits:${headSha}`]),
  ]
}

function only(known: Since): Since {
  return Object.fromEntries(
    Object.entries(known).filter(([fact]) => /^(head|queued|waits):/.test(fact)),
  )
}
