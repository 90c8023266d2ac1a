import { neverSpoke, tellAfter } from './reaction-tell.ts'
import type { DueReactions, ReactionInput } from './reaction.ts'
import { NOTHING, after } from './reaction.ts'

/** An agent that reports was started and has said nothing since: it may never have read its task. */
export function reportNoAcknowledge(input: ReactionInput): DueReactions {
  const startedAt = neverSpoke(input)
  if (startedAt === undefined) return NOTHING
  const { threshold } = input.object.spec.reactions['report-no-acknowledge']
  const why = `it has said nothing in the ${threshold} since it was started`
  return tellAfter(input, 'report-no-acknowledge', after(startedAt, threshold), why)
}

/** The last it said is that it is rate-limited, and nobody has heard of it since. */
export function reportStale(input: ReactionInput): DueReactions {
  const { process, activity, lastSignAt } = input.facts
  if (process.state !== 'alive' || lastSignAt === undefined) return NOTHING
  if (activity !== 'rate-limited') return NOTHING
  const { threshold } = input.object.spec.reactions['report-stale']
  const why = `it said that it is rate-limited, and nothing for ${threshold}`
  return tellAfter(input, 'report-stale', after(lastSignAt, threshold), why)
}
