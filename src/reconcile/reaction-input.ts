import type { SessionView } from '../lifecycle/facts.ts'
import type { Company, ReactionInput } from '../lifecycle/reaction.ts'
import { keyOf } from '../resource/key.ts'
import type { Deps } from './deps.ts'
import { NO_COMPANY } from './world.ts'

/** What the reactions of one session depend on; by itself where nothing is said of the others of its project. */
export function reactionInputOf(
  view: SessionView,
  { store, now }: Deps,
  company: Company = NO_COMPANY,
): ReactionInput {
  const { object } = view
  const status = store.status.get(keyOf(object.kind, object.name))
  return {
    ...view,
    company,
    since: status !== undefined && 'since' in status ? status.since : {},
    now: now().getTime(),
  }
}
