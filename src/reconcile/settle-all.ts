import { toHouseError } from '../errors.ts'
import type { SessionView } from '../lifecycle/facts.ts'
import type { PlannedAction } from '../plan/action.ts'
import { earliest } from '../resource/duration.ts'
import type { ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import type { Desired } from '../resource/spec.ts'
import { isSession } from '../resource/spec.ts'
import type { Status } from '../resource/status.ts'
import { adviseReactions } from './advise.ts'
import type { Advice } from './advise.ts'
import type { Deps } from './deps.ts'
import type { Jobs } from './jobs.ts'
import { settleUnfinishedMerges } from './merge-journal.ts'
import type { AgentNews } from './reports.ts'
import { settleChannel } from './settle-channel.ts'
import { settleProject } from './settle-project.ts'
import { tellForge, tellRenamed, tellStalled } from './tell-project.ts'
import type { World } from './world.ts'

export interface SettleInput {
  readonly deps: Deps
  readonly jobs: Jobs
  readonly world: World
  readonly actions: readonly PlannedAction[]
  /** What agents said, by uid. */
  readonly news: ReadonlyMap<string, AgentNews>
  readonly reacting: boolean
  readonly tick: number
}

export interface Settled {
  readonly changed: boolean
  /** The same but for statuses. */
  readonly acted: boolean
  readonly nextAt: number | undefined
}

/** Writes what is so of every object, and answers what asks for an answer. Sessions that are being worked on are left out. */
export async function settleAll(input: SettleInput): Promise<Settled> {
  const { deps, jobs, world, actions, tick } = input
  let [changed, acted] = [false, false]
  const times: (number | undefined)[] = []
  const byKey = new Map(actions.map(action => [action.key, action]))
  for (const object of deps.store.desired.all().values()) {
    const key = keyOf(object.kind, object.name)
    const view = world.views.get(key)
    const action = byKey.get(key)
    if (!isSession(object) || view === undefined || action === undefined) {
      changed = (await put(deps, key, await staticStatus(deps, object, world))) || changed
      continue
    }
    if (!jobs.isSeen(key, tick)) continue
    if (action.steps.length === 0) jobs.forgive(key)
    const advice = await contain(deps, key, async () =>
      advise(input, { uid: object.uid, view, action }),
    )
    if (advice === undefined) continue
    times.push(advice.nextAt)
    acted ||= advice.changed
    changed = (await put(deps, key, advice.status)) || changed
  }
  return {
    changed: changed || acted,
    acted,
    nextAt: earliest(times),
  }
}

async function advise(
  { deps, jobs, world, news, reacting, tick }: SettleInput,
  {
    uid,
    view,
    action,
  }: { readonly uid: string; readonly view: SessionView; readonly action: PlannedAction },
): Promise<Advice> {
  await settleUnfinishedMerges({ deps, jobs, world, tick }, view)
  return adviseReactions({ deps, jobs, world, view, action, news: news.get(uid), tick, reacting })
}

/** A defect in the handling of one object is that object's alone: the others go on. What concerns the whole home is thrown on. */
async function contain<T>(
  deps: Deps,
  key: ResourceKey,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    const failure = toHouseError(error)
    if (failure.code !== 'Internal' && failure.code !== 'Failed') throw error
    await deps.store.events.append({
      type: 'Warning',
      reason: 'ReconcileFailed',
      object: key,
      attempt: 0,
      message: `Settling it failed, and is tried again: ${failure.message}`,
    })
    return undefined
  }
}

async function put(deps: Deps, key: ResourceKey, status: Status | undefined): Promise<boolean> {
  return status === undefined ? false : deps.store.status.put(key, status)
}

async function staticStatus(
  deps: Deps,
  object: Desired,
  world: World,
): Promise<Status | undefined> {
  if (object.kind === 'Notifier') return settleChannel(deps, object)
  const { store, now } = deps
  const before = store.status.get(keyOf(object.kind, object.name))
  const project = world.projects.get(object.name)
  if (object.kind !== 'Project' || project === undefined) return undefined
  const { repositories, pullRequests } = world.snapshot
  const seen = {
    repository: repositories.get(object.name),
    forge: pullRequests.get(object.name),
  }
  const source = store.sources.get(object.source)
  const status = before !== undefined && !('lifecycle' in before) ? before : undefined
  const settled = settleProject(object, project, seen, { status, source, now: now() })
  const turn = { before: status?.conditions ?? [], after: settled.conditions }
  await tellStalled(store, object, turn)
  await tellForge(store, object, turn)
  const { forge } = seen
  const renamed = forge?.state === 'found' ? forge.value.renamed : undefined
  await tellRenamed(store, object, turn, renamed)
  return settled
}
