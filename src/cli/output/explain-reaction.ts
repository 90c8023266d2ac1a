import type { Kind } from '../../resource/key.ts'
import { parseKind } from '../../resource/key.ts'
import { mergeReactions } from '../../resource/reactions.ts'
import type { Desired, ReactionPolicies } from '../../resource/spec.ts'
import { reactionLines } from './describe-reaction.ts'
import type { Look } from './look.ts'
import { clean } from './text.ts'

/** Names before it is only told how many more there are. */
const NAMES_MAX = 5

/** What objects react with, and how; nothing of a Notifier. */
export function reactionsOf(object: Desired): ReactionPolicies | undefined {
  switch (object.kind) {
    case 'Project':
      return mergeReactions(object.spec.sessionDefaults?.reactions)
    case 'Worker':
    case 'Orchestrator':
      return object.spec.reactions
    case 'Notifier':
      return undefined
  }
}

/**
 * The values that hold now, and where they come from, for a path such as `worker.spec.reactions.ci-failed`: one table for all objects that
 * have the same. Empty for every other path.
 */
export function effectiveReactions(path: string, objects: Iterable<Desired>, look: Look): string {
  const [word = '', spec, reactions, reaction, field] = path.split('.')
  const kind = parseKind(word)
  if (kind === undefined || spec !== 'spec' || reactions !== 'reactions') return ''
  const groups = new Map<string, string[]>()
  for (const object of objects) {
    const policies = object.kind === kind ? reactionsOf(object) : undefined
    if (policies === undefined) continue
    const lines = reactionLines(part({ ...policies }, reaction, field), {
      ...look,
      fields: object.fields,
    })
    const table = lines.length === 0 ? '  not set' : lines.join('\n')
    groups.set(table, [...(groups.get(table) ?? []), clean(object.name)])
  }
  return [...groups].map(([table, names]) => `\n${title(kind, names)}\n${table}\n`).join('')
}

/** Of one reaction, or of one field of it, where the path goes on. */
function part(
  policies: Readonly<Record<string, object>>,
  reaction: string | undefined,
  field: string | undefined,
): Readonly<Record<string, object>> {
  const chosen = Object.entries(policies).filter(
    ([name]) => reaction === undefined || name === reaction,
  )
  if (field === undefined) return Object.fromEntries(chosen)
  return Object.fromEntries(
    chosen.map(([name, policy]) => [
      name,
      Object.fromEntries(Object.entries(policy).filter(([key]) => key === field)),
    ]),
  )
}

function title(kind: Kind, names: readonly string[]): string {
  const more = names.length - NAMES_MAX
  const told = [...names].sort().slice(0, NAMES_MAX).join(', ')
  return `EFFECTIVE in ${kind} ${told}${more > 0 ? ` and ${more} more` : ''}`
}
