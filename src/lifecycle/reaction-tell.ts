import { peopleText } from './feedback.ts'
import type { DueReactions, ReactionInput } from './reaction.ts'
import { NOTHING, dueAt, dueNow, policyOf } from './reaction.ts'

/** A person is told once of each silence, when it has lasted. */
export function tellAfter(
  input: ReactionInput,
  reaction: 'agent-stuck' | 'agent-needs-input' | 'report-no-acknowledge' | 'report-stale',
  at: number | undefined,
  why: string,
): DueReactions {
  const { object, record, facts, now } = input
  const policy = object.spec.reactions[reaction]
  if (at === undefined || !policy.auto) return NOTHING
  if (at > now) return dueAt(at)
  const signature = `${record.attempt}:${facts.lastSignAt ?? 0}`
  if (record.handled[reaction] === signature) return NOTHING
  const text = peopleText(object, policy, { why })
  const base = { ...policyOf(input, reaction), ...text, cause: reaction, signature }
  return dueNow({ ...base, action: 'notify', why })
}

/** When the running attempt was started, if its agent reports and has not done so yet; milliseconds since the epoch. */
export function neverSpoke({
  record,
  facts,
}: Pick<ReactionInput, 'record' | 'facts'>): number | undefined {
  const launch = record.launches.at(-1)
  if (facts.process.state !== 'alive' || facts.lastSignAt === undefined) return undefined
  if (facts.activity !== 'unknown' || launch?.attempt !== record.attempt) return undefined
  const startedAt = Date.parse(launch.at)
  return facts.lastSignAt <= startedAt ? startedAt : undefined
}
