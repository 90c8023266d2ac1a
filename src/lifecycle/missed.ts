import type { SessionRecord } from '../resource/record.ts'
import type { ReviewFact } from './facts.ts'
import { pullRequestsOf, talkedAbout } from './facts.ts'

/** A message to a session's own agent that did not reach it for sure. */
export interface Missed {
  readonly id: string
  readonly cause: string
  /** A newer message about the same took its place. */
  readonly isReplaced: boolean
}

/**
 * The record once a message was dropped before its first byte: it was no try, and what nothing else tells the agent of is judged anew. Said again of
 * the same message it changes nothing.
 */
export function takenBack(record: SessionRecord, missed: Missed): SessionRecord {
  const { id, cause, isReplaced } = missed
  const { [cause]: budget, ...budgets } = record.budgets
  if (budget?.takenBack === id) return record
  const { [cause]: _answered, ...others } = record.handled
  const used = Math.max(0, (budget?.used ?? 0) - 1)
  return {
    ...record,
    handled: isReplaced ? record.handled : others,
    budgets:
      budget === undefined ? budgets : { ...budgets, [cause]: { ...budget, used, takenBack: id } },
  }
}

/** The record once it is open whether the agent got what it was told of a cause: nothing is said twice, but time alone calls somebody now. */
export function doubted(record: SessionRecord, cause: string, at: string): SessionRecord {
  const budget = record.budgets[cause]
  if (budget === undefined || budget.unheardSince !== undefined) return record
  return { ...record, budgets: { ...record.budgets, [cause]: { ...budget, unheardSince: at } } }
}

/** The record once the agent says that it has a message about a cause after all. */
export function heard(record: SessionRecord, cause: string): SessionRecord {
  const budget = record.budgets[cause]
  if (budget?.unheardSince === undefined) return record
  const { unheardSince: _over, ...rest } = budget
  return { ...record, budgets: { ...record.budgets, [cause]: rest } }
}

/** What was told of a pull request, and when somebody of ours had last spoken there: what comes after that may be the answer. The same object when nothing is new. */
export function withTold(
  record: SessionRecord,
  review: ReviewFact,
  { cause = '', signature }: { readonly cause?: string; readonly signature?: string | undefined },
): SessionRecord {
  const number = talkedAbout(cause)
  if (number === undefined || signature === undefined) return record
  const { spokenAt } = pullRequestsOf(review).find(each => each.number === number) ?? {}
  const before = spokenAt === undefined ? '' : new Date(spokenAt).toISOString()
  const { told = {} } = record
  const news = signature.split(',').filter(id => told[id] === undefined)
  if (news.length === 0) return record
  return { ...record, told: { ...told, ...Object.fromEntries(news.map(id => [id, before])) } }
}
