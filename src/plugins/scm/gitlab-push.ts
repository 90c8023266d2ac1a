import { pushedRepo } from '../forge-place.ts'
import type { EndedRequest } from '../forge-push.ts'
import { endedAmong, pushToForge } from '../forge-push.ts'
import type { Scm, ScmProject } from '../scm.ts'
import { sourceOf } from './gitlab-change.ts'
import { PAGE } from './gitlab-client.ts'
import type { GitLab, OpenDesk } from './gitlab-one.ts'
import { openDesk } from './gitlab-one.ts'
import { listedMerge, listOf } from './gitlab-parse.ts'

type Push = Parameters<NonNullable<Scm['push']>>[1]

/** Pushes a branch, unless GitLab says that its merge request is over. */
export async function pushBranch(
  gitlab: GitLab,
  project: ScmProject,
  { branch, lease }: Push,
  signal: AbortSignal,
): Promise<{ readonly sha: string }> {
  const desk = await openDesk(gitlab, project, signal)
  const remote = desk.place.remotes.get(pushedRepo(desk.place, desk.facts.path).toLowerCase())
  const ended = async () => endedOf(desk, branch, signal)
  const pushed = await pushToForge(gitlab.git, project, { branch, remote, lease, ended }, signal)
  await gitlab.poke(desk.reader)
  return pushed
}

async function endedOf(
  desk: OpenDesk,
  branch: string,
  signal: AbortSignal,
): Promise<EndedRequest | undefined> {
  const { client, facts } = desk
  const sourceId = await sourceOf(desk, signal)
  const answer = await client.read(
    async ({ merges }) =>
      merges.all({
        projectId: facts.id,
        scope: 'all',
        sourceBranch: branch,
        perPage: PAGE,
        page: 1,
      }),
    signal,
  )
  const own = listOf(answer)
    .map(listedMerge)
    .filter(merge => merge.headBranch === branch && merge.sourceId === sourceId)
  return endedAmong(own, number => ({
    name: `merge request !${number}`,
    reopen: `glab mr reopen ${number} --repo ${facts.path}`,
  }))
}
