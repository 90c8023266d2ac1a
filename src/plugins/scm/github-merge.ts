import { HouseError } from '../../errors.ts'
import type { MergeMethod } from '../forge-settings.ts'
import type { MergeWanted, MergeWords } from '../merge-guard.ts'
import { assertMergeable, mergedAs, movedFrom } from '../merge-guard.ts'
import type { MergeResult, ScmProject } from '../scm.ts'
import { deleteHead } from './github-branch.ts'
import type { WholePull } from './github-facts.ts'
import { HttpError } from '../http-failure.ts'
import type { Desk, GitHub } from './github-one.ts'
import { needPull, openDesk } from './github-one.ts'

const ENQUEUE = `mutation ($id: ID!, $head: GitObjectID!) {
  enqueuePullRequest(input: { pullRequestId: $id, expectedHeadOid: $head }) { mergeQueueEntry { id } }
}`

/**
 * Merges at exactly the expected head, or hands it to the queue at that head. It is read just before: what is not known to merge is not merged. An answer that
 * was lost is looked for instead of asking again.
 */
export async function mergePull(
  github: GitHub,
  project: ScmProject,
  wanted: MergeWanted,
  signal: AbortSignal,
): Promise<MergeResult> {
  const { number, expectedHead, keepBranch } = wanted
  const desk = await openDesk(github, project, signal)
  const { settings } = desk.place
  const deletes = settings.deleteBranch && !keepBranch
  const pull = await needPull(github, desk, number, signal)
  const words = wordsOf(desk, number)
  if (pull.state === 'merged') return mergedAs(words, pull.mergeSha)
  if (pull.queued && pull.headSha === expectedHead) return { state: 'queued' }
  assertMergeable(words, pull, wanted)
  try {
    const result =
      settings.merge === 'queue'
        ? await enqueue(desk, pull, signal)
        : await mergeNow(desk, pull, settings.merge, signal)
    if (result.state === 'merged' && deletes) await tidy(desk, pull, signal)
    return result
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    const after = await needPull(github, desk, number, signal)
    if (after.state === 'merged') {
      if (deletes) await tidy(desk, after, signal)
      return mergedAs(words, after.mergeSha)
    }
    if (after.queued && after.headSha === expectedHead) return { state: 'queued' }
    throw refusalOf(words, { pull: after, expectedHead, method: settings.merge }, error)
  } finally {
    await github.poke(desk.reader)
  }
}

function wordsOf({ project }: Desk, number: number): MergeWords {
  return { what: `pull request #${number} of ${project.project}`, forge: 'GitHub' }
}

async function enqueue(
  { forge }: Desk,
  pull: WholePull,
  signal: AbortSignal,
): Promise<MergeResult> {
  await forge.client.mutate(ENQUEUE, { id: pull.id, head: pull.headSha }, signal)
  return { state: 'queued' }
}

async function mergeNow(
  { forge, at }: Desk,
  pull: WholePull,
  method: Exclude<MergeMethod, 'queue'>,
  signal: AbortSignal,
): Promise<MergeResult> {
  const answer = await forge.client.write(
    async (octokit, extra) =>
      octokit.rest.pulls.merge({
        ...at,
        pull_number: pull.number,
        sha: pull.headSha,
        merge_method: method,
        ...extra,
      }),
    signal,
  )
  return { state: 'merged', mergeSha: answer.sha }
}

/** That it could not be deleted is no failure of the merge: whoever looks next finds it. */
async function tidy(desk: Desk, pull: WholePull, signal: AbortSignal): Promise<void> {
  try {
    await deleteHead(desk, pull, signal)
  } catch (error) {
    if (!(error instanceof HouseError)) throw error
  }
}

function refusalOf(
  { what }: MergeWords,
  about: {
    readonly pull: WholePull
    readonly expectedHead: string
    readonly method: MergeMethod
  },
  error: HttpError,
): HouseError {
  const { pull, expectedHead, method } = about
  if (pull.headSha !== expectedHead) return movedFrom(what, pull, expectedHead)
  if (error.retryable || error.code === 'RateLimited') return error
  const next = `ao pr view ${pull.number}`
  if (/not allowed|merge queue/i.test(error.said)) {
    return new HouseError(
      'Refused',
      `${what} can't be merged by ${method}: ${error.said} (set spec.scm.merge)`,
      { next: 'ao explain project.spec.scm' },
    )
  }
  const isRace = /base branch was modified/i.test(error.said)
  if (isRace || [405, 409].includes(error.status ?? 0)) {
    const message = `${what} was not merged: ${error.said}`
    return new HouseError('Conflict', message, { next, retryable: isRace })
  }
  return error
}
