import { HouseError } from '../../errors.ts'
import type { MergeMethod } from '../forge-settings.ts'
import { HttpError } from '../http-failure.ts'
import type { MergeWanted, MergeWords } from '../merge-guard.ts'
import { assertMergeable, mergedAs, movedFrom } from '../merge-guard.ts'
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

/**
 * Merges at exactly the expected head, or has GitLab merge that head once its pipeline succeeds. It is read just before: what is not known to merge is not
 * merged. An answer that was lost is looked for instead of asking again.
 */
export async function mergeMerge(
  gitlab: GitLab,
  project: ScmProject,
  wanted: MergeWanted,
  signal: AbortSignal,
): Promise<MergeResult> {
  const desk = await openDesk(gitlab, project, signal)
  const { merge: method } = desk.place.settings
  const before = await decided(gitlab, desk, wanted.number, signal)
  const words = wordsOf(desk, before)
  if (before.state === 'merged') return mergedAs(words, before.mergeSha)
  if (before.queued && before.headSha === wanted.expectedHead) return { state: 'queued' }
  assertMergeable(words, before, wanted)
  assertMethod(desk, words, method)
  const mayGo = desk.place.settings.deleteBranch && !wanted.keepBranch
  const removes = mayGo && (await reasonToKeep(desk, before, signal)) === undefined
  try {
    return method === 'queue'
      ? await enqueue(gitlab, desk, { merge: before, removes }, signal)
      : await accept(gitlab, desk, { merge: before, method, removes }, signal)
  } catch (error) {
    if (!(error instanceof HouseError) || error.code === 'Interrupted') throw error
    const after = await needMerge(desk, wanted.number, signal)
    if (after.state === 'merged') return mergedAs(words, after.mergeSha)
    if (after.queued && after.headSha === wanted.expectedHead) return { state: 'queued' }
    throw refusalOf(words, { ...wanted, merge: after }, error)
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

function wordsOf(
  { project }: OpenDesk,
  { number, mergeStatus }: Pick<WholeMerge, 'number' | 'mergeStatus'>,
): MergeWords {
  return {
    what: `merge request !${number} of ${project.project}`,
    forge: 'GitLab',
    ...(mergeStatus === 'need_rebase' ? { conflicts: 'has to be rebased onto' } : {}),
  }
}

function assertMethod({ facts }: OpenDesk, { what }: MergeWords, method: MergeMethod): void {
  if (method !== 'rebase' || facts.method !== 'merge') return
  throw new HouseError(
    'Refused',
    `${facts.path} makes merge commits, so ${what} can't be merged by rebase (set spec.scm.merge, or the project's merge method)`,
    { next: 'ao explain project.spec.scm' },
  )
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
  if (after.state !== 'merged') return awaitMerged(gitlab, desk, merge, signal)
  return mergedAs(wordsOf(desk, merge), after.mergeSha)
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
  if (after.state !== 'merged') return awaitMerged(gitlab, desk, merge, signal)
  return mergedAs(wordsOf(desk, merge), after.mergeSha)
}

/** It is locked while it is being merged. */
async function awaitMerged(
  { wait }: GitLab,
  desk: OpenDesk,
  before: WholeMerge,
  signal: AbortSignal,
): Promise<MergeResult> {
  const words = wordsOf(desk, before)
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const merge = await needMerge(desk, before.number, signal)
    if (merge.state === 'merged') return mergedAs(words, merge.mergeSha)
    await wait(BETWEEN_TRIES_MS, signal)
  }
  throw new HouseError('Unreachable', `GitLab has not said yet that ${words.what} is merged`, {
    retryable: true,
  })
}

function refusalOf(
  { what }: MergeWords,
  { merge, expectedHead }: { readonly merge: WholeMerge; readonly expectedHead: string },
  error: HouseError,
): HouseError {
  if (merge.headSha !== expectedHead) return movedFrom(what, merge, expectedHead)
  if (error.retryable || !(error instanceof HttpError)) return error
  const next = `ao pr view ${merge.number}`
  if (error.status === 401 || error.status === 403) {
    return new HouseError('Refused', `the token may not merge ${what}`, { next })
  }
  const why = merge.mergeStatus === '' ? error.message : `${error.message} (${merge.mergeStatus})`
  return new HouseError('Conflict', `${what} was not merged: ${why}`, { next })
}
