import type { SessionView } from '../lifecycle/facts.ts'
import { wanted, wasEverMade } from '../lifecycle/facts.ts'
import { keyOf } from '../resource/key.ts'
import type { Desired, DesiredSession, Finalizer } from '../resource/spec.ts'
import { finalizersOf, isSession } from '../resource/spec.ts'
import type { Store } from '../store/index.ts'
import { newRecord } from './state.ts'

/** The finalizers of what is still there, by a look made after the last effect. */
export function remainingFinalizers(view: SessionView): readonly Finalizer[] {
  const { object, facts } = view
  if (wanted(object) === 'deleted' && object.spec.deletionPolicy === 'Orphan') return []
  const gone = (finalizer: Finalizer): boolean => {
    switch (finalizer) {
      case 'agent':
      case 'runtime':
        return facts.process.state === 'absent' || facts.process.state === 'foreign'
      case 'workspace':
        return facts.workspace.state === 'absent' || facts.workspace.state === 'foreign'
      case 'branch':
        return (
          facts.branch.state === 'none' ||
          facts.branch.state === 'absent' ||
          facts.branch.state === 'left' ||
          facts.branch.state === 'taken'
        )
    }
  }
  // A repository that is not there any more holds nothing of ours; of one that nobody declares we only do not know where it is.
  const { state } = facts.repository
  const isHidden = state === 'undeclared' && wasEverMade(view.record)
  return object.finalizers.filter(finalizer => {
    if (finalizer === 'agent' || finalizer === 'runtime') return !gone(finalizer)
    return isHidden || (state !== 'absent' && !gone(finalizer))
  })
}

/** Whatever was let go of may be made again from now on: all its finalizers stand before any of it is. */
export async function holdAgain(store: Store, { object }: SessionView): Promise<void> {
  const finalizers = finalizersOf(object.kind)
  await store.desired.update(keyOf(object.kind, object.name), current =>
    current?.uid === object.uid ? { ...current, finalizers } : current,
  )
}

/** What a new object needs of the outside. */
interface Clock {
  readonly now: Date
  readonly newUid: () => string
}

/** Writes down finalizers that a look showed gone, and lets go of an object that has none left. Says whether it is gone. */
export async function finishRemoval(
  store: Store,
  view: SessionView,
  clock: Clock,
): Promise<boolean> {
  const { object } = view
  const finalizers = remainingFinalizers(view)
  if (finalizers.length < object.finalizers.length) {
    await store.desired.update(keyOf(object.kind, object.name), current =>
      current === undefined ? undefined : { ...current, finalizers },
    )
  }
  if (finalizers.length > 0 || wanted(object) !== 'deleted') return false
  await recordOutcome(store, object, clock.now)
  await forget(store, object, clock)
  return true
}

/** Removes an object's desired state and status for good; its record stays. A replacement takes its place under a new uid. */
export async function forget(store: Store, object: Desired, clock: Clock): Promise<void> {
  const key = keyOf(object.kind, object.name)
  await store.status.remove(key)
  if (object.kind === 'Notifier') await store.channels.remove(object.name)
  const { replacement } = object
  if (replacement === undefined) {
    await store.desired.remove(key)
    await dropFromInventory(store, object)
  } else {
    await replaceBy(store, object, clock)
  }
  await store.events.append({
    type: 'Normal',
    reason: replacement === undefined ? 'Deleted' : 'Replaced',
    object: key,
    attempt: 0,
    message:
      replacement === undefined
        ? 'Gone; its record stays'
        : 'Gone; a new one of the same name takes its place',
  })
}

async function recordOutcome(store: Store, object: DesiredSession, now: Date): Promise<void> {
  const orphaned = object.spec.deletionPolicy === 'Orphan'
  await store.records.update(object.uid, before => {
    const record = before ?? newRecord(object)
    // What was closed was not done: whoever declares the name again wants it anew.
    if (record.outcome !== undefined && record.outcome.state !== 'Closed')
      return { ...record, outcome: { ...record.outcome, preserved: record.preserved } }
    return {
      ...record,
      outcome: {
        ...record.outcome,
        state: orphaned ? 'Orphaned' : 'Deleted',
        at: now.toISOString(),
        preserved: record.preserved,
      },
    }
  })
}

async function dropFromInventory(store: Store, object: Desired): Promise<void> {
  await store.inventory.update(object.source, inventory =>
    inventory === undefined
      ? undefined
      : { ...inventory, items: inventory.items.filter(item => item.uid !== object.uid) },
  )
}

async function replaceBy(store: Store, object: Desired, { now, newUid }: Clock): Promise<void> {
  const { replacement } = object
  if (replacement === undefined) return
  const key = keyOf(object.kind, object.name)
  const fresh: Desired = {
    ...replacement,
    uid: newUid(),
    generation: 1,
    source: object.source,
    creationTimestamp: now.toISOString(),
    finalizers: finalizersOf(replacement.kind),
    overrides: {},
  }
  await store.inventory.update(object.source, inventory => ({
    source: object.source,
    items: [...(inventory?.items ?? []), { key, uid: fresh.uid }],
  }))
  if (isSession(fresh)) await store.records.put(fresh.uid, newRecord(fresh))
  await store.desired.put(key, fresh)
  await dropFromInventory(store, object)
}
