import { setMaxListeners } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'

import { HouseError } from '../errors.ts'

/** Looks on behalf of many askers at once. */
export type SharedLook<T> = (signal: AbortSignal) => Promise<T>

/**
 * Makes everybody who asks for a look share one, and still gives each of them one that began after they asked: who comes while a look is
 * under way shares the next. A look gets a signal of its own, which aborts when all its askers have left.
 */
export function shareLooks<T>(look: SharedLook<T>): SharedLook<T> {
  let running: Promise<unknown> | undefined
  let next: Shared<T> | undefined

  const begin = async (shared: Shared<T>): Promise<T> => {
    if (running !== undefined) await running
    if (shared.controller.signal.aborted) throw interrupted()
    next = undefined
    const result = look(shared.controller.signal)
    running = result.then(forget, forget)
    return result
  }
  const forget = (): void => {
    running = undefined
  }

  return async signal => {
    if (signal.aborted) throw interrupted()
    // Nobody may join a look that everybody else has left.
    if (next === undefined || next.controller.signal.aborted) {
      const controller = new AbortController()
      const shared: Shared<T> = { controller, askers: 0, result: Promise.resolve(undefined as T) }
      next = shared
      // Everybody who asks in this turn of the event loop gets into the first look together.
      shared.result = nextTurn().then(async () => begin(shared))
    }
    return join(next, signal)
  }
}

interface Shared<T> {
  readonly controller: AbortController
  askers: number
  result: Promise<T>
}

async function join<T>(shared: Shared<T>, signal: AbortSignal): Promise<T> {
  shared.askers += 1
  let stopListening = (): void => undefined
  const left = new Promise<never>((_resolve, reject) => {
    const leave = (): void => {
      shared.askers -= 1
      if (shared.askers === 0) shared.controller.abort()
      reject(interrupted())
    }
    // A hundred askers under one signal are no leak.
    setMaxListeners(0, signal)
    signal.addEventListener('abort', leave, { once: true })
    stopListening = () => {
      signal.removeEventListener('abort', leave)
    }
  })
  try {
    return await Promise.race([shared.result, left])
  } finally {
    stopListening()
  }
}

function interrupted(): HouseError {
  return new HouseError('Interrupted', 'a look was interrupted')
}
