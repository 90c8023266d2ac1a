/**
 * The life of a project's orchestrator: a session without a branch, a pull request or an end. It is stopped only by being suspended or deleted.
 * Events are the session events of a worker; see `worker.ts`.
 */
import { setup } from 'xstate'

import type { ReactionEvent, SessionEvent } from './worker.ts'
import { asking, askingWhile, declared, guards, toActivity, whenDue } from './worker.ts'

export type OrchestratorEvent =
  | Exclude<SessionEvent, { readonly type: 'session.done' | 'session.closed' }>
  | ReactionEvent

const orchestrator = setup({
  types: { events: {} as OrchestratorEvent },
  actions: { notify: declared, restart: declared },
  guards,
})

const anySession = {
  'session.waiting': '#session.waiting',
  'session.suspended': '#session.suspended',
  'session.starting': '#session.starting',
  'session.alive': [
    askingWhile('stuck', 'notify', 'agent-stuck'),
    askingWhile('needs-input', 'notify', 'agent-needs-input'),
    askingWhile('needs-permission', 'notify', 'agent-needs-input'),
    ...toActivity,
  ],
  'session.unknown': '#session.detecting',
  'session.exited': asking('#session.exited', 'restart', 'agent-exited'),
  'session.lost': asking('#session.lost', 'restart', 'agent-exited'),
} as const

/** What may be due in any state. */
const anyReaction = [
  whenDue('notify', 'all-complete'),
  whenDue('notify', 'report-no-acknowledge'),
  whenDue('notify', 'report-stale'),
] as const

export const orchestratorMachine = orchestrator.createMachine({
  id: 'orchestrator',
  type: 'parallel',
  on: { 'reaction.due': anyReaction },
  states: {
    session: {
      id: 'session',
      initial: 'pending',
      states: {
        pending: { on: anySession },
        waiting: { on: anySession },
        suspended: { on: anySession },
        starting: { on: anySession },
        alive: {
          initial: 'unknown',
          on: anySession,
          states: {
            unknown: {},
            working: {},
            idle: {},
            'needs-input': {},
            'needs-permission': {},
            'rate-limited': {},
            stuck: {},
          },
        },
        detecting: { on: anySession },
        exited: { on: anySession },
        lost: { on: anySession },
      },
    },
  },
})
