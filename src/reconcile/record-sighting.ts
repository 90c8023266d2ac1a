import { createHash } from 'node:crypto'

import type { ReactionInput } from '../lifecycle/reaction.ts'
import type { Sighting } from '../lifecycle/sighting.ts'
import { sightingOf } from '../lifecycle/sighting.ts'
import { stable } from '../plan/fingerprint.ts'
import { isSameJson } from '../resource/same-json.ts'
import type { SessionStatus } from '../resource/status.ts'
import type { Store } from '../store/index.ts'

/** One look at a session. */
export interface Seen {
  /** Undefined for a look that nothing is to be remembered of. */
  readonly judged: ReactionInput | undefined
  /** Something is answered now, if only because time went by: until when nothing else happened is worth knowing. */
  readonly isAnswered: boolean
}

/**
 * Remembers what was seen of a session when it is not what was seen last, so that other reactions can be tried on it (`ao replay`). Gives what the status
 * is to say: since when it has been so. What was known stays when nothing is remembered.
 */
export async function recordSighting(
  store: Store,
  { judged, isAnswered }: Seen,
  previous: SessionStatus | undefined,
  now: Date,
): Promise<SessionStatus['since']> {
  if (judged === undefined) return knownSighting(previous)
  const sighting = sightingOf(judged)
  const key = `sighting:${digestOf(store, sighting)}`
  const known = previous?.since[key]
  if (known !== undefined && !isAnswered) return { [key]: known }
  const time = now.toISOString()
  await store.sightings.append({ time, ...withoutKnownReactions(store, sighting) })
  return { [key]: known ?? time }
}

type Timeless = Omit<Sighting, 'time'>

/** What was seen of each session last: mostly the same is seen again, which is known sooner than a digest is made. */
const seenLast = new WeakMap<
  Store,
  Map<string, { readonly seen: Timeless; readonly digest: string }>
>()

function digestOf(store: Store, seen: Timeless): string {
  const byUid = partOf(seenLast, store)
  const last = byUid.get(seen.uid)
  if (last !== undefined && isSameJson(last.seen, seen)) return last.digest
  const digest = createHash('sha1').update(stable(seen)).digest('hex').slice(0, 12)
  byUid.set(seen.uid, { seen, digest })
  return digest
}

/** The reactions that were written of each session, so that they are not written again on every line. */
const written = new WeakMap<Store, Map<string, string>>()

function withoutKnownReactions(store: Store, sighting: Timeless): Timeless {
  const byUid = partOf(written, store)
  const { reactions, ...rest } = sighting
  const text = stable(reactions)
  if (byUid.get(sighting.uid) === text) return rest
  byUid.set(sighting.uid, text)
  return sighting
}

function partOf<V>(memory: WeakMap<Store, Map<string, V>>, store: Store): Map<string, V> {
  const known = memory.get(store) ?? new Map<string, V>()
  memory.set(store, known)
  return known
}

function knownSighting(previous: SessionStatus | undefined): SessionStatus['since'] {
  const known = Object.entries(previous?.since ?? {}).filter(([key]) => key.startsWith('sighting:'))
  return Object.fromEntries(known)
}
