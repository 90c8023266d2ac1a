import { createHash } from 'node:crypto'

import type { ReactionInput } from '../lifecycle/reaction.ts'
import type { Sighting } from '../lifecycle/sighting.ts'
import { sightingOf } from '../lifecycle/sighting.ts'
import { stable } from '../plan/fingerprint.ts'
import type { SessionStatus } from '../resource/status.ts'
import type { Store } from '../store/index.ts'

/**
 * Remembers what was seen of a session when it is not what was seen last, so that other reactions can be tried on it (`ao replay`). Gives what the status
 * is to say: since when it has been so. Without `seen` nothing is remembered, and what was known stays.
 */
export async function recordSighting(
  store: Store,
  seen: ReactionInput | undefined,
  previous: SessionStatus | undefined,
  now: Date,
): Promise<SessionStatus['since']> {
  if (seen === undefined) return knownSighting(previous)
  const sighting = sightingOf(seen)
  const digest = createHash('sha1').update(stable(sighting)).digest('hex').slice(0, 12)
  const key = `sighting:${digest}`
  const known = previous?.since[key]
  if (known !== undefined) return { [key]: known }
  const time = now.toISOString()
  await store.sightings.append({ time, ...withoutKnownReactions(store, sighting) })
  return { [key]: time }
}

/** The reactions that were written of each session, so that they are not written again on every line. */
const written = new WeakMap<Store, Map<string, string>>()

function withoutKnownReactions(
  store: Store,
  sighting: Omit<Sighting, 'time'>,
): Omit<Sighting, 'time'> {
  const byUid = written.get(store) ?? new Map<string, string>()
  written.set(store, byUid)
  const { reactions, ...rest } = sighting
  const text = stable(reactions)
  if (byUid.get(sighting.uid) === text) return rest
  byUid.set(sighting.uid, text)
  return sighting
}

function knownSighting(previous: SessionStatus | undefined): SessionStatus['since'] {
  const known = Object.entries(previous?.since ?? {}).filter(([key]) => key.startsWith('sighting:'))
  return Object.fromEntries(known)
}
