import { findCondition } from '../resource/conditions.ts'
import type { ResourceKey } from '../resource/key.ts'
import { lacksEnvironment, standingOf } from '../status/wait.ts'
import type { Store } from '../store/index.ts'

/** How everything stands after a pass: what is worst, and the code a command ends with that asked for the pass. */
export interface Verdict {
  /** 6 when something needs a person, 4 when something failed and will be tried again, 7 when this machine lacks something, else 0. */
  readonly exitCode: 0 | 4 | 6 | 7
  readonly key?: ResourceKey
  readonly message?: string
}

/** Judges by conditions only. */
export function verdictOf(store: Pick<Store, 'desired' | 'status'>): Verdict {
  let worst: Verdict = { exitCode: 0 }
  for (const [key, object] of store.desired.all()) {
    const status = store.status.get(key)
    // Work is done or not, whoever hears of it: a channel in trouble says so itself.
    if (status === undefined || object.kind === 'Notifier') continue
    const ready = findCondition(status.conditions, 'Ready')
    const standing = standingOf(status.conditions, object.generation, status.observedGeneration)
    const found = { key, message: ready?.message ?? '' }
    const isLacking = lacksEnvironment(status.conditions)
    if (standing === 'Stalled' && !isLacking) return { exitCode: 6, ...found }
    const refused = findCondition(status.conditions, 'ChangeRefused')
    if (refused !== undefined) return { exitCode: 6, key, message: refused.message }
    if (ready?.reason === 'ProgressingWithRetry' || ready?.reason === 'CrashLoopBackOff')
      worst = { exitCode: 4, ...found }
    if (isLacking && worst.exitCode === 0) worst = { exitCode: 7, ...found }
  }
  return worst
}
