import { runAction } from '../execute/run.ts'
import type { Execution } from '../execute/step.ts'
import { toHouseError, withNext } from '../errors.ts'
import type { PlannedAction } from '../plan/action.ts'
import { plan } from '../plan/plan.ts'
import type { SessionView } from '../lifecycle/facts.ts'
import type { Snapshot } from '../observe/snapshot.ts'
import { earliest } from '../resource/duration.ts'
import type { ResourceKey } from '../resource/key.ts'
import type { SessionRecord } from '../resource/record.ts'
import { needsNothing } from '../resource/record.ts'
import type { Desired, DesiredSession } from '../resource/spec.ts'
import type { NewEvent } from '../store/types.ts'
import { EVENT_WORDS } from './announce.ts'
import { ClockJumps } from './clock-jumps.ts'
import type { Deps } from './deps.ts'
import { settleUnfinishedStarts } from './cut-short.ts'
import { executionOf } from './execution.ts'
import { finishRemoval, forget, holdAgain } from './finish.ts'
import { Jobs } from './jobs.ts'
import { clearLeftovers } from './leftovers.ts'
import { deliverOutbox } from './outbox.ts'
import { planInputOf } from './plan-input.ts'
import { PRIORITY } from './queue.ts'
import type { Recorded } from './record-facts.ts'
import { recordAfterLook } from './record-facts.ts'
import type { AgentNews } from './reports.ts'
import { consumeReports, newsAfter, readReports } from './reports.ts'
import { Restarts, restartsIn } from './restarts.ts'
import { startChecks } from './checks.ts'
import { settleAll } from './settle-all.ts'
import { newRecord, sourcePathsOf, stateOf } from './state.ts'
import { together } from './together.ts'
import { TrackerSync } from './tracker-sync.ts'
import type { Eyes, World } from './world.ts'
import { look, workspaceTarget } from './world.ts'

const RESYNC_MS = 60_000
/** How old a look may be that a cycle takes over from the plan that was printed. */
const SEEN_MS = 1000

/** What one cycle found and did. */
export interface Cycle {
  /** When its look began, on the clock of the jobs. */
  readonly tick: number
  readonly actions: readonly PlannedAction[]
  readonly world: World
  /** Anything was begun, written or let go: another look is worth it. */
  readonly changed: boolean
  /** The same but for statuses: what there is to do does not follow from them, as long as nobody reacts. */
  readonly acted: boolean
  /** When time alone will make something due, milliseconds since the epoch. */
  readonly nextAt: number | undefined
}

/** A look, and when it began on the clock of `performance`. */
export interface Seen {
  readonly snapshot: Snapshot
  readonly at: number
}

/**
 * The reconciler: each cycle looks once at everything, derives what is so, plans, and begins what is due in the background. It keeps nothing in
 * memory that matters: what runs, what failed, and when to try again.
 */
export class Engine {
  readonly deps: Deps
  readonly jobs: Jobs
  /** Tokens of requests that were taken up already. */
  readonly taken = new Set<string>()
  readonly #eyes: Eyes
  readonly #execution: Execution
  readonly #jumps: ClockJumps
  readonly #trackers = new TrackerSync()
  /** Which version of its object a running action was planned for. */
  readonly #begun = new Map<ResourceKey, string>()
  readonly #restarts = new Restarts()
  readonly #cleaning = new Set<ResourceKey>()
  /** What a pass that only makes true what is declared may restart, by the attempt that ended: what its first plan said. */
  #restartable: ReadonlyMap<ResourceKey, number> | undefined
  #news: ReadonlyMap<string, AgentNews> = new Map()
  #seen: Seen | undefined

  constructor(deps: Deps, onJobEnd: () => void) {
    this.deps = deps
    const { now, random } = deps
    // Pauses are lengths of time: a clock that is set meanwhile neither ends nor prolongs them.
    const anchor = now().getTime() - performance.now()
    this.jobs = new Jobs({
      now: () => anchor + performance.now(),
      random,
      resyncMs: RESYNC_MS,
      onEnd: onJobEnd,
    })
    this.#jumps = new ClockJumps(() => now().getTime())
    this.#eyes = eyesOf(deps)
    this.#execution = executionOf(deps)
  }

  /** One look, and everything that follows from it without waiting for anything long. */
  async cycle(options: { readonly reacting: boolean }, signal: AbortSignal): Promise<Cycle> {
    const { deps, jobs } = this
    const { store } = deps
    const { reacting } = options
    const tick = jobs.tick()
    const reports = await readReports(store)
    const objects = [...store.desired.all().values()]
    this.#news = newsAfter(this.#news, reports.news, objects)
    const jumpedAt = this.#jumps.lastAt()
    const looked = await look(
      { ...this.#eyes, news: this.#news, isBusy: key => jobs.isBusy(key), jumpedAt },
      stateOf(store),
      { objects, leaving: NOTHING, seen: this.#takeSeen(), signal },
    )
    this.#execution.bases.know(looked.projects, looked.snapshot)
    const { world, changed: recorded } = await this.#record(looked, tick)
    const { views, projects } = world
    const planned = this.#plan(world, reacting)
    const settled = await settleAll({
      deps,
      jobs,
      world,
      actions: planned,
      news: this.#news,
      reacting,
      tick,
    })
    const unsettled = new Set(
      [...views].flatMap(([key, view]) => (jobs.isSeen(key, tick) ? [] : [view.object.uid])),
    )
    await consumeReports(reports.files, uid => !unsettled.has(uid))
    const started = this.#dispatch(world, planned, tick)
    const clearing = await clearLeftovers({ deps, jobs, world, views, reacting, tick })
    const finished = await this.#finish(views, planned, { tick, awaited: clearing.awaited })
    const delivered = await deliverOutbox({ deps, jobs, views, news: this.#news, tick })
    const checking = reacting ? startChecks({ deps, jobs, world, tick }) : false
    const tracking = reacting
      ? await this.#trackers.sync({ deps, jobs, projects, views, tick })
      : undefined
    const did = [recorded, started, clearing, finished, delivered, checking, tracking]
    return {
      tick,
      actions: planned,
      world,
      changed: [settled, ...did].some(isNews),
      acted: [settled.acted, ...did].some(isNews),
      nextAt: earliest([
        settled.nextAt,
        delivered.nextAt,
        tracking?.nextAt,
        jobs.nextDueAt(),
        ...waits(planned, deps),
      ]),
    }
  }

  /** A command or a change of its manifest: the key's pause is over, and what runs for an older version of it is no longer wanted. */
  wake(key: ResourceKey): void {
    const object = this.deps.store.desired.get(key)
    if (object === undefined || this.#begun.get(key) !== versionOf(object)) this.jobs.abort(key)
    this.jobs.wake(key, PRIORITY.command)
  }

  /**
   * Lets the next cycle take over a look: one made since the lock was taken, after which nobody was asked and nothing was done but to accept what
   * was planned by it. An old one is not taken.
   */
  handOver(seen: Seen): void {
    this.#seen = seen
  }

  #takeSeen(): Snapshot | undefined {
    const seen = this.#seen
    this.#seen = undefined
    return seen !== undefined && performance.now() - seen.at < SEEN_MS ? seen.snapshot : undefined
  }

  /** Cleans up what is over of these, also in passes that do not react. */
  clean(keys: readonly ResourceKey[]): void {
    for (const key of keys) this.#cleaning.add(key)
  }

  /** Records what the look shows for the first time: exits, outcomes. Sessions that are being worked on are left out. */
  async #record(
    world: World,
    tick: number,
  ): Promise<{ readonly world: World; readonly changed: boolean }> {
    const { store, now } = this.deps
    const views = new Map<ResourceKey, SessionView>()
    let any = false
    for (const [key, view] of world.views) {
      if (!this.jobs.isSeen(key, tick)) {
        views.set(key, view)
        continue
      }
      const cutShort = await settleUnfinishedStarts(store.journal, view)
      // What jobs wrote since the look counts: they end whenever they end.
      const known = store.records.get(view.record.uid) ?? view.record
      const at = now()
      const project = world.projects.get(view.object.spec.project)?.spec
      const after = (before: SessionRecord): Recorded =>
        recordAfterLook({ ...view, record: before }, at, { cutShort, project })
      const { record, changed, events } = after(known)
      // One that was lost, or never written, is made first: no attempt may begin that nothing counts.
      const isMissing = store.records.get(record.uid) === undefined
      if (known.outcome !== undefined && record.outcome === undefined) await holdAgain(store, view)
      if (changed || isMissing) {
        await store.records.update(record.uid, current =>
          current === undefined || current === known ? record : after(current).record,
        )
      }
      any = any || changed || isMissing
      for (const event of events) await this.#emit(event)
      views.set(key, { ...view, record })
    }
    return { world: { ...world, views }, changed: any }
  }

  #plan(world: World, reacting: boolean): readonly PlannedAction[] {
    const { store, now } = this.deps
    const state = stateOf(store)
    const made = plan({
      ...planInputOf(state, world, [...state.desired.values()], now()),
      reacting,
      cleaning: this.#cleaning,
      restartable: reacting ? undefined : this.#restartable,
    })
    this.#restartable ??= restartsIn(made.actions, world.views)
    return made.actions
  }

  /** Begins the steps of every action that is due, most urgent first; each runs by itself. */
  #dispatch(world: World, actions: readonly PlannedAction[], tick: number): boolean {
    const withSteps = new Map<string, PlannedAction>(
      actions.flatMap(action => (action.steps.length > 0 ? [[action.key, action]] : [])),
    )
    let started = false
    for (const key of this.jobs.due([...withSteps.keys()], tick)) {
      const action = withSteps.get(key)
      const view = action === undefined ? undefined : world.views.get(action.key)
      if (action === undefined || view === undefined || !this.#restarts.mayBegin(action)) continue
      started = this.#begin(world, view.object, action) || started
    }
    return started
  }

  #begin(world: World, object: DesiredSession, action: PlannedAction): boolean {
    const { store, onProgress } = this.deps
    const project = world.projects.get(object.spec.project)
    if (project === undefined) return false
    this.#begun.set(action.key, versionOf(object))
    this.#restarts.began(action)
    this.jobs.start(action.key, async signal => {
      try {
        await runAction(
          {
            execution: this.#execution,
            object,
            project,
            target: workspaceTarget(store.paths, project, object),
            record: () => store.records.get(object.uid) ?? newRecord(object),
            signal,
          },
          action,
        )
      } catch (error) {
        await this.#reportFailure(action, object, error)
        throw error
      } finally {
        this.#restarts.ended(action.key)
      }
      await this.#emit({
        type: 'Normal',
        reason: EVENT_WORDS[action.action] ?? 'Reconciled',
        object: action.key,
        attempt: store.records.get(object.uid)?.attempt ?? 0,
        message: `${action.action}: ${action.reason}`,
      })
      onProgress({ type: 'done', key: action.key, action })
    })
    return true
  }

  async #reportFailure(
    action: PlannedAction,
    object: DesiredSession,
    error: unknown,
  ): Promise<void> {
    const failure = toHouseError(error)
    if (failure.code === 'Interrupted') return
    this.deps.onProgress({ type: 'failed', key: action.key, action, error: failure })
    await this.#emit({
      type: 'Warning',
      reason: failure.code,
      object: action.key,
      attempt: this.deps.store.records.get(object.uid)?.attempt ?? 0,
      message: `${action.action} failed: ${withNext(failure)}`,
    })
  }

  /** Lets go of what is gone. */
  async #finish(
    views: ReadonlyMap<ResourceKey, SessionView>,
    actions: readonly PlannedAction[],
    { tick, awaited }: { readonly tick: number; readonly awaited: ReadonlySet<ResourceKey> },
  ): Promise<boolean> {
    const unknown = actions.filter(({ action }) => action === 'unknown').map(({ key }) => key)
    const open = new Set([...unknown, ...awaited])
    const settled = [...views].filter(([key]) => !open.has(key) && this.jobs.isSeen(key, tick))
    const ends = await together(settled, async ([key, view]) => this.#finishSession(key, view))
    let changed = ends.includes(true)
    for (const { action, key, after } of actions) {
      const isLeaving = action === 'delete' || action === 'replace'
      if (!isLeaving || views.has(key) || after.length > 0) continue
      changed = (await this.#finishStatic(key)) || changed
    }
    return changed
  }

  async #finishSession(key: ResourceKey, view: SessionView): Promise<boolean> {
    const { store, now, newId } = this.deps
    const isLeaving = view.object.deletionTimestamp !== undefined
    if (!isLeaving && !needsNothing(view.record.outcome)) return false
    const before = view.object.finalizers.length
    const isGone = await finishRemoval(store, view, { now: now(), newUid: newId })
    if (isGone) this.jobs.forget(key)
    return isGone || (store.desired.get(key)?.finalizers.length ?? 0) < before
  }

  async #finishStatic(key: ResourceKey): Promise<boolean> {
    const { store, now, newId } = this.deps
    const object = store.desired.get(key)
    if (object === undefined) return false
    await forget(store, object, { now: now(), newUid: newId })
    return true
  }

  async #emit(event: NewEvent): Promise<void> {
    await this.deps.store.events.append(event)
  }
}

const NOTHING: ReadonlySet<ResourceKey> = new Set()

/** Whether a part of a cycle did something. */
function isNews(part: boolean | { readonly changed: boolean } | undefined): boolean {
  return typeof part === 'object' ? part.changed : part === true
}

/** Whatever a command or a manifest may change of an object changes this. */
function versionOf(object: Desired): string {
  return `${object.uid} ${object.generation}`
}

function waits(actions: readonly PlannedAction[], deps: Deps): readonly number[] {
  const now = deps.now().getTime()
  return actions.flatMap(action =>
    action.retryAfterMs === undefined ? [] : [now + action.retryAfterMs],
  )
}

/** What a look needs, from what the reconciler has. */
function eyesOf(deps: Deps): Eyes {
  const { registry, store, env, userHome, now, forge } = deps
  return {
    registry,
    forge,
    paths: store.paths,
    env,
    userHome,
    get sourcePaths() {
      return sourcePathsOf(store)
    },
    now,
  }
}
