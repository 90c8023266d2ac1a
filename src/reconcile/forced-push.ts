import { HouseError } from '../errors.ts'
import type { ResourceKey } from '../resource/key.ts'
import type { ForcedPush } from '../resource/record.ts'
import { isSession } from '../resource/spec.ts'
import type { Store } from '../store/index.ts'

const KEPT = 50

/** Writes down that somebody is about to replace what was pushed, and why. */
export async function acceptForcedPush(
  store: Store,
  key: ResourceKey,
  push: ForcedPush,
): Promise<void> {
  const object = store.desired.get(key)
  if (object === undefined) {
    throw new HouseError('NotFound', `${key} does not exist`, { next: 'ao get' })
  }
  if (isSession(object)) {
    await store.records.update(object.uid, record =>
      record === undefined
        ? undefined
        : { ...record, forced: [...(record.forced ?? []), push].slice(-KEPT) },
    )
  }
  const { branch, from, to, by, reason } = push
  await store.events.append({
    type: 'Normal',
    reason: 'ForcedPush',
    object: key,
    attempt: isSession(object) ? (store.records.get(object.uid)?.attempt ?? 0) : 0,
    cause: `force-push#${branch}`,
    message: `${by} pushes ${branch} over ${from.slice(0, 12)} with ${to.slice(0, 12)}: ${reason}`,
  })
}
