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
export const declared = (_args: unknown, _params: ReactionParams): void => undefined

/** What both charts ask of an event. */
export const guards = {
  isArmed: ({ event }: Seen): boolean => event.armed === true,
  isActivity: ({ event }: Seen, params: ActivityParams): boolean =>
    event.activity === params.activity,
  isArmedActivity: ({ event }: Seen, params: ActivityParams): boolean =>
    event.activity === params.activity && event.armed === true,
  isReaction: ({ event }: Seen, params: ReactionParams): boolean =>
    event.reaction === params.reaction,
}

interface Seen {
  readonly event: {
    readonly type: string
    readonly armed?: boolean
    readonly activity?: SeenActivity
    readonly reaction?: string
  }
}

interface ActivityParams {
  readonly activity: SeenActivity
}

const worker = setup({
  types: { events: {} as WorkerEvent },
  actions: {
    sendToAgent: declared,
    notify: declared,
    merge: declared,
    restart: declared,
    cleanup: declared,
  },
  guards,
})

/** What an agent is seen doing where nothing is to be reacted to. */
export const toActivity = [
  seenDoing('stuck'),
  seenDoing('working'),
  seenDoing('idle'),
  seenDoing('needs-input'),
  seenDoing('needs-permission'),
  seenDoing('rate-limited'),
  { target: '#session.alive.unknown' },
] as const

const toAlive = [
  askingWhile('stuck', 'notify', 'agent-stuck'),
  askingWhile('idle', 'sendToAgent', 'agent-idle'),
  askingWhile('needs-input', 'notify', 'agent-needs-input'),
  askingWhile('needs-permission', 'notify', 'agent-needs-input'),
  ...toActivity,
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

/** What a look may find of a session that was started: it never looks unstarted again. */
const started = {
  'session.suspended': '#session.suspended',
  'session.starting': '#session.starting',
  'session.alive': toAlive,
  'session.unknown': '#session.detecting',
  'session.exited': asking('#session.exited', 'restart', 'agent-exited'),
  'session.lost': asking('#session.lost', 'restart', 'agent-exited'),
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
  'review.ci-failing': asking('#review.ci-failing', 'sendToAgent', 'ci-failed'),
  'review.changes-requested': asking(
    '#review.changes-requested',
    'sendToAgent',
    'changes-requested',
  ),
  'review.conflicting': asking('#review.conflicting', 'sendToAgent', 'merge-conflicts'),
  'review.approved': '#review.approved',
  'review.mergeable': asking('#review.mergeable', 'merge', 'approved-and-green'),
  'review.merged': '#review.merged',
  'review.closed': asking('#review.closed', 'notify', 'pr-closed'),
} as const

/** What may be due in any state. */
const anyReaction = [
  whenDue('sendToAgent', 'ci-failed'),
  whenDue('sendToAgent', 'changes-requested'),
  whenDue('sendToAgent', 'bugbot-comments'),
  whenDue('sendToAgent', 'merge-conflicts'),
  whenDue('merge', 'approved-and-green'),
  whenDue('notify', 'report-no-acknowledge'),
  whenDue('notify', 'report-stale'),
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

interface Asked<A extends string> {
  readonly type: A
  readonly params: ReactionParams
}

/** Leads to a state, and asks for a reaction while there is something to react to. */
export function asking<A extends string>(
  target: string,
  type: A,
  reaction: string,
): readonly [
  { readonly guard: 'isArmed'; readonly target: string; readonly actions: Asked<A> },
  { readonly target: string },
] {
  return [{ guard: 'isArmed', target, actions: { type, params: { reaction } } }, { target }]
}

/** The same for what an agent is seen doing, as long as nobody has reacted to it. */
export function askingWhile<A extends string>(
  activity: SeenActivity,
  type: A,
  reaction: string,
): {
  readonly guard: { readonly type: 'isArmedActivity'; readonly params: ActivityParams }
  readonly target: string
  readonly actions: Asked<A>
} {
  return {
    guard: { type: 'isArmedActivity', params: { activity } },
    target: `#session.alive.${activity}`,
    actions: { type, params: { reaction } },
  }
}

/** Asks for a reaction that is due whatever the state. */
export function whenDue<A extends string>(
  type: A,
  reaction: string,
): {
  readonly guard: { readonly type: 'isReaction'; readonly params: ReactionParams }
  readonly actions: Asked<A>
} {
  const params = { reaction }
  return { guard: { type: 'isReaction', params }, actions: { type, params } }
}

function seenDoing(activity: SeenActivity): {
  readonly guard: { readonly type: 'isActivity'; readonly params: ActivityParams }
  readonly target: string
} {
  return {
    guard: { type: 'isActivity', params: { activity } },
    target: `#session.alive.${activity}`,
  }
}
