import type { Review } from './scm.ts'

/** Whether a review approves that very head in a person's name. Applications review tirelessly, and answer for nothing: they approve nothing. */
export function approvesHead({ verdict, sha, authorType }: Review, head: string): boolean {
  return verdict === 'approve' && sha === head && authorType === 'person'
}
