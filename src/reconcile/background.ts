import { toHouseError, withNext } from '../errors.ts'
import type { ResourceKey } from '../resource/key.ts'
import type { Deps } from './deps.ts'

export interface Background {
  readonly object: ResourceKey
  readonly attempt: number
  /** What is done, such as `merging #3`. */
  readonly what: string
  /** What asked for it, as `ao why` has it. */
  readonly cause?: string
}

/** Work beside the steps as a job: only while the lock is ours, and a failure is told before the queue makes the job wait. */
export function inBackground(
  deps: Deps,
  about: Background,
  work: (signal: AbortSignal) => Promise<void>,
): (signal: AbortSignal) => Promise<void> {
  return async signal => {
    await deps.fence()
    try {
      await work(signal)
    } catch (error) {
      if (!signal.aborted) await tell(deps, about, error)
      throw error
    }
  }
}

/** Tried again and again it is one event, counted: the log folds what is the same. */
async function tell(deps: Deps, about: Background, error: unknown): Promise<void> {
  const failure = toHouseError(error)
  const { object, attempt, what, cause } = about
  await deps.store.events.append({
    type: 'Warning',
    reason: failure.code,
    object,
    attempt,
    ...(cause === undefined ? {} : { cause }),
    message: `${what} failed: ${withNext(failure)}`,
  })
}
