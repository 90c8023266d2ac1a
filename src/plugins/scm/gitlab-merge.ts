import { HouseError } from '../../errors.ts'
import { assertBase } from '../expected-base.ts'
import type { MergeMethod } from '../forge-settings.ts'
import { HttpError } from '../http-failure.ts'
import type { MergeResult, ScmProject } from '../scm.ts'
import { reasonToKeep } from './gitlab-branch.ts'
import type { WholeMerge } from './gitlab-facts.ts'
import type { GitLab, OpenDesk } from './gitlab-one.ts'
import { needMerge, openDesk } from './gitlab-one.ts'
import { listedMerge } from './gitlab-parse.ts'

const TRIES = 5
const BETWEEN_TRIES_MS = 1000
/** The second name is that before GitLab 17.11. */
const AUTO_MERGE: object = { autoMerge: true, mergeWhenPipelineSucceeds: true }

interface Wanted {
  readonly number: number
  readonly expectedHead: string
  readonly expectedBase?: string
  readonly keepBranch: boolean
}

/**
 * Merges at exactly the expected head, or has GitLab merge that head once its pipeline succeeds. It is read just before: what is not known to merge is not
 * merged. An answer that was lost is looked for instead of asking again.
 */
export async function mergeMerge(
  gitlab: GitLab,
  project: ScmProject,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<MergeResult> {
  const desk = await openDesk(gitlab, project, signal)
  const { merge: method } = desk.place.settings
  const before = await decided(gitlab, desk, wanted.number, signal)
  if (before.state === 'merged') return merged(before)
  if (before.queued && before.headSha === wanted.expectedHead) return { state: 'queued' }
  assertMergeable(desk, before, { ...wanted, method })
  const mayGo = desk.place.settings.deleteBranch && !wanted.keepBranch
  const removes = mayGo && (await reasonToKeep(desk, before, signal)) === undefined
  try {
    return method === 'queue'
      ? await enqueue(gitlab, desk, { merge: before, removes }, signal)
      : await accept(gitlab, desk, { merge: before, method, removes }, signal)
  } catch (error) {
    if (!(error instanceof HouseError) || error.code === 'Interrupted') throw error
    const after = await needMerge(desk, wanted.number, signal)
    if (after.state === 'merged') return merged(after)
    if (after.queued && method === 'queue') return { state: 'queued' }
    throw refusalOf(desk, { ...wanted, merge: after }, error)
  } finally {
    await gitlab.poke(desk.reader)
  }
}

/** GitLab finds out whether it merges when it is asked for. */
async function decided(
  { wait }: GitLab,
  desk: OpenDesk,
  number: number,
  signal: AbortSignal,
): Promise<WholeMerge> {
  for (let tries = 1; ; tries += 1) {
    const merge = await needMerge(desk, number, signal)
    const isDecided = merge.state !== 'open' || merge.mergeable !== 'unknown'
    if (isDecided || tries >= TRIES) return merge
    await wait(BETWEEN_TRIES_MS, signal)
  }
}

/** Unknown is no. */
function assertMergeable(
  { project, facts }: OpenDesk,
  merge: WholeMerge,
  { expectedHead, expectedBase, method }: Wanted & { readonly method: MergeMethod },
): void {
  const what = `merge request !${merge.number} of ${project.project}`
  const next = `ao pr view ${merge.number}`
  if (merge.state === 'closed') throw new HouseError('Conflict', `${what} is closed`, { next })
  if (merge.headSha !== expectedHead) throw moved(what, merge, expectedHead)
  assertBase(what, merge, expectedBase)
  if (merge.draft) throw new HouseError('Conflict', `${what} is a draft`, { next })
  if (merge.mergeable === 'conflicting') {
    const how = merge.mergeStatus === 'need_rebase' ? 'has to be rebased onto' : 'conflicts with'
    throw new HouseError('Conflict', `${what} ${how} ${merge.baseBranch}`, { next })
  }
  if (merge.mergeable === 'unknown') {
    throw new HouseError('Unreachable', `GitLab has not worked out yet whether ${what} merges`, {
      retryable: true,
    })
  }
  if (method === 'rebase' && facts.method === 'merge') {
    throw new HouseError(
      'Refused',
      `${facts.path} makes merge commits, so ${what} can't be merged by rebase (set spec.scm.merge, or the project's merge method)`,
      { next: 'ao explain project.spec.scm' },
    )
  }
}

/** GitLab itself deletes the branch, and only if it still stands at what was merged. */
async function accept(
  gitlab: GitLab,
  desk: OpenDesk,
  {
    merge,
    method,
    removes,
  }: {
    readonly merge: WholeMerge
    readonly method: 'merge' | 'squash' | 'rebase'
    readonly removes: boolean
  },
  signal: AbortSignal,
): Promise<MergeResult> {
  const { client, facts } = desk
  const value = await client.write(
    async ({ merges }) =>
      merges.accept(facts.id, merge.number, {
        sha: merge.headSha,
        squash: method === 'squash',
        shouldRemoveSourceBranch: removes,
      }),
    signal,
  )
  const after = listedMerge(value)
  return after.state === 'merged' ? merged(after) : awaitMerged(gitlab, desk, merge, signal)
}

async function enqueue(
  gitlab: GitLab,
  desk: OpenDesk,
  { merge, removes }: { readonly merge: WholeMerge; readonly removes: boolean },
  signal: AbortSignal,
): Promise<MergeResult> {
  const { client, facts } = desk
  const { number, headSha: sha } = merge
  if (facts.hasTrains) {
    const options = { sha, whenPipelineSucceeds: true }
    await client.write(
      async ({ trains }) => trains.addMergeRequest(facts.id, number, options),
      signal,
    )
    return { state: 'queued' }
  }
  const value = await client.write(
    async ({ merges }) =>
      merges.accept(facts.id, number, {
        sha,
        ...AUTO_MERGE,
        shouldRemoveSourceBranch: removes,
      }),
    signal,
  )
  const after = listedMerge(value)
  if (after.queued) return { state: 'queued' }
  return after.state === 'merged' ? merged(after) : awaitMerged(gitlab, desk, merge, signal)
}

/** It is locked while it is being merged. */
async function awaitMerged(
  { wait }: GitLab,
  desk: OpenDesk,
  { number }: WholeMerge,
  signal: AbortSignal,
): Promise<MergeResult> {
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const merge = await needMerge(desk, number, signal)
    if (merge.state === 'merged') return merged(merge)
    await wait(BETWEEN_TRIES_MS, signal)
  }
  const what = `merge request !${number} of ${desk.project.project}`
  throw new HouseError('Unreachable', `GitLab has not said yet that ${what} is merged`, {
    retryable: true,
  })
}

function merged({ number, mergeSha }: Pick<WholeMerge, 'number' | 'mergeSha'>): MergeResult {
  if (mergeSha !== undefined) return { state: 'merged', mergeSha }
  throw new HouseError('Unreachable', `!${number} is merged, but GitLab doesn't say as what yet`, {
    retryable: true,
  })
}

function refusalOf(
  { project }: OpenDesk,
  { merge, expectedHead }: { readonly merge: WholeMerge; readonly expectedHead: string },
  error: HouseError,
): HouseError {
  const what = `merge request !${merge.number} of ${project.project}`
  if (merge.headSha !== expectedHead) return moved(what, merge, expectedHead)
  if (error.retryable || !(error instanceof HttpError)) return error
  const next = `ao pr view ${merge.number}`
  if (error.status === 401 || error.status === 403) {
    return new HouseError('Refused', `the token may not merge ${what}`, { next })
  }
  const why = merge.mergeStatus === '' ? error.message : `${error.message} (${merge.mergeStatus})`
  return new HouseError('Conflict', `${what} was not merged: ${why}`, { next })
}

function moved(what: string, { headSha, number }: WholeMerge, expectedHead: string): HouseError {
  const heads = `${headSha.slice(0, 7)}, not at ${expectedHead.slice(0, 7)}`
  return new HouseError('Conflict', `${what} stands at ${heads}`, { next: `ao pr view ${number}` })
}
