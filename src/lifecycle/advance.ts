import { initialTransition, transition } from 'xstate'
import type { AnyMachineSnapshot, AnyStateMachine, StateValue, StateValueMap } from 'xstate'

import { orchestratorMachine } from '../../machines/orchestrator.ts'
import type { ReviewEvent, SeenActivity, SessionEvent, WorkerEvent } from '../../machines/worker.ts'
import { workerMachine } from '../../machines/worker.ts'
import { isSameJson } from '../resource/same-json.ts'
import type { ReactionName } from '../resource/spec.ts'
import type { LifecycleValue, OrchestratorLifecycleValue } from '../resource/status.ts'
import { isDone, wanted, wasStopped } from './facts.ts'
import { isStuck } from './reaction-agent.ts'
import { isMergeable } from './merge-judgement.ts'
import type { DueReaction, HeldReaction, ReactionInput } from './reaction.ts'
import { dueReactions } from './reactions.ts'

type StoredValue = LifecycleValue | OrchestratorLifecycleValue

export interface Advance {
  readonly value: StoredValue
  /** What the chart asks for now, decided from the facts. */
  readonly reactions: readonly DueReaction[]
  /** What would be due, and why it is left alone. */
  readonly held: readonly HeldReaction[]
  /** When time alone will change something, milliseconds since the epoch. */
  readonly nextAt: number | undefined
  /** The chart had no such transition: observation won. */
  readonly unexpected: string | undefined
}

export interface AdvanceInput extends ReactionInput {
  /** The stored value, whatever it is; one the chart doesn't know is derived anew. */
  readonly previous: unknown
  /** The session waits for a dependency or for capacity. */
  readonly waiting: boolean
  /** Whether reactions run in this pass; without them nothing is armed. */
  readonly reacting: boolean
}

/** Moves a session's chart by what was seen, and collects the reactions its transitions ask for. Pure. */
export function advance(input: AdvanceInput): Advance {
  const machine: AnyStateMachine =
    input.object.kind === 'Worker' ? workerMachine : orchestratorMachine
  const { due, held, nextAt } = dueReactions(input)
  const armed = input.reacting ? due : []
  const events = lifecycleEvents(input, armed)
  let reached = step(machine, input.previous).value
  const asked = new Set<string>()
  const take = (event: WorkerEvent): void => {
    const next = step(machine, reached, event)
    for (const reaction of next.asked) asked.add(reaction)
    reached = next.value
  }
  for (const event of events) take(event)
  for (const { reaction } of armed) {
    if (!asked.has(reaction)) take({ type: 'reaction.due', reaction })
  }
  const value = mergeValue(reached, expectedValue(events))
  const unexpected = isSameJson(reached, value)
    ? undefined
    : `${JSON.stringify(reached)} became ${JSON.stringify(value)}`
  const reactions = armed.filter(reaction => asked.has(reaction.reaction))
  return { value: normalize(value), reactions, held, nextAt, unexpected }
}

interface Step {
  readonly value: StateValue
  /** The reactions that the transition's actions belong to. */
  readonly asked: readonly string[]
}

/** What the charts say of a state and an event. They remember nothing but their state, so it is the same every time, and a fleet asks for a few of them over and over. */
const steps = new Map<string, Step>()

/** From a stored state, by an event; without one, the state that it stands for. */
function step(machine: AnyStateMachine, stored: unknown, event?: WorkerEvent): Step {
  const id = `${machine.id} ${JSON.stringify([stored, event])}`
  const known = steps.get(id)
  if (known !== undefined) return known
  const before = restore(machine, stored)
  const [after, actions] = event === undefined ? [before, []] : transition(machine, before, event)
  const made = { value: after.value, asked: actions.map(action => reactionOf(action.params)) }
  steps.set(id, made)
  return made
}

function reactionOf(params: unknown): string {
  if (typeof params !== 'object' || params === null || !('reaction' in params)) return ''
  return String(params.reaction)
}

/** The chart in a stored state; in its first one where there is none, or where it is of an older chart: the facts lead on from there. */
function restore(machine: AnyStateMachine, stored: unknown): AnyMachineSnapshot {
  if (typeof stored === 'object' && stored !== null && 'session' in stored) {
    try {
      return machine.resolveState({ value: stored as StateValueMap, context: {} })
    } catch {
      // It has no such state.
    }
  }
  return initialTransition(machine)[0]
}

/** One event a region: what this look says. */
function lifecycleEvents(
  input: AdvanceInput,
  armed: readonly DueReaction[],
): readonly (SessionEvent | ReviewEvent)[] {
  const session = sessionEvent(input, armed)
  const review = input.object.kind === 'Worker' ? reviewEvent(input, armed) : undefined
  return [session, review].flatMap(event => (event === undefined ? [] : [event]))
}

function sessionEvent(
  input: AdvanceInput,
  armed: readonly DueReaction[],
): SessionEvent | undefined {
  const { facts, object, record } = input
  const isArmed = (name: string): boolean => armed.some(reaction => reaction.reaction === name)
  if (isDone(record) && object.kind === 'Worker') {
    return { type: record.outcome?.state === 'Closed' ? 'session.closed' : 'session.done' }
  }
  const { process } = facts
  switch (process.state) {
    case 'unknown':
      return { type: 'session.unknown' }
    case 'alive':
      return aliveEvent(isStuck(input) ? 'stuck' : facts.activity, isArmed)
    case 'exited':
      if (wanted(object) === 'suspended') return { type: 'session.suspended' }
      return { type: 'session.exited', armed: isArmed('agent-exited') }
    case 'foreign':
    case 'absent':
      return absentEvent(input, isArmed('agent-exited'))
  }
}

function aliveEvent(activity: SeenActivity, isArmed: (name: string) => boolean): SessionEvent {
  const reaction = ACTIVITY_REACTIONS[activity]
  return {
    type: 'session.alive',
    activity,
    armed: reaction !== undefined && isArmed(reaction),
  }
}

/** What the chart asks for when it sees an agent do this. */
const ACTIVITY_REACTIONS: Readonly<Partial<Record<SeenActivity, ReactionName>>> = {
  stuck: 'agent-stuck',
  idle: 'agent-idle',
  'needs-input': 'agent-needs-input',
  'needs-permission': 'agent-needs-input',
}

function absentEvent(input: AdvanceInput, armed: boolean): SessionEvent | undefined {
  const { object, record, waiting } = input
  switch (wanted(object)) {
    case 'deleted':
      return undefined
    case 'suspended':
      return { type: 'session.suspended' }
    case 'running':
      if (waiting && record.launches.length === 0) return { type: 'session.waiting' }
      if (record.launches.length === 0 || wasStopped(record)) {
        return { type: 'session.starting' }
      }
      return { type: 'session.lost', armed }
  }
}

function reviewEvent(input: AdvanceInput, armed: readonly DueReaction[]): ReviewEvent | undefined {
  const { review } = input.facts
  const isArmed = (name: string): boolean => armed.some(reaction => reaction.reaction === name)
  if (review.state === 'unknown') return undefined
  if (review.state !== 'found') return { type: 'review.none' }
  const { pullRequest } = review
  if (pullRequest.state === 'merged') return { type: 'review.merged' }
  if (pullRequest.state === 'closed') return { type: 'review.closed', armed: isArmed('pr-closed') }
  if (pullRequest.state === 'draft') return { type: 'review.draft' }
  if (pullRequest.checks === 'failing')
    return { type: 'review.ci-failing', armed: isArmed('ci-failed') }
  if (pullRequest.review === 'changes-requested' && !pullRequest.answered) {
    return { type: 'review.changes-requested', armed: isArmed('changes-requested') }
  }
  if (pullRequest.mergeable === 'conflicting') {
    return { type: 'review.conflicting', armed: isArmed('merge-conflicts') }
  }
  if (isMergeable(input, pullRequest)) {
    return { type: 'review.mergeable', armed: isArmed('approved-and-green') }
  }
  return pullRequest.review === 'approved' ? { type: 'review.approved' } : { type: 'review.open' }
}

/** Where each event leads when the chart agrees. */
function expectedValue(events: readonly (SessionEvent | ReviewEvent)[]): Partial<LifecycleValue> {
  let expected: Partial<LifecycleValue> = {}
  for (const event of events) {
    if (event.type.startsWith('review.')) {
      expected = { ...expected, review: event.type.slice('review.'.length) }
    } else if (event.type === 'session.alive') {
      expected = { ...expected, session: { alive: event.activity } }
    } else {
      const name =
        event.type === 'session.unknown' ? 'detecting' : event.type.slice('session.'.length)
      expected = { ...expected, session: name }
    }
  }
  return expected
}

function mergeValue(reached: unknown, expected: Partial<LifecycleValue>): Record<string, unknown> {
  const base = typeof reached === 'object' && reached !== null ? { ...reached } : {}
  return { ...base, ...expected }
}

function normalize(value: Record<string, unknown>): StoredValue {
  const session = value['session']
  const review = value['review']
  const sessionValue = typeof session === 'string' ? session : { alive: aliveChild(session) }
  return typeof review === 'string' ? { session: sessionValue, review } : { session: sessionValue }
}

function aliveChild(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'alive' in value) return String(value.alive)
  return 'unknown'
}
