import type { Failpoints } from '../execute/failpoint.ts'
import type { PlannedAction, StepName } from '../plan/action.ts'
import type { Registry } from '../plugins/registry.ts'
import type { PullRequestsWanted } from '../plugins/scm.ts'
import type { ResourceKey } from '../resource/key.ts'
import type { Store } from '../store/index.ts'

/** Everything the reconciler gets from outside. */
export interface Deps {
  readonly store: Store
  readonly registry: Registry
  /** Ao's own environment, for `${NAME}` and `valueFrom`. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** What sessions and jobs may see of it. */
  readonly baseEnv: Readonly<Record<string, string>>
  readonly userHome: string
  readonly now: () => Date
  readonly newId: () => string
  readonly random: () => number
  readonly failpoints: Failpoints
  /** Throws `Locked` when the home's lock is no longer ours. */
  readonly fence: () => Promise<void>
  /** Reads a secret given as `valueFrom`. */
  readonly readValue: (value: unknown) => Promise<unknown>
  /** How forges are asked: a watcher never waits for their answers. */
  readonly forge: Pick<PullRequestsWanted, 'ask' | 'news'>
  readonly onProgress: (progress: Progress) => void
}

/** What a person may be shown while things happen. */
export type Progress =
  | { readonly type: 'step'; readonly key: ResourceKey; readonly step: StepName }
  | { readonly type: 'done'; readonly key: ResourceKey; readonly action: PlannedAction }
  | {
      readonly type: 'failed'
      readonly key: ResourceKey
      readonly action: PlannedAction
      readonly error: Error
    }
  | {
      readonly type: 'event'
      readonly key: ResourceKey
      readonly reason: string
      readonly message: string
      readonly warning: boolean
    }
