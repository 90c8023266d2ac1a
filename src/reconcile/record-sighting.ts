import { createHash } from 'node:crypto'

import type { ReactionInput } from '../lifecycle/reaction.ts'
import { sightingOf } from '../lifecycle/sighting.ts'
import { stable } from '../plan/changes.ts'
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
  await store.sightings.append({ time, ...sighting })
  return { [key]: time }
}

function knownSighting(previous: SessionStatus | undefined): SessionStatus['since'] {
  const known = Object.entries(previous?.since ?? {}).filter(([key]) => key.startsWith('sighting:'))
  return Object.fromEntries(known)
}
