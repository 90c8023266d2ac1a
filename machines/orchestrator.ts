/**
 * The life of a project's orchestrator: a session without a branch, a pull request or an end. It is stopped only by being suspended or deleted.
 * Events are the session events of a worker; see `worker.ts`.
 */
import { setup } from 'xstate'

import type { ReactionEvent, ReactionParams, SeenActivity, SessionEvent } from './worker.ts'

export type OrchestratorEvent =
  | Exclude<SessionEvent, { readonly type: 'session.done' | 'session.closed' }>
  | ReactionEvent

/** Effects are declared here and carried out by whoever asked for the transition. */
const declared = (_args: unknown, _params: ReactionParams): void => undefined

const orchestrator = setup({
  types: { events: {} as OrchestratorEvent },
  actions: { notify: declared, restart: declared },
  guards: {
    isArmed: ({ event }) => 'armed' in event && event.armed,
    isActivity: ({ event }, params: { readonly activity: SeenActivity }) =>
      event.type === 'session.alive' && event.activity === params.activity,
    isArmedActivity: ({ event }, params: { readonly activity: SeenActivity }) =>
      event.type === 'session.alive' && event.activity === params.activity && event.armed,
    isReaction: ({ event }, params: ReactionParams) =>
      event.type === 'reaction.due' && event.reaction === params.reaction,
  },
})

const toAlive = [
  {
    guard: { type: 'isArmedActivity', params: { activity: 'stuck' } },
    target: '#session.alive.stuck',
    actions: { type: 'notify', params: { reaction: 'agent-stuck' } },
  },
  {
    guard: { type: 'isArmedActivity', params: { activity: 'needs-input' } },
    target: '#session.alive.needs-input',
    actions: { type: 'notify', params: { reaction: 'agent-needs-input' } },
  },
  {
    guard: { type: 'isArmedActivity', params: { activity: 'needs-permission' } },
    target: '#session.alive.needs-permission',
    actions: { type: 'notify', params: { reaction: 'agent-needs-input' } },
  },
  { guard: { type: 'isActivity', params: { activity: 'stuck' } }, target: '#session.alive.stuck' },
  {
    guard: { type: 'isActivity', params: { activity: 'working' } },
    target: '#session.alive.working',
  },
  { guard: { type: 'isActivity', params: { activity: 'idle' } }, target: '#session.alive.idle' },
  {
    guard: { type: 'isActivity', params: { activity: 'needs-input' } },
    target: '#session.alive.needs-input',
  },
  {
    guard: { type: 'isActivity', params: { activity: 'needs-permission' } },
    target: '#session.alive.needs-permission',
  },
  {
    guard: { type: 'isActivity', params: { activity: 'rate-limited' } },
    target: '#session.alive.rate-limited',
  },
  { target: '#session.alive.unknown' },
] as const

const anySession = {
  'session.waiting': '#session.waiting',
  'session.suspended': '#session.suspended',
  'session.starting': '#session.starting',
  'session.alive': toAlive,
  'session.unknown': '#session.detecting',
  'session.exited': [
    {
      guard: 'isArmed',
      target: '#session.exited',
      actions: { type: 'restart', params: { reaction: 'agent-exited' } },
    },
    { target: '#session.exited' },
  ],
  'session.lost': [
    {
      guard: 'isArmed',
      target: '#session.lost',
      actions: { type: 'restart', params: { reaction: 'agent-exited' } },
    },
    { target: '#session.lost' },
  ],
} as const

/** What may be due in any state. */
const anyReaction = [
  {
    guard: { type: 'isReaction', params: { reaction: 'all-complete' } },
    actions: { type: 'notify', params: { reaction: 'all-complete' } },
  },
  {
    guard: { type: 'isReaction', params: { reaction: 'report-no-acknowledge' } },
    actions: { type: 'notify', params: { reaction: 'report-no-acknowledge' } },
  },
  {
    guard: { type: 'isReaction', params: { reaction: 'report-stale' } },
    actions: { type: 'notify', params: { reaction: 'report-stale' } },
  },
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
