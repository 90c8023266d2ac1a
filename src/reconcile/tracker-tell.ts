import { HouseError } from '../errors.ts'
import type { SessionView } from '../lifecycle/facts.ts'
import { isDone } from '../lifecycle/facts.ts'
import type { ProjectContext } from '../observe/snapshot.ts'
import type { Tracker, TrackerProject } from '../plugins/tracker.ts'
import type { ResourceKey } from '../resource/key.ts'
import type { SessionRecord } from '../resource/record.ts'
import { fillTemplate } from '../resource/template.ts'
import type { HookField, TrackerHook } from '../resource/tracker-hooks.ts'
import type { Deps } from './deps.ts'
import { trackerProjectOf } from './settings.ts'

/** How far the tracker's clock may be behind ours. */
const SKEW_MS = 5 * 60_000

/** A worker with an issue that a tracker can be asked about. */
export interface Tracked {
  readonly key: ResourceKey
  readonly view: SessionView
  readonly issue: string
  readonly project: ProjectContext
}

export type Moment = 'start' | 'merge'
type Part = 'labels' | 'state' | 'comment'

/** The last moment of a worker's life that has come; what was not said at an earlier one is no longer true. */
export function momentOf({ record, facts }: SessionView): Moment | undefined {
  const isMerged = facts.review.state === 'found' && facts.review.pullRequest.state === 'merged'
  if (record.outcome?.state === 'Merged' || isMerged) return 'merge'
  if (isDone(record) || record.launches.length === 0) return undefined
  const { state } = facts.process
  return state === 'alive' || state === 'exited' || record.lastExit !== undefined
    ? 'start'
    : undefined
}

/** What a hook asks for and the record does not have yet: the comment last, for it tells of the others. */
export function partsLeft(
  hook: TrackerHook,
  moment: Moment,
  record: SessionRecord,
): readonly Part[] {
  const asked: readonly Part[] = [
    ...(hook.labels === undefined || hook.labels.length === 0 ? [] : (['labels'] as const)),
    ...(hook.state === undefined ? [] : (['state'] as const)),
    ...(hook.comment === undefined ? [] : (['comment'] as const)),
  ]
  return asked.filter(part => record.tracked?.[`${moment}.${part}`] === undefined)
}

/** Says and sets what is left of a hook, and writes down each part as it is done. */
export async function tell(
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

function incapable({ project, config }: TrackerProject, what: string): HouseError {
  return new HouseError('Refused', `Project/${project}: tracker ${config.plugin} has no ${what}`, {
    next: 'ao explain project.spec.tracker',
  })
}
