import type { ReactionPolicies } from '../resource/spec.ts'

/** What holds when neither a session nor its project says anything. The schemas tell the same defaults to readers. */
export const DEFAULTS = {
  agent: 'claude-code',
  workspace: 'worktree',
  scm: 'local',
  permissions: 'default',
  state: 'Running',
  restartPolicy: 'OnFailure',
  deletionPolicy: 'Archive',
  doneWhen: 'merged',
  priority: 0,
  interval: '60s',
  postCreateTimeout: '10m',
  freshBase: true,
  fetchTimeout: '60s',
  routes: ['urgent', 'action', 'warning', 'info'],
} as const

export const DEFAULT_REACTIONS: ReactionPolicies = {
  'ci-failed': { auto: true, retries: 2, escalateAfter: '30m', priority: 'action' },
  'changes-requested': { auto: true, retries: 2, escalateAfter: '30m', priority: 'action' },
  'approved-and-green': { auto: false, require: 'approval', settle: '90s', priority: 'action' },
  'agent-exited': { auto: true, retries: 5, priority: 'urgent' },
  'agent-stuck': { auto: true, threshold: '10m', priority: 'action' },
}

type PartialReactions = { readonly [R in keyof ReactionPolicies]?: Partial<ReactionPolicies[R]> }

/** Reactions merged field by field; the later, the stronger. */
export function mergeReactions(
  ...layers: readonly (PartialReactions | undefined)[]
): ReactionPolicies {
  const merge = <R extends keyof ReactionPolicies>(name: R): ReactionPolicies[R] =>
    Object.assign(
      {},
      DEFAULT_REACTIONS[name],
      ...layers.map(layer => layer?.[name]),
    ) as ReactionPolicies[R]
  return {
    'ci-failed': merge('ci-failed'),
    'changes-requested': merge('changes-requested'),
    'approved-and-green': merge('approved-and-green'),
    'agent-exited': merge('agent-exited'),
    'agent-stuck': merge('agent-stuck'),
  }
}
