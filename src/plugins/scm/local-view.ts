import { join } from 'node:path'

import type { CheckResult, PullRequest, Review, ScmProject } from '../scm.ts'
import type { Comparer } from './local-compare.ts'
import {
  signatureIn,
  type CheckRecord,
  type PullRecord,
  type StoredReview,
} from './local-record.ts'
import { baseRef, checkKey, tipOf, type Look, type PullRefs } from './local-refs.ts'
import { summariseReviews } from './local-review.ts'
import type { LocalScmSettings } from './local-settings.ts'

/** A pull request as stored, together with what it was found in. */
export interface Stored {
  readonly refs: PullRefs
  readonly record: PullRecord
}

export interface ViewContext {
  readonly project: ScmProject
  readonly settings: LocalScmSettings
  readonly look: Look
  readonly comparer: Comparer
  readonly watchPaths: readonly string[]
  /** The id of ours. */
  readonly home: string | undefined
  /** The record of a check, by `<name>/<sha12>`. */
  readonly checkOf: (pull: PullRefs, key: string) => CheckRecord | undefined
  /** Whether the process that claimed a check is still at it. */
  readonly isRunning: (claim: CheckRecord & { readonly state: 'running' }) => Promise<boolean>
}

/** The commit a pull request stands at: the branch's tip while it is open and the branch is there, else what was recorded. */
export function currentHead(look: Look, { refs, record }: Stored): string {
  if (record.state !== 'open') return record.lastHead ?? refs.head ?? record.firstHead
  return tipOf(look, record.head) ?? refs.head ?? record.firstHead
}

/** Puts together what the contract calls a pull request. */
export async function viewPull(
  context: ViewContext,
  stored: Stored,
  signal: AbortSignal,
): Promise<PullRequest> {
  const { record, refs } = stored
  const { project, settings, look } = context
  const head = currentHead(look, stored)
  const base = look.refs.get(baseRef(look, record.base))
  const standing = await standingOf(context, { record, head, base }, signal)
  const opener = signatureIn(record, context.home)
  const reviews = record.reviews.map(review => viewReview(review, context.home))
  const need = settings.approvals
  const mergeSha = record.mergeSha ?? standing.landed
  return {
    number: refs.number,
    url: `ao://${project.project}/pulls/${refs.number}`,
    title: record.title,
    body: record.body,
    state: standing.landed === undefined ? record.state : 'merged',
    draft: record.draft,
    author: record.author,
    ...opener,
    head: { branch: record.head, sha: head, foreign: false },
    base: { branch: record.base, sha: base },
    checks: await checksOf(context, refs, head),
    reviews,
    threads: [],
    comments: [],
    labels: [],
    ...summariseReviews(reviews, { head, opener, need }),
    mergeable: standing.mergeable,
    queued: false,
    ...(mergeSha === undefined ? {} : { mergeSha }),
    createdAt: record.createdAt,
    touched: standing.touched,
  }
}

function viewReview(stored: StoredReview, ours: string | undefined): Review {
  const { session: _session, home: _home, ...review } = stored
  return { ...review, ...signatureIn(stored, ours), authorType: 'person', trusted: true }
}

interface Standing {
  readonly mergeable: PullRequest['mergeable']
  readonly landed?: string
  readonly touched: readonly string[]
}

async function standingOf(
  { project, look, comparer, watchPaths }: ViewContext,
  at: { readonly record: PullRecord; readonly head: string; readonly base: string | undefined },
  signal: AbortSignal,
): Promise<Standing> {
  const { record, head, base } = at
  if (record.state !== 'open' || base === undefined) return { mergeable: 'unknown', touched: [] }
  const repository = {
    path: project.repository,
    commonDir: look.commonDir,
    scratch: join(project.home, 'scratch'),
  }
  const pair = { base, head, firstHead: record.firstHead }
  const comparison = await comparer.compare(repository, pair, signal)
  if (comparison.landed !== undefined) return { ...comparison, touched: [] }
  const touched = await comparer.touched(project.repository, pair, watchPaths, signal)
  // What it touches is a guard of merging: when that could not be looked at, neither is it known to be mergeable.
  return touched === undefined ? { mergeable: 'unknown', touched: [] } : { ...comparison, touched }
}

async function checksOf(
  { settings, checkOf, isRunning }: ViewContext,
  pull: PullRefs,
  head: string,
): Promise<readonly CheckResult[]> {
  return Promise.all(
    settings.checks.map(async ({ name, required, digest }) => {
      const record = checkOf(pull, checkKey(name, head))
      const result = { name, sha: head, required }
      if (record === undefined || record.sha !== head || record.digest !== digest) {
        return { ...result, state: 'pending' } as const
      }
      if (record.state === 'running') {
        return { ...result, state: (await isRunning(record)) ? 'running' : 'pending' } as const
      }
      return {
        ...result,
        state: record.state,
        logTail: record.logTail,
        completedAt: record.completedAt,
      }
    }),
  )
}
