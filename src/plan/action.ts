import type { LeftBranch } from '../lifecycle/facts.ts'
import type { Kind, ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import type { Position } from '../resource/spec.ts'

/** What can happen to an object, in the words that `ao diff` prints. */
export const VERBS = [
  'create',
  'update',
  'restart',
  'replace',
  'adopt',
  'suspend',
  'resume',
  'prune',
  'delete',
  'wait',
  'blocked',
  'unknown',
  'unchanged',
] as const

export type Verb = (typeof VERBS)[number]

/** One changed field. Texts are already shortened, and secrets and prompts are told by hash and length only. */
export interface Change {
  readonly path: string
  readonly before?: string
  readonly after?: string
  /** Where the new value stands. */
  readonly position?: Position
}

/** What a named guard said before something destructive. */
export interface GuardVerdict {
  readonly guard: string
  readonly passed: boolean
  readonly message: string
  /** The command that lifts it. */
  readonly unblock?: string
}

/** The names of the steps; each is carried out by the step of that name in `execute/`. */
export const STEP_NAMES = [
  'base.fetch',
  'branch.create',
  'workspace.add',
  'workspace.populate',
  'workspace.prepare',
  'session.start',
  'session.stop',
  'workspace.preserve',
  'workspace.remove',
  'branch.delete',
] as const

export type StepName = (typeof STEP_NAMES)[number]

/** A step to carry out, as data. Everything a step needs beyond it is read from the object itself. */
export type PlannedStep =
  | {
      readonly step: 'base.fetch' | 'workspace.add' | 'workspace.populate' | 'workspace.prepare'
    }
  | { readonly step: 'branch.create'; readonly left?: LeftBranch }
  | { readonly step: 'session.start'; readonly attempt: number }
  | { readonly step: 'session.stop'; readonly why: string }
  | { readonly step: 'workspace.preserve' | 'workspace.remove' }
  | {
      readonly step: 'branch.delete'
      readonly keepBranch: boolean
      readonly expectedSha: string | undefined
    }

/** What will be done to one object, and why. */
export interface PlannedAction {
  readonly action: Verb
  readonly kind: Kind
  readonly name: string
  readonly key: ResourceKey
  /** A closed word for machines, such as `NotDeclared`. */
  readonly code: string
  /** One clause for people. */
  readonly reason: string
  readonly position?: Position
  readonly changes: readonly Change[]
  readonly unchangedFields: number
  readonly details: readonly (readonly [label: string, text: string])[]
  readonly keeps: readonly string[]
  readonly loses: readonly string[]
  readonly guards: readonly GuardVerdict[]
  /** Objects it waits for. */
  readonly after: readonly ResourceKey[]
  /** What a blocked action would have done. */
  readonly blockedVerb?: Verb
  readonly steps: readonly PlannedStep[]
  /** A waiting action is worth looking at again after so many milliseconds. */
  readonly retryAfterMs?: number
}

type Subject = Pick<PlannedAction, 'action' | 'kind' | 'name' | 'code' | 'reason'>

/** An action with everything that is not said left empty. */
export function plannedAction(about: Subject & Partial<PlannedAction>): PlannedAction {
  return {
    key: keyOf(about.kind, about.name),
    changes: [],
    unchangedFields: 0,
    details: [],
    keeps: [],
    loses: [],
    guards: [],
    after: [],
    steps: [],
    ...about,
  }
}

/** Something that stands in the way, and the command that lifts it. */
export interface Obstacle {
  readonly code: string
  readonly reason: string
  readonly unblock: string
  /** What would have been done. */
  readonly verb: Verb
}

/** What a blocked action says of its obstacle. */
export function blockedBy(
  obstacle: Obstacle,
): Pick<PlannedAction, 'action' | 'code' | 'reason' | 'guards'> & { readonly blockedVerb: Verb } {
  const { code, reason, unblock, verb } = obstacle
  const guards = [{ guard: code, passed: false, message: reason, unblock }]
  return { action: 'blocked', code, reason, guards, blockedVerb: verb }
}

/** An outside change. */
export interface Drift {
  readonly key: ResourceKey
  readonly reason: string
  readonly message: string
  /** What we will do about it: `left alone`, `will be restarted`. */
  readonly consequence: string
}

export interface UnknownFact {
  readonly key: ResourceKey
  readonly reason: string
  readonly message: string
}

export interface PlannedBase {
  readonly project: string
  /** Such as `origin/main`. */
  readonly ref: string
  readonly sha: string
  /** When origin was last fetched, RFC 3339. */
  readonly fetchedAt?: string
}

/** The ordered list of actions that takes what is observed to what is desired. */
export interface Plan {
  readonly actions: readonly PlannedAction[]
  readonly drift: readonly Drift[]
  readonly unknown: readonly UnknownFact[]
  readonly summary: Readonly<Record<Verb, number>>
  /** RFC 3339. */
  readonly observedAt: string
  readonly bases: readonly PlannedBase[]
}

/** Whether carrying out the action takes something away that a person may miss. */
export function isDestructive(action: PlannedAction): boolean {
  switch (action.action) {
    case 'prune':
    case 'delete':
    case 'replace':
      return true
    // A restart keeps branch, workspace and all work.
    case 'restart':
    case 'create':
    case 'update':
    case 'adopt':
    case 'suspend':
    case 'resume':
    case 'wait':
    case 'blocked':
    case 'unknown':
    case 'unchanged':
      return false
  }
}

/** Whether there is something to do or to say: waiting is not a difference. */
export function isDifference(action: PlannedAction): boolean {
  return action.action !== 'unchanged' && action.action !== 'wait'
}

export function summarize(actions: readonly PlannedAction[]): Record<Verb, number> {
  const summary: Record<Verb, number> = {
    create: 0,
    update: 0,
    restart: 0,
    replace: 0,
    adopt: 0,
    suspend: 0,
    resume: 0,
    prune: 0,
    delete: 0,
    wait: 0,
    blocked: 0,
    unknown: 0,
    unchanged: 0,
  }
  for (const action of actions) summary[action.action] += 1
  return summary
}
