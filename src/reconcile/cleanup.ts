import { HouseError } from '../errors.ts'
import type { SessionView } from '../lifecycle/facts.ts'
import { isDone } from '../lifecycle/facts.ts'
import type { PlannedAction } from '../plan/action.ts'
import { closedWords } from '../plan/grace.ts'
import { plan } from '../plan/plan.ts'
import type { ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import { needsNothing } from '../resource/record.ts'
import { recordAfterLook } from './record-facts.ts'
import type { State } from './state.ts'
import { doneWorkers, isLookedAt } from './state.ts'
import type { Eyes, World } from './world.ts'
import { look } from './world.ts'

/** How a session stands towards being cleaned up. */
export interface CleanupLine {
  readonly key: ResourceKey
  /** `cleanable`: it is over, and something is left of it. `clean`: it is over, and nothing is. */
  readonly state: 'cleanable' | 'clean' | 'skipped'
  /** Why it is skipped, for machines. */
  readonly code:
    | 'Over'
    | 'NotOver'
    | 'Orchestrator'
    | 'Grace'
    | 'Blocked'
    | 'Unknown'
    | 'Closed'
    | 'Kept'
  readonly reason: string
  /** The command that changes it. */
  readonly next?: string
  readonly keeps: readonly string[]
  readonly loses: readonly string[]
}

/** Looks at the sessions and says of each, in the order given, what cleaning up would do. Nothing is written. */
export async function surveyCleanup(
  eyes: Eyes,
  state: State,
  keys: readonly ResourceKey[],
  signal: AbortSignal,
): Promise<readonly CleanupLine[]> {
  const objects = [...state.desired.values()]
  const first = await look(eyes, state, { objects, leaving: new Set(), signal })
  const over = overIn(first, eyes.now())
  // What would go is inspected only for what is over: it costs a git for each.
  const world =
    over.size === 0 ? first : await look(eyes, state, { objects, leaving: over, signal })
  const views = recorded(world, eyes.now())
  const known = objects.map(({ kind, name }) => keyOf(kind, name))
  const { actions } = plan({
    objects,
    admitted: new Map(),
    conflicts: [],
    pruned: new Set(),
    pruneHeld: undefined,
    views,
    known: new Set(known.filter(key => isLookedAt(state.status(key)))),
    done: doneWorkers(state),
    bases: world.bases,
    reacting: true,
    now: eyes.now(),
  })
  const byKey = new Map(actions.map(action => [action.key, action]))
  return keys.flatMap(key => {
    const [view, action] = [views.get(key), byKey.get(key)]
    return view === undefined || action === undefined ? [] : [lineOf(key, view, action)]
  })
}

/** Throws `Usage` for what is no session. */
export function assertSessions(keys: readonly ResourceKey[]): void {
  const other = keys.find(key => !key.startsWith('Worker/') && !key.startsWith('Orchestrator/'))
  if (other === undefined) return
  throw new HouseError('Usage', `${other} is no session; only sessions are cleaned up`, {
    next: 'ao get workers',
  })
}

function recorded({ views, projects }: World, now: Date): ReadonlyMap<ResourceKey, SessionView> {
  return new Map(
    [...views].map(([key, view]) => {
      const project = projects.get(view.object.spec.project)?.spec
      return [key, { ...view, record: recordAfterLook(view, now, { project }).record }]
    }),
  )
}

function overIn(world: World, now: Date): ReadonlySet<ResourceKey> {
  const views = [...recorded(world, now)]
  return new Set(views.filter(([, { record }]) => needsNothing(record.outcome)).map(([key]) => key))
}

function lineOf(key: ResourceKey, view: SessionView, action: PlannedAction): CleanupLine {
  const { object, record } = view
  const line = (
    state: CleanupLine['state'],
    code: CleanupLine['code'],
    reason: string,
    next?: string,
  ): CleanupLine => ({
    key,
    state,
    code,
    reason,
    ...(next === undefined ? {} : { next }),
    keeps: state === 'cleanable' ? action.keeps : [],
    loses: state === 'cleanable' ? action.loses : [],
  })
  const isLeaving = object.deletionTimestamp !== undefined
  if (object.kind === 'Orchestrator' && !isLeaving) {
    return line('skipped', 'Orchestrator', 'orchestrators are never cleaned up')
  }
  if (!isLeaving && !isDone(record)) return notOver(view, line)
  if (action.action === 'blocked') {
    const unblock = action.guards.find(({ passed }) => !passed)?.unblock
    return line('skipped', 'Blocked', action.reason, unblock)
  }
  if (action.action === 'unknown') {
    return line('skipped', 'Unknown', `it could not be looked at: ${action.reason}`, 'ao doctor')
  }
  if (action.code === 'Grace') {
    return line('skipped', 'Grace', action.reason, `ao attach ${object.name}`)
  }
  if (isLeaving || action.action === 'update') return line('cleanable', 'Over', action.reason)
  return needsNothing(record.outcome) && object.finalizers.length === 0
    ? line('clean', 'Over', action.reason)
    : line(
        'skipped',
        'Kept',
        `${action.reason}; its workspace and branch stay until it is deleted`,
        `ao delete ${key}`,
      )
}

function notOver(
  { object, record, facts }: SessionView,
  line: (
    state: CleanupLine['state'],
    code: CleanupLine['code'],
    reason: string,
    next?: string,
  ) => CleanupLine,
): CleanupLine {
  const { review } = facts
  if (review.state === 'unknown') {
    const reason = `whether it is over is not known: ${review.reason}`
    return line('skipped', 'Unknown', reason, 'ao doctor')
  }
  const { pullRequestClosed: closed } = record
  if (closed !== undefined) {
    return line('skipped', 'Grace', closedWords(closed), `ao delete ${object.kind}/${object.name}`)
  }
  if (review.state === 'found' && review.pullRequest.state === 'closed') {
    const reason = `pull request #${review.pullRequest.number} was closed unmerged; a person says whether that is its end`
    return line('skipped', 'Closed', reason, `ao delete ${object.kind}/${object.name}`)
  }
  return line('skipped', 'NotOver', 'it is not over')
}
