import type { ReviewFact } from './facts.ts'

type Since = Readonly<Record<string, string>>

/**
 * Since when each head of the pull requests has been seen, and those that stood in a merge queue: kept while they stay, so that due times survive
 * restarts. RFC 3339, by `head:` and `queued:` with the commit; `now` in milliseconds since the epoch.
 */
export function reviewSince(review: ReviewFact, known: Since, now: number): Since {
  // Who could not look knows of nothing new, and forgets nothing.
  if (review.state === 'unknown') return only(known)
  if (review.state !== 'found') return {}
  const facts = [review.pullRequest, ...review.others].flatMap(({ headSha, queued }) => {
    const queue = `queued:${headSha}`
    return [`head:${headSha}`, ...(queued || known[queue] !== undefined ? [queue] : [])]
  })
  return Object.fromEntries(
    facts.map(fact => {
      const seen = known[fact]
      // What was first seen in the future was seen before the clock was set back.
      const isPast = seen !== undefined && Date.parse(seen) <= now
      return [fact, isPast ? seen : new Date(now).toISOString()]
    }),
  )
}

function only(known: Since): Since {
  return Object.fromEntries(Object.entries(known).filter(([fact]) => /^(head|queued):/.test(fact)))
}
