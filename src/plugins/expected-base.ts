import { HouseError } from '../errors.ts'

/** Throws `Conflict` for what goes into another branch than it was judged against: what was approved there is not approved here. */
export function assertBase(
  what: string,
  { number, baseBranch }: { readonly number: number; readonly baseBranch: string },
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
