import { oneLine } from './text.ts'

/** Condition types, as in kstatus; `Reconciling`, `Stalled`, `Suspended`, `ChangeRefused` and `IssueClosed` exist only while True. */
export const CONDITION_TYPES = [
  'Ready',
  'Reconciling',
  'Stalled',
  'Suspended',
  'RepositoryReachable',
  'ForgeReachable',
  'SourceHeld',
  'ChangeRefused',
  'WorkspaceReady',
  'SessionRunning',
  'PromptDelivered',
  'AgentResponsive',
  'PullRequestOpen',
  'ChecksPassing',
  'Merged',
  'IssueClosed',
] as const

export type ConditionType = (typeof CONDITION_TYPES)[number]
export type ConditionStatus = 'True' | 'False' | 'Unknown'

/** Why a condition has its status. A closed list; never renamed after a release. */
export const REASONS = [
  'Accepted',
  'Progressing',
  'ProgressingWithRetry',
  'Succeeded',
  'Running',
  'Suspended',
  'Suspending',
  'Waiting',
  'Done',
  'Merged',
  'NotMerged',
  'IssueClosed',
  'MergeFailed',
  'Exited',
  'Deleting',
  'Deleted',
  'Failed',
  'CrashLoopBackOff',
  'RestartsExhausted',
  'ExitedBeforeDone',
  'KilledBySignal',
  'ServerGone',
  'ProcessGone',
  'RuntimeUnknown',
  'RepositoryMissing',
  'RepositoryUnknown',
  'ForgeUnknown',
  'ForgeUnreachable',
  'ForgeRefused',
  'Reachable',
  'BaseMissing',
  'BranchTaken',
  'BranchMissing',
  'NameTaken',
  'PathTaken',
  'DirectoryMissing',
  'Moved',
  'IndexLocked',
  'Preparing',
  'Delivered',
  'NotDelivered',
  'Working',
  'Idle',
  'NeedsInput',
  'NeedsPermission',
  'RateLimited',
  'Stuck',
  'ActivityUnknown',
  'NoPullRequest',
  'Open',
  'Draft',
  'ClosedByUser',
  'AmbiguousPullRequest',
  'ChecksPending',
  'ChecksFailing',
  'ChecksPassing',
  'NoChecks',
  'ProjectMissing',
  'SourceInvalid',
  'SourceBusy',
  'SourceBranchChanged',
  'NestedRepository',
  'UnpushedWork',
  'ReplaceRefused',
  'DiskFull',
  'EnvironmentMissing',
  'Ambiguous',
] as const

export type Reason = (typeof REASONS)[number]

export interface Condition {
  readonly type: ConditionType
  readonly status: ConditionStatus
  readonly reason: Reason
  /** For people. */
  readonly message: string
  readonly observedGeneration: number
  /** RFC 3339; changes exactly when `status` does. */
  readonly lastTransitionTime: string
}

/** A condition as somebody wants it; the transition time follows from what was there before. */
export type WantedCondition = Omit<Condition, 'lastTransitionTime'>

export function findCondition(
  conditions: readonly Condition[],
  type: ConditionType,
): Condition | undefined {
  return conditions.find(condition => condition.type === type)
}

/** Bytes of a message. */
const MAX_MESSAGE = 4096

/** The wanted conditions in canonical order, each keeping its transition time while its status stays the same. */
export function mergeConditions(
  before: readonly Condition[],
  wanted: readonly WantedCondition[],
  now: Date,
): readonly Condition[] {
  return wanted
    .map(want => {
      const old = findCondition(before, want.type)
      const lastTransitionTime =
        old !== undefined && old.status === want.status ? old.lastTransitionTime : now.toISOString()
      // Whatever others said of it stays one line, in which nothing is hidden. What stands there already is one.
      const isKnown = old?.message === want.message
      const message = isKnown ? want.message : oneLine(want.message, MAX_MESSAGE)
      return { ...want, message, lastTransitionTime }
    })
    .sort((a, b) => CONDITION_TYPES.indexOf(a.type) - CONDITION_TYPES.indexOf(b.type))
}
