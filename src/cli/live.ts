import { statSync } from 'node:fs'

import { KINDS } from '../resource/key.ts'
import type { StoreView } from '../store/index.ts'
import { liveHolder, readLock } from '../store/lock.ts'
import type { HomePaths } from '../store/paths.ts'
import type { LockInfo } from '../store/types.ts'
import { watchDirectory } from '../store/watch-directory.ts'
import type { Context } from './context.ts'
import type { Watcher } from './output/get.ts'

const LOOK_EVERY_MS = 1000

/** The living process that holds the lock. */
export async function holderOf(
  context: Pick<Context, 'identity'>,
  paths: HomePaths,
): Promise<LockInfo | undefined> {
  if (readLock(paths).state === 'absent') return undefined
  return liveHolder(paths, await context.identity())
}

/** Whether somebody looks at the world now, else how long ago somebody did. */
export async function watcherOf(
  context: Pick<Context, 'identity' | 'now'>,
  paths: HomePaths,
): Promise<Watcher> {
  if ((await holderOf(context, paths)) !== undefined) return { live: true }
  // The lock comes and goes with whoever looks, and that touches the home's directory.
  const stat = statSync(paths.root, { throwIfNoEntry: false })
  return {
    live: false,
    ...(stat === undefined
      ? {}
      : { factsAgeMs: Math.max(0, context.now().getTime() - stat.mtimeMs) }),
  }
}

/** Something to wait on that wakes when an object may have changed. */
export interface StateWatch {
  /** Ends when something may have changed, after a second, or at the signal. */
  changed(signal: AbortSignal): Promise<void>
  close(): void
}

/** Watches what is known of objects. Watching only makes it quicker: once a second everybody looks anyway. */
export function watchState(paths: HomePaths): StateWatch {
  const dirs = [
    ...KINDS.flatMap(kind => [`${paths.status}/${kind}`, `${paths.desired}/${kind}`]),
    paths.records,
    paths.outbox,
  ]
  const watches = dirs.map(watchDirectory)
  return {
    async changed(signal) {
      const done = new AbortController()
      const end = (): void => {
        done.abort()
      }
      signal.addEventListener('abort', end, { once: true })
      if (signal.aborted) end()
      await Promise.race(watches.map(async watch => watch.changed(LOOK_EVERY_MS, done.signal)))
      signal.removeEventListener('abort', end)
      end()
    },
    close() {
      for (const watch of watches) watch.close()
    },
  }
}

/** Reads again what a view has read before. */
export function refresh(store: StoreView): void {
  store.desired.load()
  store.status.load()
  store.records.load()
}
