import type { Deps } from './deps.ts'
import { trackerProjectOf } from './settings.ts'
import type { Tracked } from './tracker-tell.ts'

/** Asks how the issues stand, and writes down which are closed. One that is not there any more says nothing. */
export async function lookAt(
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
