import { idOf, queuedNotification } from '../deliver/queued.ts'
import { notifiersFor } from '../deliver/routing.ts'
import type { Condition } from '../resource/conditions.ts'
import { findCondition } from '../resource/conditions.ts'
import { formatMoment } from '../resource/duration.ts'
import { keyOf } from '../resource/key.ts'
import type { DesiredProject } from '../resource/spec.ts'
import type { Store } from '../store/index.ts'

/** How urgent it is that a whole project needs a person. */
const PRIORITY = 'action'
/** Why a forge can't be asked. */
const TROUBLES: ReadonlySet<string> = new Set(['ForgeUnreachable', 'ForgeRefused'])

/** A project's conditions before a look and after it. */
interface Turn {
  readonly before: readonly Condition[]
  readonly after: readonly Condition[]
}

/** Tells once that a project came to need a person, such as for a token that was refused: as an event and to the project's channels. */
export async function tellStalled(
  store: Store,
  object: DesiredProject,
  { before, after }: Turn,
): Promise<void> {
  const stalled = findCondition(after, 'Stalled')
  if (stalled === undefined || findCondition(before, 'Stalled')?.reason === stalled.reason) return
  const key = keyOf(object.kind, object.name)
  const { reason, message, lastTransitionTime: at } = stalled
  await store.events.append({ type: 'Warning', reason, object: key, attempt: 0, message })
  const channels = notifiersFor(store.desired.all().values(), {
    priority: PRIORITY,
    project: object.spec.notifiers,
  })
  for (const { name } of channels) {
    const id = idOf('p', [object.uid, reason, at, name])
    const notification = {
      id,
      priority: PRIORITY,
      title: `${object.name}: needs a person`,
      message,
      project: object.name,
      next: `ao describe ${key}`,
      createdAt: at,
    } as const
    await store.outbox.put(queuedNotification(id, name, notification))
  }
}

/** Tells once that a project's forge does not answer, and once that it can be asked again. */
export async function tellForge(
  store: Store,
  object: DesiredProject,
  { before, after }: Turn,
): Promise<void> {
  const was = findCondition(before, 'ForgeReachable')
  const is = findCondition(after, 'ForgeReachable')
  const about = { object: keyOf(object.kind, object.name), attempt: 0 } as const
  if (is?.reason === 'ForgeUnreachable' && was?.reason !== is.reason) {
    const { reason, message } = is
    await store.events.append({ ...about, type: 'Warning', reason, message })
  }
  if (is?.status !== 'True' || was === undefined || !TROUBLES.has(was.reason)) return
  const since = formatMoment(Date.parse(was.lastTransitionTime))
  const message = `its forge can be asked again; it could not since ${since}`
  await store.events.append({ ...about, type: 'Normal', reason: 'ForgeReachable', message })
}

/** Tells once that a project's repository has another name on its forge: it is followed, and the manifest should say so (D8). */
export async function tellRenamed(
  store: Store,
  object: DesiredProject,
  { before, after }: Turn,
  renamed: string | undefined,
): Promise<void> {
  const told = findCondition(before, 'ForgeReachable')?.message
  if (renamed === undefined || told === findCondition(after, 'ForgeReachable')?.message) return
  await store.events.append({
    type: 'Warning',
    reason: 'RepositoryRenamed',
    object: keyOf(object.kind, object.name),
    attempt: 0,
    message: `its repository is called ${renamed} now, and is followed there: say so in spec.scm.repo`,
  })
}
