import type { DesiredSession } from '../resource/spec.ts'
import { isDone, pullRequestsOf, wanted } from './facts.ts'
import type { ReactionInput } from './reaction.ts'
import { AMBIGUOUS } from './reaction-merge.ts'
import { dueReactions } from './reactions.ts'

/** What a notification is about, for whoever keeps track of it: the same for as long as the session is the same. */
export function causeOf({ spec, name, uid }: DesiredSession, cause: string): string {
  return `${spec.project}/${name}/${uid.slice(0, 8)}/${cause}`
}

/**
 * Which of the causes that people were told of are gone for sure: what would not be told if nothing had been told yet. What can't be seen now, and
 * checks that run again, leave it open.
 */
export function goneCauses(input: ReactionInput, causes: readonly string[]): readonly string[] {
  const { object, record } = input
  const isOver = isDone(record) && record.outcome?.state !== 'Closed'
  if (isOver || wanted(object) === 'deleted') return causes
  const fresh = { ...record, handled: {}, budgets: {} }
  const { due, held } = dueReactions({ ...input, record: fresh })
  const standing = new Set([...due, ...held].map(({ cause }) => cause))
  return causes.filter(cause => !standing.has(cause) && !isUndecided(input, cause))
}

/** What can't be seen now, and what the forge is still finding out. */
function isUndecided({ facts, company }: ReactionInput, cause: string): boolean {
  const { process, review } = facts
  if (cause === AMBIGUOUS) return review.state === 'unknown'
  // Where nobody works, nothing is complete and nothing is not.
  if (cause === 'all-complete' && company.workers.length === 0) return true
  if (!cause.includes('#')) return process.state === 'unknown'
  if (review.state === 'unknown' || review.state === 'ambiguous') return true
  const about = pullRequestsOf(review).find(({ number }) => cause.endsWith(`#${number}`))
  if (about?.state !== 'open') return false
  return (
    (cause.startsWith('ci-failed#') && about.checks === 'pending') ||
    (cause.startsWith('merge-conflicts#') && about.mergeable === 'unknown')
  )
}
