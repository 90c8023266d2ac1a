import { HouseError } from '../errors.ts'
import type { SessionView } from '../lifecycle/facts.ts'
import { isDone } from '../lifecycle/facts.ts'
import type { PlannedAction } from '../plan/action.ts'
import { closedWords } from '../plan/grace.ts'
import { plan } from '../plan/plan.ts'
import type { ResourceKey } from '../resource/key.ts'
import { needsNothing } from '../resource/record.ts'
import { planInputOf } from './plan-input.ts'
import { recordAfterLook } from './record-facts.ts'
import type { State } from './state.ts'
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
  const seen = planInputOf(state, { ...world, views }, objects, eyes.now())
  const { actions } = plan({ ...seen, reacting: true })
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
  const stand = standOf(key, view, action)
  const { keeps, loses } = stand.state === 'cleanable' ? action : NOTHING
  return { key, ...stand, keeps, loses }
}

const NOTHING = { keeps: [], loses: [] } as const

type Stand = Omit<CleanupLine, 'key' | 'keeps' | 'loses'>

function standOf(key: ResourceKey, view: SessionView, action: PlannedAction): Stand {
  const { object, record } = view
  const { reason } = action
  const isLeaving = object.deletionTimestamp !== undefined
  if (object.kind === 'Orchestrator' && !isLeaving) {
    return skipped('Orchestrator', 'orchestrators are never cleaned up')
  }
  if (!isLeaving && !isDone(record)) return notOver(key, view)
  if (action.action === 'blocked') {
    return skipped('Blocked', reason, action.guards.find(({ passed }) => !passed)?.unblock)
  }
  if (action.action === 'unknown') {
    return skipped('Unknown', `it could not be looked at: ${reason}`, 'ao doctor')
  }
  if (action.code === 'Grace') return skipped('Grace', reason, `ao attach ${object.name}`)
  if (isLeaving || action.action === 'update') return { state: 'cleanable', code: 'Over', reason }
  if (needsNothing(record.outcome) && object.finalizers.length === 0) {
    return { state: 'clean', code: 'Over', reason }
  }
  const why = `${reason}; its workspace and branch stay until it is deleted`
  return skipped('Kept', why, `ao delete ${key}`)
}

function notOver(key: ResourceKey, { record, facts: { review } }: SessionView): Stand {
  if (review.state === 'unknown') {
    return skipped('Unknown', `whether it is over is not known: ${review.reason}`, 'ao doctor')
  }
  const { pullRequestClosed: closed } = record
  if (closed !== undefined) return skipped('Grace', closedWords(closed), `ao delete ${key}`)
  if (review.state === 'found' && review.pullRequest.state === 'closed') {
    const reason = `pull request #${review.pullRequest.number} was closed unmerged; a person says whether that is its end`
    return skipped('Closed', reason, `ao delete ${key}`)
  }
  return skipped('NotOver', 'it is not over')
}

function skipped(code: CleanupLine['code'], reason: string, next?: string): Stand {
  return { state: 'skipped', code, reason, ...(next === undefined ? {} : { next }) }
}
