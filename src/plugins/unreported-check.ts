import type { CheckResult } from './scm.ts'

/** A check that is required of a head, and that nobody has said anything of. */
export function unreported(name: string, sha: string): CheckResult {
  return { name, sha, state: 'pending', required: true, unreported: true }
}
