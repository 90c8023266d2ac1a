import { toHouseError } from '../errors.ts'
import type { SessionView } from '../lifecycle/facts.ts'
import { isDone, wanted } from '../lifecycle/facts.ts'
import type { ProjectContext } from '../observe/snapshot.ts'
import { durationMs, earliest } from '../resource/duration.ts'
import { groupBy } from '../resource/group-by.ts'
import type { ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import { hooksOf } from '../resource/tracker-hooks.ts'
import { inBackground } from './background.ts'
import type { Deps } from './deps.ts'
import type { Jobs } from './jobs.ts'
import type { Tracked } from './tracker-tell.ts'
import { momentOf, partsLeft, tell } from './tracker-tell.ts'
import { lookAt } from './tracker-watch.ts'

export interface TrackerSyncInput {
  readonly deps: Deps
  readonly jobs: Jobs
  readonly projects: ReadonlyMap<string, ProjectContext>
  readonly views: ReadonlyMap<ResourceKey, SessionView>
  /** Taken before the look. */
  readonly tick: number
}

export interface TrackerSyncProgress {
  readonly changed: boolean
  /** When time alone will make something due, milliseconds since the epoch. */
  readonly nextAt: number | undefined
}

/**
 * Tells trackers what became of their issues, each thing once, and watches whether issues are closed. All of it runs beside the loop; what was done
 * is in the session's record, what was seen can be seen again.
 */
export class TrackerSync {
  /** When a project's issues were last looked at, by project. */
  readonly #lookedAt = new Map<string, number>()
  /** When a worker's issue was last asked for and the answer called it closed, by uid. */
  readonly #closedAt = new Map<string, number>()
  /** Until when a project's tracker asked to be left alone. */
  readonly #pausedUntil = new Map<string, number>()

  async sync(input: TrackerSyncInput): Promise<TrackerSyncProgress> {
    const tracked = trackedIn(input)
    let changed = false
    for (const one of tracked) {
      changed = (await this.#finish(input, one)) || changed
      changed = this.#tell(input, one) || changed
    }
    const times: number[] = []
    for (const [name, workers] of groupBy(tracked, ({ project }) => project.name)) {
      const followed = workers.filter(({ view }) => isFollowed(view))
      if (followed.length === 0) continue
      const dueAt = this.#dueAt(followed)
      if (dueAt > input.deps.now().getTime()) times.push(dueAt)
      else changed = this.#look(input, name, followed) || changed
    }
    return { changed, nextAt: earliest(times) }
  }

  #dueAt(followed: readonly Tracked[]): number {
    const [first] = followed
    if (first === undefined) return Infinity
    const { name, spec } = first.project
    const lookedAt = this.#lookedAt.get(name) ?? -Infinity
    return Math.max(lookedAt + durationMs(spec.interval), this.#pausedUntil.get(name) ?? -Infinity)
  }

  /** Begins what is still to be said at the moments that have come. */
  #tell(input: TrackerSyncInput, one: Tracked): boolean {
    const { deps, jobs, tick } = input
    const { spec, name } = one.project
    if (spec.tracker === undefined) return false
    if ((this.#pausedUntil.get(name) ?? 0) > deps.now().getTime()) return false
    const hooks = hooksOf(spec.tracker)
    const moment = momentOf(one.view)
    if (moment === undefined) return false
    const hook = moment === 'start' ? hooks.onStart : hooks.onMerge
    if (partsLeft(hook, moment, one.view.record).length === 0) return false
    const job = `tracker ${moment} ${one.key}`
    if (jobs.due([job], tick).length === 0) return false
    const about = {
      object: one.key,
      attempt: one.view.record.attempt,
      what: `updating issue ${one.issue} on ${moment}`,
    }
    jobs.start(
      job,
      inBackground(deps, about, async signal =>
        this.#pausing(deps, name, async () => tell(deps, one, { hook, moment }, signal)),
      ),
    )
    return true
  }

  /** Begins to ask how a project's issues stand. */
  #look(input: TrackerSyncInput, name: string, followed: readonly Tracked[]): boolean {
    const { deps, jobs, tick } = input
    const job = `issues ${name}`
    if (jobs.due([job], tick).length === 0) return false
    const what = 'looking at the issues of its workers'
    const at = deps.now().getTime()
    jobs.start(
      job,
      inBackground(deps, { object: keyOf('Project', name), attempt: 0, what }, async signal => {
        // Until it is answered, and of whatever is not in the answer, what was known is known no more.
        for (const { view } of followed) this.#closedAt.delete(view.object.uid)
        const closed = await this.#pausing(deps, name, async () => lookAt(deps, followed, signal))
        this.#lookedAt.set(name, at)
        for (const uid of closed) this.#closedAt.set(uid, at)
      }),
    )
    return true
  }

  /** Whoever asks to be left alone for a while is, by everything of that project. */
  async #pausing<T>(deps: Deps, name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const { retryAfterMs } = toHouseError(error)
      if (retryAfterMs !== undefined) {
        this.#pausedUntil.set(name, deps.now().getTime() + retryAfterMs)
      }
      throw error
    }
  }

  /**
   * Ends a worker whose issue is closed, where that is its policy. Closed is believed when an answer about that issue, an interval later, still
   * says so: an issue that a merge closed may be seen before the merge is.
   */
  async #finish(
    { deps }: TrackerSyncInput,
    { key, view, issue, project }: Tracked,
  ): Promise<boolean> {
    const { object, record, facts } = view
    if (object.spec.onIssueClosed !== 'finish' || record.issueClosedAt === undefined) return false
    if (isDone(record) || wanted(object) === 'deleted' || facts.review.state === 'unknown') {
      return false
    }
    const closedAt = this.#closedAt.get(record.uid) ?? -Infinity
    if (closedAt < Date.parse(record.issueClosedAt) + durationMs(project.spec.interval))
      return false
    const at = deps.now().toISOString()
    await deps.store.records.update(record.uid, current =>
      current === undefined || current.outcome !== undefined || current.issueClosedAt === undefined
        ? current
        : {
            ...current,
            outcome: { state: 'IssueClosed', at, preserved: current.preserved, ...reviewOf(view) },
          },
    )
    await deps.store.events.append({
      type: 'Normal',
      reason: 'Done',
      object: key,
      attempt: record.attempt,
      message: `Done (IssueClosed): issue ${issue} was closed, and onIssueClosed is finish`,
    })
    return true
  }
}

function trackedIn({ projects, views, jobs, tick }: TrackerSyncInput): readonly Tracked[] {
  return [...views].flatMap(([key, view]) => {
    const { issue } = view.object.spec
    const project = projects.get(view.object.spec.project)
    if (issue === undefined || project?.spec.tracker === undefined) return []
    if (wanted(view.object) === 'deleted' || !jobs.isSeen(key, tick)) return []
    return [{ key, view, issue, project }]
  })
}

/** One that runs or has run, and is not over. */
function isFollowed({ record }: SessionView): boolean {
  return record.launches.length > 0 && !isDone(record)
}

function reviewOf({
  facts,
}: SessionView): { readonly pullRequest: number; readonly pullRequestUrl: string } | undefined {
  if (facts.review.state !== 'found') return undefined
  const { number, url } = facts.review.pullRequest
  return { pullRequest: number, pullRequestUrl: url }
}
