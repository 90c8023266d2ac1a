import { HouseError } from '../../errors.ts'
import { assertBase } from '../expected-base.ts'
import type { MergeMethod } from '../forge-settings.ts'
import type { MergeResult, ScmProject } from '../scm.ts'
import { deleteHead } from './github-branch.ts'
import type { WholePull } from './github-facts.ts'
import { HttpError } from '../http-failure.ts'
import type { Desk, GitHub } from './github-one.ts'
import { needPull, openDesk } from './github-one.ts'

interface Wanted {
  readonly number: number
  readonly expectedHead: string
  readonly expectedBase?: string
  readonly keepBranch: boolean
}

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
  wanted: Wanted,
  signal: AbortSignal,
): Promise<MergeResult> {
  const { number, expectedHead, keepBranch } = wanted
  const desk = await openDesk(github, project, signal)
  const { settings } = desk.place
  const deletes = settings.deleteBranch && !keepBranch
  const pull = await needPull(github, desk, number, signal)
  if (pull.state === 'merged') return merged(pull)
  if (pull.queued && pull.headSha === expectedHead) return { state: 'queued' }
  assertMergeable(desk, pull, wanted)
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
      return merged(after)
    }
    if (after.queued && settings.merge === 'queue') return { state: 'queued' }
    throw refusalOf(desk, { pull: after, expectedHead, method: settings.merge }, error)
  } finally {
    await github.poke(desk.reader)
  }
}

function merged({ number, mergeSha }: WholePull): MergeResult {
  if (mergeSha !== undefined) return { state: 'merged', mergeSha }
  throw new HouseError('Unreachable', `#${number} is merged, but GitHub doesn't say as what yet`, {
    retryable: true,
  })
}

/** Unknown is no. */
function assertMergeable(
  { project }: Desk,
  pull: WholePull,
  { expectedHead, expectedBase }: Wanted,
): void {
  const what = `pull request #${pull.number} of ${project.project}`
  const next = `ao pr view ${pull.number}`
  if (pull.state === 'closed') throw new HouseError('Conflict', `${what} is closed`, { next })
  if (pull.headSha !== expectedHead) throw moved(what, pull, expectedHead)
  assertBase(what, pull, expectedBase)
  if (pull.draft) throw new HouseError('Conflict', `${what} is a draft`, { next })
  if (pull.mergeable === 'conflicting') {
    throw new HouseError('Conflict', `${what} conflicts with ${pull.baseBranch}`, { next })
  }
  if (pull.mergeable === 'unknown') {
    throw new HouseError('Unreachable', `GitHub has not worked out yet whether ${what} merges`, {
      retryable: true,
    })
  }
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
  { project }: Desk,
  about: {
    readonly pull: WholePull
    readonly expectedHead: string
    readonly method: MergeMethod
  },
  error: HttpError,
): HouseError {
  const { pull, expectedHead, method } = about
  const what = `pull request #${pull.number} of ${project.project}`
  if (pull.headSha !== expectedHead) return moved(what, pull, expectedHead)
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

function moved(what: string, { headSha, number }: WholePull, expectedHead: string): HouseError {
  const heads = `${headSha.slice(0, 7)}, not at ${expectedHead.slice(0, 7)}`
  return new HouseError('Conflict', `${what} stands at ${heads}`, { next: `ao pr view ${number}` })
}
