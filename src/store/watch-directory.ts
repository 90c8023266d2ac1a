import { watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'

/** Something to wait on that wakes early when a directory's entries change. */
export interface DirectoryWatch {
  /** Ends when the directory may have changed since the last call, after `ms`, or at the signal. */
  changed(ms: number, signal?: AbortSignal): Promise<void>
  close(): void
}

/** Watching only makes it quicker: where the system can't, the caller's interval alone counts. */
export function watchDirectory(dir: string): DirectoryWatch {
  let dirty = false
  let wake = (): void => undefined
  const watcher = tryWatch(dir, () => {
    dirty = true
    wake()
  })
  const changed = async (ms: number, signal?: AbortSignal): Promise<void> => {
    if (!dirty && signal?.aborted !== true) {
      await new Promise<void>(resolve => {
        const done = (): void => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', done)
          wake = () => undefined
          resolve()
        }
        const timer = setTimeout(done, ms)
        signal?.addEventListener('abort', done, { once: true })
        wake = done
      })
    }
    dirty = false
  }
  return { changed, close: () => watcher?.close() }
}

function tryWatch(dir: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(dir, { persistent: false }, onChange)
    watcher.on('error', () => {
      watcher.close()
    })
    return watcher
  } catch {
    return undefined
  }
}
