import type { CheckConclusion, CheckRun, Status } from './check-state.ts'
import { type Pull, type Repository, type Review, headOf, tip } from './state.ts'

/** A check run or a status, told alike. */
export interface Context {
  readonly name: string
  readonly outcome: 'success' | 'failure' | 'pending'
  readonly run: CheckRun | undefined
  readonly status: Status | undefined
}

export type ReviewDecision = 'APPROVED' | 'CHANGES_REQUESTED' | 'REVIEW_REQUIRED'
export type MergeState = 'clean' | 'dirty' | 'blocked' | 'behind' | 'unstable' | 'draft' | 'unknown'

const PASSED: ReadonlySet<CheckConclusion> = new Set(['success', 'neutral', 'skipped'])

/** The newest check run of each name and app, as `filter=latest` gives them. */
export function latestRuns(repo: Repository, sha: string): readonly CheckRun[] {
  const latest = new Map<string, CheckRun>()
  for (const run of repo.checkRuns) {
    if (run.sha !== sha) continue
    const key = `${run.app.id} ${run.name}`
    latest.delete(key)
    latest.set(key, run)
  }
  return [...latest.values()]
}

/** The newest status of each context. */
export function latestStatuses(repo: Repository, sha: string): readonly Status[] {
  const latest = new Map<string, Status>()
  for (const status of repo.statuses) {
    if (status.sha === sha) latest.set(status.context, status)
  }
  return [...latest.values()]
}

export function contextsOf(repo: Repository, sha: string): readonly Context[] {
  const runs = latestRuns(repo, sha).map(run => ({
    name: run.name,
    outcome: outcomeOf(run),
    run,
    status: undefined,
  }))
  const statuses = latestStatuses(repo, sha).map(status => ({
    name: status.context,
    outcome: status.state === 'error' ? ('failure' as const) : status.state,
    run: undefined,
    status,
  }))
  return [...runs, ...statuses]
}

function outcomeOf(run: CheckRun): Context['outcome'] {
  if (run.status !== 'completed' || run.conclusion === undefined) return 'pending'
  return PASSED.has(run.conclusion) ? 'success' : 'failure'
}

/** Each reviewer's newest opinion; a comment changes nothing about an earlier one. */
export function opinions(pull: Pull): readonly Review[] {
  const latest = new Map<number, Review>()
  for (const review of pull.reviews) {
    if (review.state === 'COMMENTED' || review.state === 'PENDING') continue
    latest.set(review.author.id, review)
  }
  return [...latest.values()]
}

/** Null where no review is required, whatever reviewers said. */
export function reviewDecision(pull: Pull): ReviewDecision | null {
  const needed = pull.repo.protection.get(pull.baseBranch)?.requiredApprovals ?? 0
  if (needed === 0) return null
  const states = opinions(pull).map(review => review.state)
  if (states.includes('CHANGES_REQUESTED')) return 'CHANGES_REQUESTED'
  const have = states.filter(state => state === 'APPROVED').length
  return have >= needed ? 'APPROVED' : 'REVIEW_REQUIRED'
}

/** Why GitHub would not let anybody merge, besides conflicts; undefined when it would. */
export function blockedBy(pull: Pull): string | undefined {
  const protection = pull.repo.protection.get(pull.baseBranch)
  if (protection === undefined) return undefined
  const contexts = contextsOf(pull.repo, headOf(pull))
  for (const name of protection.requiredChecks) {
    const outcome = contexts.find(context => context.name === name)?.outcome
    if (outcome === undefined) return `Required status check "${name}" is expected.`
    if (outcome === 'pending') return `Required status check "${name}" is in progress.`
    if (outcome === 'failure') return `Required status check "${name}" is failing.`
  }
  const decision = reviewDecision(pull)
  if (decision === 'CHANGES_REQUESTED') return 'Changes have been requested.'
  if (decision === 'REVIEW_REQUIRED') {
    return `At least ${protection.requiredApprovals} approving review is required by reviewers with write access.`
  }
  const unresolved = pull.threads.some(thread => thread.resolvedBy === undefined)
  if (protection.resolvedThreads && unresolved) {
    return 'All comments must be resolved.'
  }
  return undefined
}

/** `mergeable_state`; only as good as what is `known` of the merge. */
export async function mergeState(pull: Pull, known: Pull['mergeability']): Promise<MergeState> {
  if (pull.state === 'closed' || known?.clean === undefined) return 'unknown'
  if (!known.clean) return 'dirty'
  if (pull.draft) return 'draft'
  if (blockedBy(pull) !== undefined) return 'blocked'
  const { repo } = pull
  if (repo.protection.get(pull.baseBranch)?.strict === true) {
    const [base, head] = [known.base, known.head]
    if ((await repo.git.mergeBase(base, head)) !== base) return 'behind'
  }
  const contexts = contextsOf(repo, known.head)
  return contexts.some(context => context.outcome !== 'success') ? 'unstable' : 'clean'
}

/** What is known of merging today's head into today's base. */
export function knownMergeability(pull: Pull): Pull['mergeability'] {
  const known = pull.mergeability
  if (known === undefined || known.clean === undefined) return undefined
  const fits = known.head === headOf(pull) && known.base === tip(pull.repo, pull.baseBranch)
  return fits ? known : undefined
}
