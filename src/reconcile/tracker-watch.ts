import type { HouseError } from '../errors.ts'
import { toHouseError, withNext } from '../errors.ts'
import type { Issue, Tracker, TrackerProject } from '../plugins/tracker.ts'
import type { Deps } from './deps.ts'
import { trackerProjectOf } from './settings.ts'
import type { Tracked } from './tracker-tell.ts'

/**
 * Asks how the issues stand, and writes down which are closed. Gives the uids of the workers whose issue this very answer calls closed: one that is
 * not in it, or that could not be told, says nothing of its issue, and nothing of the others.
 */
export async function lookAt(
  deps: Deps,
  followed: readonly Tracked[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const [first] = followed
  const about = first === undefined ? undefined : await trackerProjectOf(deps, first.project)
  if (about === undefined) return new Set()
  const asking = { tracker: deps.registry.get('tracker', about.config.plugin), about, signal }
  const { found, failed } = await answers(asking, [...new Set(followed.map(one => one.issue))])
  const closed = new Set<string>()
  for (const one of followed) {
    const failure = failed.get(one.issue)
    if (failure !== undefined) await noteFailure(deps, one, failure)
    const issue = await believed(deps, asking, one, found.get(one.issue))
    if (issue === undefined) continue
    await noteState(deps, one, issue.state)
    if (issue.state === 'closed') closed.add(one.view.object.uid)
  }
  return closed
}

interface Asking {
  readonly tracker: Tracker
  readonly about: TrackerProject
  readonly signal: AbortSignal
}

interface Answers {
  readonly found: ReadonlyMap<string, Issue>
  /** Why the others could not be asked for, where each is asked for by itself. */
  readonly failed: ReadonlyMap<string, HouseError>
}

async function answers(
  { tracker, about, signal }: Asking,
  ids: readonly string[],
): Promise<Answers> {
  if (tracker.getMany !== undefined) {
    return { found: await tracker.getMany(ids, about, signal), failed: new Map() }
  }
  const found = new Map<string, Issue>()
  const failed = new Map<string, HouseError>()
  for (const id of ids) {
    try {
      const issue = await tracker.get(id, about, signal)
      if (issue !== undefined) found.set(id, issue)
    } catch (error) {
      const failure = toHouseError(error)
      // Whatever holds of all of them is the look's own failure.
      if (signal.aborted || failure.retryAfterMs !== undefined || ids.length === 1) throw failure
      failed.set(id, failure)
    }
  }
  const [failure] = failed.values()
  if (failure !== undefined && failed.size === ids.length) throw failure
  return { found, failed }
}

/** What ends a worker is asked for by itself: an answer about many may rest on what was read before. */
async function believed(
  { store }: Deps,
  { tracker, about, signal }: Asking,
  { issue: id, view }: Tracked,
  seen: Issue | undefined,
): Promise<Issue | undefined> {
  const { uid, spec } = view.object
  if (seen?.state !== 'closed' || tracker.getMany === undefined) return seen
  if (spec.onIssueClosed !== 'finish' || store.records.get(uid)?.issueClosedAt === undefined) {
    return seen
  }
  return tracker.get(id, about, signal)
}

async function noteFailure(deps: Deps, one: Tracked, failure: HouseError): Promise<void> {
  await deps.store.events.append({
    type: 'Warning',
    reason: failure.code,
    object: one.key,
    attempt: one.view.record.attempt,
    message: `looking at issue ${one.issue} failed: ${withNext(failure)}`,
  })
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
