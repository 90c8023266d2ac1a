import { peopleText } from './feedback.ts'
import type { DueReactions, ReactionInput } from './reaction.ts'
import { NOTHING, dueNow, policyOf } from './reaction.ts'

/** The last of a project's workers is done: the orchestrator's news to people, once for each set of workers. */
export function allComplete(input: ReactionInput): DueReactions {
  const { object, record, company } = input
  const policy = object.spec.reactions['all-complete']
  if (object.kind !== 'Orchestrator' || !policy.auto) return NOTHING
  if (company.workers.length === 0 || company.done.length < company.workers.length) return NOTHING
  const cause = 'all-complete'
  const signature = [...company.done].sort().join(',')
  if (record.handled[cause] === signature) return NOTHING
  const count = company.done.length
  const why =
    count === 1
      ? `${signature} is done, the only worker of ${object.spec.project}`
      : `all ${count} workers of ${object.spec.project} are done`
  return dueNow({
    ...policyOf(input, cause),
    ...peopleText(object, policy, { why }),
    cause,
    signature,
    action: 'notify',
    why,
  })
}
