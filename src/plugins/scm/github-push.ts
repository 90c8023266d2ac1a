import type { EndedRequest } from '../forge-push.ts'
import { assertNotOver, pushToForge, tipOfBranch } from '../forge-push.ts'
import type { Git } from '../git.ts'
import type { Scm, ScmProject } from '../scm.ts'
import { headRepoOf } from './github-create.ts'
import type { ListedPull } from './github-facts.ts'
import type { Desk, GitHub } from './github-one.ts'
import { openDesk } from './github-one.ts'
import { listedPull } from './github-parse.ts'
import { placeOf } from './github-guards.ts'

type Push = Parameters<NonNullable<Scm['push']>>[1]

/** Pushes a branch, unless GitHub says that its pull request is over. */
export async function pushBranch(
  github: GitHub & { readonly git: Git },
  project: ScmProject,
  { branch, lease }: Push,
  signal: AbortSignal,
): Promise<{ readonly sha: string }> {
  const { git } = github
  const desk = await openDesk(github, project, signal)
  const sha = await tipOfBranch(git, project, branch, signal)
  const newest = await endedOf(desk, branch, signal)
  if (newest !== undefined) await assertNotOver(git, project, { branch, newest }, signal)
  const remote = desk.place.remotes.get(headRepoOf(desk).toLowerCase()) ?? 'origin'
  await pushToForge(git, project, { branch, sha, remote, lease }, signal)
  await github.poke(desk.reader)
  return { sha }
}

/** The last pull request of the branch, when none is open. */
async function endedOf(
  desk: Desk,
  branch: string,
  signal: AbortSignal,
): Promise<EndedRequest | undefined> {
  const pulls = await pullsOf(desk, branch, signal)
  const [newest] = pulls
  if (newest === undefined || pulls.some(pull => pull.state === 'open')) return undefined
  const { number, state, headSha } = newest
  return {
    name: `pull request #${number}`,
    state: state === 'merged' ? 'merged' : 'closed',
    headSha,
    reopen: `gh pr reopen ${number} --repo ${desk.at.owner}/${desk.at.repo}`,
  }
}

/** Those of the branch, the newest first. */
async function pullsOf(
  desk: Desk,
  branch: string,
  signal: AbortSignal,
): Promise<readonly ListedPull[]> {
  const headRepo = headRepoOf(desk)
  const pulls = await desk.forge.client.read(async (octokit, extra) => {
    const response = await octokit.rest.pulls.list({
      ...desk.at,
      state: 'all',
      head: `${placeOf(headRepo).owner}:${branch}`,
      sort: 'created',
      direction: 'desc',
      per_page: 100,
      ...extra,
    })
    return { ...response, data: response.data.map(listedPull) }
  }, signal)
  return pulls
    .filter(pull => pull.headBranch === branch && pull.headRepo === headRepo.toLowerCase())
    .toSorted((a, b) => b.number - a.number)
}
