import type { ReactionName, ReactionPolicies } from './spec.ts'

const FEEDBACK = { auto: true, retries: 2, escalateAfter: '30m', priority: 'action' } as const

/** What happens when no manifest says otherwise. The schemas tell the same to readers. */
export const DEFAULT_REACTIONS: ReactionPolicies = {
  'ci-failed': FEEDBACK,
  'changes-requested': FEEDBACK,
  'bugbot-comments': { ...FEEDBACK, bots: { '*': 'batch' } },
  'merge-conflicts': { ...FEEDBACK, escalateAfter: '15m' },
  'approved-and-green': {
    auto: false,
    require: 'approval',
    label: 'automerge',
    settle: '90s',
    escalateAfter: '30m',
    priority: 'action',
  },
  'pr-closed': { auto: true, priority: 'action' },
  'agent-exited': { auto: true, retries: 5, priority: 'urgent' },
  'agent-idle': { ...FEEDBACK, threshold: '15m' },
  'agent-stuck': { auto: true, threshold: '10m', priority: 'action' },
  'agent-needs-input': { auto: true, threshold: '30s', priority: 'urgent' },
  'report-no-acknowledge': { auto: true, threshold: '10m', priority: 'warning' },
  'report-stale': { auto: true, threshold: '30m', priority: 'warning' },
  'all-complete': { auto: true, priority: 'info' },
}

export const REACTION_NAMES = Object.keys(DEFAULT_REACTIONS) as readonly ReactionName[]

type PartialReactions = { readonly [R in ReactionName]?: Partial<ReactionPolicies[R]> }

/** Reactions merged field by field; the later, the stronger. */
export function mergeReactions(
  ...layers: readonly (PartialReactions | undefined)[]
): ReactionPolicies {
  const merged = REACTION_NAMES.map(name => {
    const said = layers.flatMap(layer => layer?.[name] ?? [])
    const byDefault = DEFAULT_REACTIONS[name]
    return [name, said.length === 0 ? byDefault : (Object.assign({}, byDefault, ...said) as object)]
  })
  return Object.fromEntries(merged) as ReactionPolicies
}
