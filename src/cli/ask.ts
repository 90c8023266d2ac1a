import { HouseError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import type { StoreView } from '../store/index.ts'
import type { RequestBody } from '../store/types.ts'
import type { Context } from './context.ts'
import { holderOf, refresh, watchState } from './live.ts'

/** What a request itself may take; waiting for what follows from it is counted apart. */
const REQUEST_TIMEOUT_MS = 120_000

/** Has something carried out, by the watcher or by ourselves. Throws what went wrong there. */
export async function ask(context: Context, body: RequestBody): Promise<void> {
  const { submit } = await import('./control.ts')
  const result = await submit(context, body, { timeoutMs: REQUEST_TIMEOUT_MS })
  if (result.ok) return
  const { code, message, next } = result.error ?? { code: 'Failed', message: 'it failed' }
  throw new HouseError(code as ErrorCode, message, next === undefined ? {} : { next })
}

/**
 * Waits until something holds. Where no watcher works towards it, does so itself, one pass after another. Gives false when the time is up;
 * throws `Interrupted`.
 */
export async function driveUntil(
  context: Context,
  store: StoreView,
  goal: {
    readonly words: string
    readonly isMet: (store: StoreView) => boolean
    readonly timeoutMs: number
  },
): Promise<boolean> {
  const deadline = performance.now() + goal.timeoutMs
  const watch = watchState(store.paths)
  try {
    for (;;) {
      refresh(store)
      if (goal.isMet(store)) return true
      if (context.signal.aborted) {
        throw new HouseError('Interrupted', `Interrupted while waiting for ${goal.words}`)
      }
      const rest = deadline - performance.now()
      if (rest <= 0) return false
      await watch.changed(AbortSignal.any([context.signal, AbortSignal.timeout(Math.ceil(rest))]))
      refresh(store)
      const isNobodyAtIt =
        !goal.isMet(store) && (await holderOf(context, store.paths)) === undefined
      if (isNobodyAtIt && !context.signal.aborted) await ask(context, { type: 'reconcile' })
    }
  } finally {
    watch.close()
  }
}

/** The home as it is after something was asked for in it. */
export function requireStore(context: Context): StoreView {
  const store = context.store()
  if (store !== undefined) return store
  throw new HouseError('NotFound', `there is no home at ${context.home} yet`, { next: 'ao apply' })
}
