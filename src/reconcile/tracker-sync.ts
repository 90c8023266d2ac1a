import { HouseError, toHouseError } from '../errors.ts'
import type { SessionView } from '../lifecycle/facts.ts'
import { isDone, wanted } from '../lifecycle/facts.ts'
import type { ProjectContext } from '../observe/snapshot.ts'
import type { Tracker, TrackerProject } from '../plugins/tracker.ts'
import { durationMs } from '../resource/duration.ts'
import type { ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import type { SessionRecord } from '../resource/record.ts'
import { fillTemplate } from '../resource/template.ts'
import type { HookField, TrackerHook } from '../resource/tracker-hooks.ts'
import { hooksOf } from '../resource/tracker-hooks.ts'
import { inBackground } from './background.ts'
import type { Deps } from './deps.ts'
import type { Jobs } from './jobs.ts'
import { trackerProjectOf } from './settings.ts'

/** How far the tracker's clock may be behind ours. */
const SKEW_MS = 5 * 60_000

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

/** A worker with an issue that a tracker can be asked about. */
interface Tracked {
  readonly key: ResourceKey
  readonly view: SessionView
  readonly issue: string
  readonly project: ProjectContext
}

type Moment = 'start' | 'merge'
type Part = 'labels' | 'state' | 'comment'

/**
 * Tells trackers what became of their issues, each thing once, and watches whether issues are closed. All of it runs beside the loop; what was done
 * is in the session's record, what was seen can be seen again.
 */
export class TrackerSync {
  /** When a project's issues were last looked at, by project. */
  readonly #lookedAt = new Map<string, number>()
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
    for (const [name, workers] of byProject(tracked)) {
      const followed = workers.filter(({ view }) => isFollowed(view))
      if (followed.length === 0) continue
      const dueAt = this.#dueAt(followed)
      if (dueAt > input.deps.now().getTime()) times.push(dueAt)
      else changed = this.#look(input, name, followed) || changed
    }
    return { changed, nextAt: times.length === 0 ? undefined : Math.min(...times) }
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
        await this.#pausing(deps, name, async () => lookAt(deps, followed, signal))
        this.#lookedAt.set(name, at)
      }),
    )
    return true
  }

  /** Whoever asks to be left alone for a while is, by everything of that project. */
  async #pausing(deps: Deps, name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const { retryAfterMs } = toHouseError(error)
      if (retryAfterMs !== undefined) {
        this.#pausedUntil.set(name, deps.now().getTime() + retryAfterMs)
      }
      throw error
    }
  }

  /**
   * Ends a worker whose issue is closed, where that is its policy. Closed is believed when a look an interval later still says so: an issue that a
   * merge closed may be seen before the merge is.
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
    const lookedAt = this.#lookedAt.get(project.name) ?? -Infinity
    if (lookedAt < Date.parse(record.issueClosedAt) + durationMs(project.spec.interval))
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

function byProject(tracked: readonly Tracked[]): ReadonlyMap<string, readonly Tracked[]> {
  const groups = new Map<string, Tracked[]>()
  for (const one of tracked) {
    const group = groups.get(one.project.name)
    if (group === undefined) groups.set(one.project.name, [one])
    else group.push(one)
  }
  return groups
}

/** One that runs or has run, and is not over. */
function isFollowed({ record }: SessionView): boolean {
  return record.launches.length > 0 && !isDone(record)
}

/** The last moment of a worker's life that has come; what was not said at an earlier one is no longer true. */
function momentOf({ record, facts }: SessionView): Moment | undefined {
  const isMerged = facts.review.state === 'found' && facts.review.pullRequest.state === 'merged'
  if (record.outcome?.state === 'Merged' || isMerged) return 'merge'
  if (isDone(record) || record.launches.length === 0) return undefined
  const { state } = facts.process
  return state === 'alive' || state === 'exited' || record.lastExit !== undefined
    ? 'start'
    : undefined
}

/** What a hook asks for and the record does not have yet: the comment last, for it tells of the others. */
function partsLeft(hook: TrackerHook, moment: Moment, record: SessionRecord): readonly Part[] {
  const asked: readonly Part[] = [
    ...(hook.labels === undefined || hook.labels.length === 0 ? [] : (['labels'] as const)),
    ...(hook.state === undefined ? [] : (['state'] as const)),
    ...(hook.comment === undefined ? [] : (['comment'] as const)),
  ]
  return asked.filter(part => record.tracked?.[`${moment}.${part}`] === undefined)
}

async function tell(
  deps: Deps,
  one: Tracked,
  { hook, moment }: { readonly hook: TrackerHook; readonly moment: Moment },
  signal: AbortSignal,
): Promise<void> {
  const { store, registry } = deps
  const { key, view, issue, project } = one
  const { uid } = view.object
  const about = await trackerProjectOf(deps, project)
  if (about === undefined) return
  const tracker = registry.get('tracker', about.config.plugin)
  const record = store.records.get(uid) ?? view.record
  for (const part of partsLeft(hook, moment, record)) {
    await deps.fence()
    await PARTS[part]({ tracker, about, one, hook, moment, signal })
    const at = deps.now().toISOString()
    await store.records.update(uid, current =>
      current === undefined
        ? undefined
        : { ...current, tracked: { ...current.tracked, [`${moment}.${part}`]: at } },
    )
    await store.events.append({
      type: 'Normal',
      reason: 'IssueUpdated',
      object: key,
      attempt: record.attempt,
      message: `Issue ${issue} on ${moment}: ${wordsOf(part, hook)}`,
    })
  }
}

interface Telling {
  readonly tracker: Tracker
  readonly about: TrackerProject
  readonly one: Tracked
  readonly hook: TrackerHook
  readonly moment: Moment
  readonly signal: AbortSignal
}

/** Each can be done again without harm, for whoever does it may be ended before it is written down. */
const PARTS: Readonly<Record<Part, (telling: Telling) => Promise<void>>> = {
  labels: async ({ tracker, about, one, hook, signal }) => {
    if (tracker.addLabels === undefined) throw incapable(about, 'labels')
    await tracker.addLabels(one.issue, hook.labels ?? [], about, signal)
  },
  state: async ({ tracker, about, one, hook, signal }) => {
    if (tracker.setState === undefined) throw incapable(about, 'states')
    await tracker.setState(one.issue, hook.state ?? '', about, signal)
  },
  comment: async ({ tracker, about, one, hook, moment, signal }) => {
    if (tracker.comment === undefined) throw incapable(about, 'comments')
    const { uid, creationTimestamp } = one.view.object
    const comment = {
      key: `${uid}.${moment}`,
      text: fillTemplate(hook.comment ?? '', fieldsOf(one)),
      since: new Date(Date.parse(creationTimestamp) - SKEW_MS).toISOString(),
    }
    await tracker.comment(one.issue, comment, about, signal)
  },
}

function fieldsOf({ view, issue }: Tracked): Readonly<Record<HookField, string | undefined>> {
  const { object, record, facts } = view
  const seen = facts.review.state === 'found' ? facts.review.pullRequest : undefined
  return {
    issue,
    session: object.name,
    project: object.spec.project,
    branch: object.spec.branch,
    pullRequest: record.outcome?.pullRequestUrl ?? seen?.url,
    mergeSha: record.outcome?.mergeSha ?? seen?.mergeSha,
  }
}

function wordsOf(part: Part, { state, labels }: TrackerHook): string {
  switch (part) {
    case 'comment':
      return 'commented'
    case 'state':
      return `state ${state ?? ''}`
    case 'labels':
      return `labels ${(labels ?? []).join(', ')}`
  }
}

/** Asks how the issues stand, and writes down which are closed. One that is not there any more says nothing. */
async function lookAt(
  deps: Deps,
  followed: readonly Tracked[],
  signal: AbortSignal,
): Promise<void> {
  const [first] = followed
  const about = first === undefined ? undefined : await trackerProjectOf(deps, first.project)
  if (about === undefined) return
  const tracker = deps.registry.get('tracker', about.config.plugin)
  const ids = [...new Set(followed.map(({ issue }) => issue))]
  const found = new Map(await tracker.getMany?.(ids, about, signal))
  if (tracker.getMany === undefined) {
    for (const id of ids) {
      const issue = await tracker.get(id, about, signal)
      if (issue !== undefined) found.set(id, issue)
    }
  }
  for (const one of followed) {
    const issue = found.get(one.issue)
    if (issue !== undefined) await noteState(deps, one, issue.state)
  }
}

async function noteState(deps: Deps, one: Tracked, state: 'open' | 'closed'): Promise<void> {
  const { store, now } = deps
  const { uid } = one.view.object
  const record = store.records.get(uid)
  if (record === undefined || (record.issueClosedAt !== undefined) === (state === 'closed')) return
  await deps.fence()
  const at = now().toISOString()
  await store.records.update(uid, current => {
    if (current === undefined) return undefined
    const { issueClosedAt: _before, ...rest } = current
    return state === 'closed' ? { ...rest, issueClosedAt: at } : rest
  })
  const policy = one.view.object.spec.onIssueClosed ?? 'keep'
  const message =
    state === 'open'
      ? `Issue ${one.issue} is open again`
      : `Issue ${one.issue} was closed; onIssueClosed is ${policy}`
  await store.events.append({
    type: 'Normal',
    reason: state === 'open' ? 'IssueReopened' : 'IssueClosed',
    object: one.key,
    attempt: record.attempt,
    message,
  })
}

function reviewOf({
  facts,
}: SessionView): { readonly pullRequest: number; readonly pullRequestUrl: string } | undefined {
  if (facts.review.state !== 'found') return undefined
  const { number, url } = facts.review.pullRequest
  return { pullRequest: number, pullRequestUrl: url }
}

function incapable({ project, config }: TrackerProject, what: string): HouseError {
  return new HouseError('Refused', `Project/${project}: tracker ${config.plugin} has no ${what}`, {
    next: 'ao explain project.spec.tracker',
  })
}
