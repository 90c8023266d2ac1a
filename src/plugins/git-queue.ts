import { setMaxListeners } from 'node:events'

import { HouseError } from '../errors.ts'

const CHECKOUT_SLOTS = 2

/** Keeps our own git commands out of each other's way. One for the whole process, shared by workspace and scm. */
export interface GitQueue {
  /** One at a time and in order for each key, which is a repository's common directory. */
  exclusive<T>(key: string, work: () => Promise<T>, signal: AbortSignal): Promise<T>
  /** At most two at once on the whole machine, in order: checkouts. */
  parallel<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>
  /**
   * Calls with the same key while one is running share its result. The shared work gets a signal of its own, which aborts when
   * every caller has left.
   */
  coalesced<T>(
    key: string,
    work: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T>
}

export function createGitQueue(options: { readonly slots?: number } = {}): GitQueue {
  const lanes = new Map<string, Slots>()
  const checkouts = createSlots(options.slots ?? CHECKOUT_SLOTS)
  const running = new Map<string, Shared>()

  return {
    async exclusive(key, work, signal) {
      const lane = lanes.get(key) ?? createSlots(1)
      lanes.set(key, lane)
      try {
        return await lane.use(work, signal)
      } finally {
        if (lane.isIdle()) lanes.delete(key)
      }
    },
    async parallel(work, signal) {
      return checkouts.use(work, signal)
    },
    async coalesced<T>(
      key: string,
      work: (signal: AbortSignal) => Promise<T>,
      signal: AbortSignal,
    ) {
      throwIfAborted(signal)
      const shared = running.get(key) ?? startShared(work)
      if (!running.has(key)) {
        running.set(key, shared)
        const forget = (): void => {
          if (running.get(key) === shared) running.delete(key)
        }
        shared.result.then(forget, forget)
      }
      const leave = (): void => {
        // Nobody may join work that is being aborted.
        if (shared.callers === 1 && running.get(key) === shared) running.delete(key)
      }
      return joinShared<T>(shared, leave, signal)
    },
  }
}

interface Slots {
  use<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>
  isIdle(): boolean
}

function createSlots(size: number): Slots {
  let free = size
  const waiting: (() => void)[] = []

  const take = async (signal: AbortSignal): Promise<void> => {
    throwIfAborted(signal)
    if (free > 0) {
      free -= 1
      return
    }
    await new Promise<void>((resolve, reject) => {
      const turn = (): void => {
        signal.removeEventListener('abort', give)
        resolve()
      }
      const give = (): void => {
        waiting.splice(waiting.indexOf(turn), 1)
        reject(interrupted())
      }
      // A hundred waiting under one signal is no leak.
      setMaxListeners(0, signal)
      signal.addEventListener('abort', give, { once: true })
      waiting.push(turn)
    })
  }
  const release = (): void => {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }

  return {
    async use(work, signal) {
      await take(signal)
      try {
        return await work()
      } finally {
        release()
      }
    },
    isIdle: () => free === size && waiting.length === 0,
  }
}

interface Shared {
  readonly result: Promise<unknown>
  readonly controller: AbortController
  callers: number
}

function startShared(work: (signal: AbortSignal) => Promise<unknown>): Shared {
  const controller = new AbortController()
  return { result: work(controller.signal), controller, callers: 0 }
}

async function joinShared<T>(shared: Shared, onLeave: () => void, signal: AbortSignal): Promise<T> {
  shared.callers += 1
  let stopListening = (): void => undefined
  const left = new Promise<never>((_resolve, reject) => {
    const leave = (): void => {
      onLeave()
      shared.callers -= 1
      if (shared.callers === 0) shared.controller.abort()
      reject(interrupted())
    }
    signal.addEventListener('abort', leave, { once: true })
    stopListening = () => {
      signal.removeEventListener('abort', leave)
    }
  })
  try {
    return (await Promise.race([shared.result, left])) as T
  } finally {
    stopListening()
  }
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw interrupted()
}

function interrupted(): HouseError {
  return new HouseError('Interrupted', 'work on git was interrupted')
}
