import type { RestEndpointMethodTypes } from '@octokit/rest'

import { HouseError } from '../../errors.ts'
import type { BranchEnd, ScmProject } from '../scm.ts'
import type { Call } from './github-client.ts'
import type { ListedPull } from './github-facts.ts'
import { HttpError } from '../http-failure.ts'
import type { Desk, GitHub } from './github-one.ts'
import { needPull, openDesk } from './github-one.ts'
import { listedPull } from './github-parse.ts'

type Branch = RestEndpointMethodTypes['repos']['getBranch']['response']['data']
type Deleted = Awaited<ReturnType<Call<undefined>>>

const GONE: BranchEnd = { state: 'gone' }

/** Deletes the branch that a merged pull request left. */
export async function deleteLeftover(
  github: GitHub,
  project: ScmProject,
  { number, expectedHead }: { readonly number: number; readonly expectedHead: string },
  signal: AbortSignal,
): Promise<BranchEnd> {
  const desk = await openDesk(github, project, signal)
  const pull = await needPull(github, desk, number, signal)
  if (pull.state !== 'merged') return kept(`#${number} is ${pull.state}`)
  if (pull.headSha !== expectedHead) return kept(`#${number} stands at ${short(pull.headSha)}`)
  try {
    return await deleteHead(desk, pull, signal)
  } finally {
    await github.poke(desk.reader)
  }
}

/** Only if it still stands at what was merged, only in the repository itself, and only if nobody else needs it. */
export async function deleteHead(
  desk: Desk,
  pull: ListedPull,
  signal: AbortSignal,
): Promise<BranchEnd> {
  const { at, forge, project } = desk
  const branch = pull.headBranch
  if (pull.headRepo !== `${at.owner}/${at.repo}`.toLowerCase()) return kept('it is in a fork')
  if (branch === project.defaultBranch) return kept('everything else starts from it')
  const [other] = await othersOf(desk, pull, signal)
  if (other !== undefined) return kept(`#${other} needs it`)
  let end: BranchEnd = GONE
  try {
    // Both in one turn: as little as can be happens between looking and deleting.
    await forge.client.write(async (octokit, extra): Promise<Deleted> => {
      const found = await octokit.rest.repos.getBranch({ ...at, branch, ...extra })
      const why = reasonToKeep(found.data, pull)
      if (why !== undefined) {
        end = kept(why)
        return { ...found, data: undefined }
      }
      return octokit.rest.git.deleteRef({ ...at, ref: `heads/${branch}`, ...extra })
    }, signal)
  } catch (error) {
    if (!isGone(error)) throw error
  }
  return end
}

/** A branch that was given another name answers to its old one. */
function reasonToKeep(found: Branch, { headBranch, headSha }: ListedPull): string | undefined {
  if (found.name !== headBranch) return `it is called ${found.name} now`
  if (found.protected) return 'it is protected'
  const { sha } = found.commit
  return sha === headSha ? undefined : `it stands at ${short(sha)} now`
}

/** Other open pull requests of the branch, or into it. */
async function othersOf(
  { forge, at }: Desk,
  { number, headBranch, headRepo }: ListedPull,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const open = async (about: { readonly head?: string; readonly base?: string }) => {
    return forge.client.read(async (octokit, extra) => {
      const wanted = { ...at, state: 'open', per_page: 100, ...about } as const
      const response = await octokit.rest.pulls.list({ ...wanted, ...extra })
      return { ...response, data: response.data.map(listedPull) }
    }, signal)
  }
  const same = await open({ head: `${at.owner}:${headBranch}` })
  const onIt = await open({ base: headBranch })
  const all = [...same.filter(each => each.headRepo === headRepo), ...onIt]
  return all.map(each => each.number).filter(each => each !== number)
}

function isGone(error: unknown): boolean {
  if (!(error instanceof HouseError)) return false
  if (error.code === 'NotFound') return true
  return error instanceof HttpError && /does not exist|not found/i.test(error.said)
}

function kept(why: string): BranchEnd {
  return { state: 'kept', why }
}

function short(sha: string): string {
  return sha.slice(0, 7)
}
