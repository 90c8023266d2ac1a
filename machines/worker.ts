/**
 * The life of a worker: what its session does, and how its pull request stands. Events are facts seen in one look at the world, never commands.
 * The chart is used only through XState's pure `transition`; its actions are the reactions, carried out elsewhere. `armed` says that there is
 * something to react to that was not answered yet, so a reaction that failed is asked for again by the next look.
 */
import { setup } from 'xstate'

/** What the agent is doing, as far as anybody can tell. */
export type SeenActivity =
  | 'unknown'
  | 'working'
  | 'idle'
  | 'needs-input'
  | 'needs-permission'
  | 'rate-limited'
  | 'stuck'

export type SessionEvent =
  | { readonly type: 'session.waiting' }
  | { readonly type: 'session.suspended' }
  | { readonly type: 'session.starting' }
  | { readonly type: 'session.alive'; readonly activity: SeenActivity; readonly armed: boolean }
  | { readonly type: 'session.unknown' }
  | { readonly type: 'session.exited'; readonly armed: boolean }
  | { readonly type: 'session.lost'; readonly armed: boolean }
  | { readonly type: 'session.done' }
  | { readonly type: 'session.closed' }

export type ReviewEvent =
  | { readonly type: 'review.none' }
  | { readonly type: 'review.draft' }
  | { readonly type: 'review.open' }
  | { readonly type: 'review.ci-failing'; readonly armed: boolean }
  | { readonly type: 'review.changes-requested'; readonly armed: boolean }
  | { readonly type: 'review.conflicting'; readonly armed: boolean }
  | { readonly type: 'review.approved' }
  | { readonly type: 'review.mergeable'; readonly armed: boolean }
  | { readonly type: 'review.merged' }
  | { readonly type: 'review.closed'; readonly armed: boolean }

/** A reaction is due that the state reached does not ask for: a comment on a pull request whose checks fail, say. */
export interface ReactionEvent {
  readonly type: 'reaction.due'
  readonly reaction: string
}

export type WorkerEvent = SessionEvent | ReviewEvent | ReactionEvent

/** The reaction an action belongs to, as manifests name it. */
export interface ReactionParams {
  readonly reaction: string
}

/** Effects are declared here and carried out by whoever asked for the transition. */
const declared = (_args: unknown, _params: ReactionParams): void => undefined

const worker = setup({
  types: { events: {} as WorkerEvent },
  actions: {
    sendToAgent: declared,
    notify: declared,
    merge: declared,
    restart: declared,
    cleanup: declared,
  },
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
    guard: { type: 'isArmedActivity', params: { activity: 'idle' } },
    target: '#session.alive.idle',
    actions: { type: 'sendToAgent', params: { reaction: 'agent-idle' } },
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

const toExited = [
  {
    guard: 'isArmed',
    target: '#session.exited',
    actions: { type: 'restart', params: { reaction: 'agent-exited' } },
  },
  { target: '#session.exited' },
] as const

const toLost = [
  {
    guard: 'isArmed',
    target: '#session.lost',
    actions: { type: 'restart', params: { reaction: 'agent-exited' } },
  },
  { target: '#session.lost' },
] as const

const toDone = {
  target: '#session.done',
  actions: { type: 'cleanup', params: { reaction: 'merged' } },
} as const

/** Its pull request was closed, and may be opened again. */
const toClosedSession = {
  target: '#session.closed',
  actions: { type: 'cleanup', params: { reaction: 'closed' } },
} as const

const toCiFailing = [
  {
    guard: 'isArmed',
    target: '#review.ci-failing',
    actions: { type: 'sendToAgent', params: { reaction: 'ci-failed' } },
  },
  { target: '#review.ci-failing' },
] as const

const toChangesRequested = [
  {
    guard: 'isArmed',
    target: '#review.changes-requested',
    actions: { type: 'sendToAgent', params: { reaction: 'changes-requested' } },
  },
  { target: '#review.changes-requested' },
] as const

const toConflicting = [
  {
    guard: 'isArmed',
    target: '#review.conflicting',
    actions: { type: 'sendToAgent', params: { reaction: 'merge-conflicts' } },
  },
  { target: '#review.conflicting' },
] as const

const toClosed = [
  {
    guard: 'isArmed',
    target: '#review.closed',
    actions: { type: 'notify', params: { reaction: 'pr-closed' } },
  },
  { target: '#review.closed' },
] as const

const toMergeable = [
  {
    guard: 'isArmed',
    target: '#review.mergeable',
    actions: { type: 'merge', params: { reaction: 'approved-and-green' } },
  },
  { target: '#review.mergeable' },
] as const

/** What a look may find of a session that was started: it never looks unstarted again. */
const started = {
  'session.suspended': '#session.suspended',
  'session.starting': '#session.starting',
  'session.alive': toAlive,
  'session.unknown': '#session.detecting',
  'session.exited': toExited,
  'session.lost': toLost,
  'session.done': toDone,
  'session.closed': toClosedSession,
} as const

/** What a look may find of a session that may have been started since the last look, or not. */
const unstarted = { 'session.waiting': '#session.waiting', ...started } as const

/** Every look at an unmerged pull request may find it in any of these. */
const anyReview = {
  'review.none': '#review.none',
  'review.draft': '#review.draft',
  'review.open': '#review.open',
  'review.ci-failing': toCiFailing,
  'review.changes-requested': toChangesRequested,
  'review.conflicting': toConflicting,
  'review.approved': '#review.approved',
  'review.mergeable': toMergeable,
  'review.merged': '#review.merged',
  'review.closed': toClosed,
} as const

/** What may be due in any state. */
const anyReaction = [
  {
    guard: { type: 'isReaction', params: { reaction: 'ci-failed' } },
    actions: { type: 'sendToAgent', params: { reaction: 'ci-failed' } },
  },
  {
    guard: { type: 'isReaction', params: { reaction: 'changes-requested' } },
    actions: { type: 'sendToAgent', params: { reaction: 'changes-requested' } },
  },
  {
    guard: { type: 'isReaction', params: { reaction: 'bugbot-comments' } },
    actions: { type: 'sendToAgent', params: { reaction: 'bugbot-comments' } },
  },
  {
    guard: { type: 'isReaction', params: { reaction: 'merge-conflicts' } },
    actions: { type: 'sendToAgent', params: { reaction: 'merge-conflicts' } },
  },
  {
    guard: { type: 'isReaction', params: { reaction: 'approved-and-green' } },
    actions: { type: 'merge', params: { reaction: 'approved-and-green' } },
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

export const workerMachine = worker.createMachine({
  id: 'worker',
  type: 'parallel',
  on: { 'reaction.due': anyReaction },
  states: {
    session: {
      id: 'session',
      initial: 'pending',
      states: {
        pending: { on: unstarted },
        waiting: { on: unstarted },
        suspended: { on: unstarted },
        starting: { on: unstarted },
        alive: {
          initial: 'unknown',
          on: started,
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
        detecting: { on: unstarted },
        exited: { on: started },
        lost: { on: started },
        closed: { on: unstarted },
        done: { type: 'final' },
      },
    },
    review: {
      id: 'review',
      initial: 'none',
      states: {
        none: { on: anyReview },
        draft: { on: anyReview },
        open: { on: anyReview },
        'ci-failing': { on: anyReview },
        'changes-requested': { on: anyReview },
        conflicting: { on: anyReview },
        approved: { on: anyReview },
        mergeable: { on: anyReview },
        closed: { on: anyReview },
        merged: { type: 'final' },
      },
    },
  },
})
