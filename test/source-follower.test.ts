import { describe, expect, it } from 'vitest'

import type { Engine } from '../src/reconcile/engine.ts'
import { Wake } from '../src/reconcile/loop.ts'
import { SourceFollower } from '../src/reconcile/sources.ts'
import type { Source } from '../src/store/types.ts'
import { NOW, worker } from './support/builders.ts'
import { eventually } from './support/eventually.ts'

/** Longer than two looks lie apart that must agree. */
const LONG_ENOUGH_MS = 600

class CountingWake extends Wake {
  count = 0

  override wake(): void {
    this.count += 1
    super.wake()
  }
}

/** Follows a source that declares nothing any more, so that it is to be looked at once again. */
function followerOf(wake: Wake): SourceFollower {
  const source = { id: 's', name: 's', type: 'directory', digest: 'd', prune: true } as const
  const sources = new Map<string, Source>([['s', { ...source, acceptedAt: NOW.toISOString() }]])
  const store = {
    sources: { all: () => sources, update: async () => undefined },
    desired: { all: () => new Map([['Worker/app-1', worker('app-1', { source: 's' })]]) },
    inventory: { get: () => undefined },
    noPrune: () => undefined,
    events: { append: async () => undefined },
  }
  const read = { resources: [], digest: 'e', branch: undefined, alsoRead: [], problem: undefined }
  const loader = { prune: true, load: async () => read }
  return new SourceFollower({ deps: { store } } as unknown as Engine, loader, wake)
}

describe('following sources', () => {
  it('wakes the loop for the second look, and for nothing after it was closed', async () => {
    const left = new CountingWake()
    const closed = new CountingWake()
    const follower = followerOf(left)
    const ended = followerOf(closed)
    await follower.readChanged()
    await ended.readChanged()
    await ended.close()
    await eventually('the second look to be due', () => left.count > 0)
    const woken = eventually('a wake', () => closed.count > 0, LONG_ENOUGH_MS)
    await expect(woken).rejects.toThrow('Not within')
    await follower.close()
  })
})
