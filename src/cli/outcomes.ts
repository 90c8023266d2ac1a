import { findCondition } from '../resource/conditions.ts'
import type { ResourceKey } from '../resource/key.ts'
import { lacksEnvironment, standingOf } from '../status/wait.ts'
import type { Desired } from '../resource/spec.ts'
import type { Status } from '../resource/status.ts'
import type { OutcomeState } from './output/progress-event.ts'

/** Files as far as outcomes care: the writer's store, or a reader's view of it. */
export interface Facts {
  readonly desired: { get(key: ResourceKey): Desired | undefined }
  readonly status: { get(key: ResourceKey): Status | undefined }
}

/** How one object came out: `undefined` while it is still in progress. */
export interface ObjectOutcome {
  readonly state: OutcomeState
  readonly message: string
}

/** Judges by conditions only. An object that is gone is done. */
export function outcomeOf(facts: Facts, key: ResourceKey): ObjectOutcome | undefined {
  const object = facts.desired.get(key)
  const status = facts.status.get(key)
  if (object === undefined) return { state: 'done', message: 'gone' }
  if (status === undefined) return undefined
  const ready = findCondition(status.conditions, 'Ready')
  const message = ready?.message ?? ''
  // A channel that is in trouble says so, and holds nobody up: it does not take part in the work.
  if (object.kind === 'Notifier' && object.deletionTimestamp === undefined) {
    return { state: 'done', message }
  }
  switch (standingOf(status.conditions, object.generation, status.observedGeneration)) {
    case 'Ready':
      return object.deletionTimestamp === undefined ? { state: 'done', message } : undefined
    case 'Waiting':
      return { state: 'waiting', message }
    case 'Stalled':
      return { state: 'stalled', message }
    case 'InProgress':
      return undefined
  }
}

/** Whether it is held up by what this machine lacks, such as tmux that is not installed, or a variable. */
export function isBlind(facts: Facts, key: ResourceKey): boolean {
  return lacksEnvironment(facts.status.get(key)?.conditions ?? [])
}

/** What went wrong with an object whose agent ended and that only a reconcile starts again; undefined for every other. */
export function crashOf(facts: Facts, key: ResourceKey): ObjectOutcome | undefined {
  const conditions = facts.status.get(key)?.conditions ?? []
  const ready = findCondition(conditions, 'Ready')
  if (ready?.reason !== 'CrashLoopBackOff') return undefined
  return { state: 'failed', message: ready.message }
}

/** 2 (manifests are invalid) before 6 (a person is needed) before 4 (some failed) before 7 (nobody could look) before 5 (time was up). */
export function exitCodeFor(result: {
  readonly invalid?: boolean
  readonly stalled: boolean
  readonly failed: boolean
  readonly blind: boolean
  readonly timedOut: boolean
}): number {
  if (result.invalid === true) return 2
  if (result.stalled) return 6
  if (result.failed) return 4
  if (result.blind) return 7
  return result.timedOut ? 5 : 0
}
