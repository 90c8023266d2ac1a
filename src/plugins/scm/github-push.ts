import type { EndedRequest } from '../forge-push.ts'
import { endedAmong, pushToForge } from '../forge-push.ts'
import { pushedRepo } from '../forge-place.ts'
import type { Git } from '../git.ts'
import type { Scm, ScmProject } from '../scm.ts'
import { placeOf } from './github-guards.ts'
import type { Desk, GitHub } from './github-one.ts'
import { openDesk } from './github-one.ts'
import { listedPull } from './github-parse.ts'

type Push = Parameters<NonNullable<Scm['push']>>[1]

/** Pushes a branch, unless GitHub says that its pull request is over. */
export async function pushBranch(
  github: GitHub & { readonly git: Git },
  project: ScmProject,
  { branch, lease }: Push,
  signal: AbortSignal,
): Promise<{ readonly sha: string }> {
  const desk = await openDesk(github, project, signal)
  const remote = desk.place.remotes.get(pushedRepo(desk.place, desk.reader.name).toLowerCase())
  const ended = async () => endedOf(desk, branch, signal)
  const pushed = await pushToForge(github.git, project, { branch, remote, lease, ended }, signal)
  await github.poke(desk.reader)
  return pushed
}

async function endedOf(
  { at, forge, place, reader }: Desk,
  branch: string,
  signal: AbortSignal,
): Promise<EndedRequest | undefined> {
  const headRepo = pushedRepo(place, reader.name)
  const pulls = await forge.client.read(async (octokit, extra) => {
    const response = await octokit.rest.pulls.list({
      ...at,
      state: 'all',
      head: `${placeOf(headRepo).owner}:${branch}`,
      sort: 'created',
      direction: 'desc',
      per_page: 100,
      ...extra,
    })
    return { ...response, data: response.data.map(listedPull) }
  }, signal)
  const own = pulls.filter(
    pull => pull.headBranch === branch && pull.headRepo === headRepo.toLowerCase(),
  )
  return endedAmong(own, number => ({
    name: `pull request #${number}`,
    reopen: `gh pr reopen ${number} --repo ${at.owner}/${at.repo}`,
  }))
}
