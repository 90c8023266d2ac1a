import { getAdjacencyMap } from 'xstate/graph'
import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode } from 'xstate'
import { initialTransition, transition } from 'xstate'
import { describe, expect, it, test } from 'vitest'

import type { OrchestratorEvent } from '../machines/orchestrator.ts'
import { orchestratorMachine } from '../machines/orchestrator.ts'
import { REACTION_NAMES } from '../src/resource/reactions.ts'
import type {
  ReactionEvent,
  ReviewEvent,
  SeenActivity,
  SessionEvent,
  WorkerEvent,
} from '../machines/worker.ts'
import { workerMachine } from '../machines/worker.ts'
import { advance } from '../src/lifecycle/advance.ts'
import type { LifecycleValue } from '../src/resource/status.ts'
import { ACTIVITIES } from '../src/resource/status.ts'
import { displayOf } from '../src/status/display.ts'
import {
  ALONE,
  NOW,
  alive,
  orchestrator,
  record,
  review,
  running,
  worker,
} from './support/builders.ts'

const SEEN: readonly SeenActivity[] = [...ACTIVITIES, 'stuck']

const SESSION_EVENTS: readonly SessionEvent[] = [
  { type: 'session.waiting' },
  { type: 'session.suspended' },
  { type: 'session.starting' },
  { type: 'session.unknown' },
  { type: 'session.done' },
  { type: 'session.closed' },
  ...[true, false].flatMap((armed): readonly SessionEvent[] => [
    ...SEEN.map(activity => ({ type: 'session.alive', activity, armed }) as const),
    { type: 'session.exited', armed },
    { type: 'session.lost', armed },
  ]),
]

const REVIEW_EVENTS: readonly ReviewEvent[] = [
  { type: 'review.none' },
  { type: 'review.draft' },
  { type: 'review.open' },
  { type: 'review.approved' },
  { type: 'review.merged' },
  ...[true, false].flatMap((armed): readonly ReviewEvent[] => [
    { type: 'review.ci-failing', armed },
    { type: 'review.changes-requested', armed },
    { type: 'review.mergeable', armed },
    { type: 'review.conflicting', armed },
    { type: 'review.closed', armed },
  ]),
]

const REACTION_EVENTS: readonly ReactionEvent[] = REACTION_NAMES.map(reaction => ({
  type: 'reaction.due',
  reaction,
}))

const WORKER_EVENTS: readonly WorkerEvent[] = [
  ...SESSION_EVENTS,
  ...REVIEW_EVENTS,
  ...REACTION_EVENTS,
]
const ORCHESTRATOR_EVENTS: readonly OrchestratorEvent[] = [
  ...SESSION_EVENTS.flatMap(event =>
    event.type === 'session.done' || event.type === 'session.closed' ? [] : [event],
  ),
  ...REACTION_EVENTS,
]

const MACHINES: readonly (readonly [string, AnyStateMachine, readonly WorkerEvent[]])[] = [
  ['worker', workerMachine, WORKER_EVENTS],
  ['orchestrator', orchestratorMachine, ORCHESTRATOR_EVENTS],
]

/** Every state that any sequence of events leads to, each with the states that one more event leads to. */
function explore(
  machine: AnyStateMachine,
  events: readonly WorkerEvent[],
): Map<string, Set<string>> {
  const map = getAdjacencyMap(machine, {
    events: [...events],
    serializeState: snapshot => JSON.stringify((snapshot as AnyMachineSnapshot).value),
  })
  return new Map(
    Object.entries(map).map(([state, { transitions }]) => [
      state,
      new Set(
        Object.values<{ readonly state: unknown }>(transitions).map(next =>
          JSON.stringify((next.state as AnyMachineSnapshot).value),
        ),
      ),
    ]),
  )
}

function leaves(node: AnyStateNode): readonly AnyStateNode[] {
  const children = Object.values(node.states)
  return children.length === 0 ? [node] : children.flatMap(child => leaves(child))
}

/** Dotted names of the leaf states a value stands in, such as `session.alive.idle`. */
function namesOf(value: unknown, prefix = ''): readonly string[] {
  if (typeof value === 'string') return [`${prefix}${value}`]
  return Object.entries(value as object).flatMap(([name, inner]) =>
    namesOf(inner, `${prefix}${name}.`),
  )
}

describe.each(MACHINES)('the %s machine', (_name, machine, events) => {
  const graph = explore(machine, events)
  const nodes = leaves(machine.root)

  it('reaches every state', () => {
    const reached = new Set([...graph.keys()].flatMap(state => namesOf(JSON.parse(state))))
    expect([...reached].sort()).toEqual(nodes.map(node => node.path.join('.')).sort())
  })

  it('has no trap: every state that is not final has an exit, and leads back to work', () => {
    const final = new Set(
      nodes.filter(node => node.type === 'final').map(node => node.path.join('.')),
    )
    expect([...final].sort()).toEqual(
      machine === workerMachine ? ['review.merged', 'session.done'] : [],
    )
    for (const [state, next] of graph) {
      for (const name of namesOf(JSON.parse(state))) {
        const left = [...next].some(other => !namesOf(JSON.parse(other)).includes(name))
        expect([state, name, left]).toEqual([state, name, !final.has(name)])
        const working = [...next].some(other => other.includes('"alive":"working"'))
        if (!state.includes('"done"')) expect([state, working]).toEqual([state, true])
      }
    }
  })

  it('never leaves a final state, whatever comes', () => {
    for (const [state, next] of graph) {
      const value = JSON.parse(state) as LifecycleValue
      for (const other of next) {
        const after = JSON.parse(other) as LifecycleValue
        if (value.session === 'done') expect(after.session).toBe('done')
        if (value.review === 'merged') expect(after.review).toBe('merged')
      }
    }
  })
})

test.each([
  [{ type: 'session.alive', activity: 'stuck', armed: true }, 'notify', 'agent-stuck'],
  [{ type: 'session.exited', armed: true }, 'restart', 'agent-exited'],
  [{ type: 'session.lost', armed: true }, 'restart', 'agent-exited'],
  [{ type: 'session.done' }, 'cleanup', 'merged'],
  [{ type: 'session.closed' }, 'cleanup', 'closed'],
  [{ type: 'review.ci-failing', armed: true }, 'sendToAgent', 'ci-failed'],
  [{ type: 'review.changes-requested', armed: true }, 'sendToAgent', 'changes-requested'],
  [{ type: 'review.mergeable', armed: true }, 'merge', 'approved-and-green'],
] as const)(
  'the worker answers $0.type with $1 for $2, and only when armed',
  (event, action, reaction) => {
    const [initial] = initialTransition(workerMachine)
    const [next, actions] = transition(workerMachine, initial, event)
    expect(actions.map(({ type, params }) => ({ type, params }))).toEqual([
      { type: action, params: { reaction } },
    ])
    // The same look again asks again: a reaction that failed is not lost.
    if (!('armed' in event)) return
    expect(transition(workerMachine, next, event)[1]).toHaveLength(1)
    expect(transition(workerMachine, initial, { ...event, armed: false })[1]).toEqual([])
  },
)

/** Every state of the charts, with the word people read for it. */
const WORDS: Readonly<Record<string, string>> = {
  'session.pending': 'Pending',
  'session.waiting': 'Waiting',
  'session.suspended': 'Suspended',
  'session.starting': 'Starting',
  'session.detecting': 'Detecting',
  'session.exited': 'Exited',
  'session.lost': 'Lost',
  'session.done': 'Done',
  'session.closed': 'Closed',
  'session.alive.unknown': 'Running',
  'session.alive.working': 'Working',
  'session.alive.idle': 'Idle',
  'session.alive.needs-input': 'NeedsInput',
  'session.alive.needs-permission': 'NeedsPermission',
  'session.alive.rate-limited': 'RateLimited',
  'session.alive.stuck': 'Stuck',
  'review.none': 'Working',
  'review.draft': 'Working',
  'review.open': 'Reviewing',
  'review.ci-failing': 'Fixing',
  'review.changes-requested': 'Revising',
  'review.conflicting': 'Conflicting',
  'review.approved': 'Approved',
  'review.mergeable': 'Mergeable',
  'review.merged': 'Merged',
  'review.closed': 'Closed',
}

it('has one word for every state of the charts', () => {
  const nodes = [...leaves(workerMachine.root), ...leaves(orchestratorMachine.root)]
  const names = new Set(nodes.map(node => node.path.join('.')))
  expect([...names].sort()).toEqual(Object.keys(WORDS).sort())
  for (const name of names) {
    const [region, state = '', child] = name.split('.')
    const value: LifecycleValue =
      region === 'review'
        ? { session: { alive: 'working' }, review: state }
        : { session: child === undefined ? state : { alive: child }, review: 'none' }
    expect([name, displayOf(value, [])]).toEqual([name, WORDS[name]])
  }
})

describe('a stored value that the chart does not know', () => {
  const object = worker()
  const seen = running({ review: review({ checks: 'pending' }), process: alive(1) })
  const input = {
    object,
    record: record(object, { attempt: 1 }),
    facts: seen,
    company: ALONE,
    since: {},
    now: NOW.getTime(),
    waiting: false,
    reacting: false,
  }

  it.each([
    ['nothing', undefined],
    ['no object', 'alive'],
    ['an object of another shape', { state: 'alive' }],
    ['an unknown state', { session: 'undead', review: 'open' }],
    ['an unknown substate', { session: { alive: 'dreaming' }, review: 'open' }],
    ['an unknown review', { session: 'pending', review: 'sideways' }],
    ['a missing region', { session: 'pending' }],
  ])('is derived anew from the facts: %s', (_what, previous) => {
    expect(advance({ ...input, previous })).toMatchObject({
      value: { session: { alive: 'working' }, review: 'open' },
      unexpected: undefined,
    })
  })

  it('is so for an orchestrator too, which has no review', () => {
    const coordinator = orchestrator()
    const moved = advance({
      ...input,
      object: coordinator,
      record: record(coordinator, { attempt: 1 }),
      previous: { session: 'undead', review: 'open' },
    })
    expect(moved.value).toEqual({ session: { alive: 'working' } })
    expect(moved.unexpected).toBeUndefined()
  })
})
