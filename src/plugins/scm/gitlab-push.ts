import type { EndedRequest } from '../forge-push.ts'
import { assertNotOver, pushToForge, tipOfBranch } from '../forge-push.ts'
import type { Scm, ScmProject } from '../scm.ts'
import { sourceNameOf, sourceOf } from './gitlab-change.ts'
import { PAGE } from './gitlab-client.ts'
import type { ListedMerge } from './gitlab-facts.ts'
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
  const { git } = gitlab
  const desk = await openDesk(gitlab, project, signal)
  const sha = await tipOfBranch(git, project, branch, signal)
  const newest = await endedOf(desk, branch, signal)
  if (newest !== undefined) await assertNotOver(git, project, { branch, newest }, signal)
  const remote = desk.place.remotes.get(sourceNameOf(desk)) ?? 'origin'
  await pushToForge(git, project, { branch, sha, remote, lease }, signal)
  await gitlab.poke(desk.reader)
  return { sha }
}

/** The last merge request of the branch, when none is open. */
async function endedOf(
  desk: OpenDesk,
  branch: string,
  signal: AbortSignal,
): Promise<EndedRequest | undefined> {
  const merges = await mergesOf(desk, branch, signal)
  const [newest] = merges
  if (newest === undefined || merges.some(merge => merge.state === 'open')) return undefined
  const { number, state, headSha } = newest
  return {
    name: `merge request !${number}`,
    state: state === 'merged' ? 'merged' : 'closed',
    headSha,
    reopen: `glab mr reopen ${number} --repo ${desk.facts.path}`,
  }
}

/** Those of the branch, the newest first. */
async function mergesOf(
  desk: OpenDesk,
  branch: string,
  signal: AbortSignal,
): Promise<readonly ListedMerge[]> {
  const sourceId = await sourceOf(desk, signal)
  const answer = await desk.client.read(
    async ({ merges }) =>
      merges.all({
        projectId: desk.facts.id,
        scope: 'all',
        sourceBranch: branch,
        perPage: PAGE,
        page: 1,
      }),
    signal,
  )
  return listOf(answer)
    .map(listedMerge)
    .filter(merge => merge.headBranch === branch && merge.sourceId === sourceId)
    .toSorted((a, b) => b.number - a.number)
}
