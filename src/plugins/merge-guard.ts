import { HouseError } from '../errors.ts'
import type { MergeResult, PullRequest } from './scm.ts'

/** What is to be merged, as whoever wants it judged it. */
export interface MergeWanted {
  readonly number: number
  readonly expectedHead: string
  readonly expectedBase?: string
  readonly keepBranch: boolean
}

interface Judged extends Pick<PullRequest, 'number' | 'state' | 'draft' | 'mergeable'> {
  readonly headSha: string
  readonly baseBranch: string
}

/** What a forge calls it, and itself, for people. */
export interface MergeWords {
  /** Such as `pull request #7 of shop`. */
  readonly what: string
  readonly forge: string
  /** What it does where it can't be merged into its base; default: conflicts with it. */
  readonly conflicts?: string
}

/** Throws `Conflict` for an open or closed one that is not to be merged, `Unreachable` (retryable) where that isn't known: unknown is no. */
export function assertMergeable(
  { what, forge, conflicts = 'conflicts with' }: MergeWords,
  pull: Judged,
  { expectedHead, expectedBase }: MergeWanted,
): void {
  const next = `ao pr view ${pull.number}`
  if (pull.state === 'closed') throw new HouseError('Conflict', `${what} is closed`, { next })
  if (pull.headSha !== expectedHead) throw movedFrom(what, pull, expectedHead)
  assertBase(what, pull, expectedBase)
  if (pull.draft) throw new HouseError('Conflict', `${what} is a draft`, { next })
  if (pull.mergeable === 'conflicting') {
    throw new HouseError('Conflict', `${what} ${conflicts} ${pull.baseBranch}`, { next })
  }
  if (pull.mergeable === 'unknown') {
    throw new HouseError('Unreachable', `${forge} has not worked out yet whether ${what} merges`, {
      retryable: true,
    })
  }
}

/** Throws `Conflict` for what goes into another branch than it was judged against: what was approved there is not approved here. */
export function assertBase(
  what: string,
  { number, baseBranch }: Pick<Judged, 'number' | 'baseBranch'>,
  expectedBase: string | undefined,
): void {
  if (expectedBase === undefined || baseBranch === expectedBase) return
  throw new HouseError(
    'Conflict',
    `${what} goes into ${baseBranch} now, not into ${expectedBase}`,
    {
      next: `ao pr view ${number}`,
      // Judged anew by what that branch asks for, it may be merged after all.
      retryable: true,
    },
  )
}

export function movedFrom(
  what: string,
  { headSha, number }: Pick<Judged, 'headSha' | 'number'>,
  expectedHead: string,
): HouseError {
  const heads = `${headSha.slice(0, 7)}, not at ${expectedHead.slice(0, 7)}`
  return new HouseError('Conflict', `${what} stands at ${heads}`, { next: `ao pr view ${number}` })
}

/** Throws `Unreachable` (retryable) while the forge doesn't say as what it was merged. */
export function mergedAs({ what, forge }: MergeWords, mergeSha: string | undefined): MergeResult {
  if (mergeSha !== undefined) return { state: 'merged', mergeSha }
  throw new HouseError('Unreachable', `${what} is merged, but ${forge} doesn't say as what yet`, {
    retryable: true,
  })
}
