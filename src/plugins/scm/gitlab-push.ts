import { HouseError } from '../../errors.ts'
import type { RunResult } from '../exec.ts'
import type { Git } from '../git.ts'
import type { Scm, ScmProject } from '../scm.ts'
import { sourceNameOf, sourceOf } from './gitlab-change.ts'
import { PAGE } from './gitlab-client.ts'
import type { ListedMerge } from './gitlab-facts.ts'
import type { GitLab, OpenDesk } from './gitlab-one.ts'
import { openDesk } from './gitlab-one.ts'
import { listedMerge, listOf } from './gitlab-parse.ts'

type Push = Parameters<NonNullable<Scm['push']>>[1]

const TIMEOUT_MS = 300_000
/** What a server says when it has commits that the branch lacks, or is not where the lease expects it. */
const MOVED = /\[rejected\]|stale info|fetch first|non-fast-forward|cannot lock ref/
const DENIED =
  /authentication failed|could not read (username|password)|permission (to .* )?denied|not allowed to (push|upload)|\b403\b|\b401\b/i

/**
 * Pushes a branch with the person's own credentials, unless GitLab says that its merge request is over: what is pushed to a merged one is lost from sight, and
 * a closed one is a question for a person. A merge request of a namesake, whose commits are not in the branch, says nothing.
 */
export async function pushBranch(
  gitlab: GitLab,
  project: ScmProject,
  { branch, lease }: Push,
  signal: AbortSignal,
): Promise<{ readonly sha: string }> {
  const { git } = gitlab
  const desk = await openDesk(gitlab, project, signal)
  const ref = `refs/heads/${branch}`
  const sha = await tipOf(git, project, ref, signal)
  await assertNotOver(git, desk, { branch, ref }, signal)
  const remote = desk.place.remotes.get(sourceNameOf(desk)) ?? 'origin'
  const result = await git(
    project.repository,
    [
      'push',
      '--porcelain',
      '--no-follow-tags',
      '--no-signed',
      '--recurse-submodules=no',
      ...(lease === undefined ? [] : [`--force-with-lease=${ref}:${lease}`]),
      remote,
      `${sha}:${ref}`,
    ],
    { timeoutMs: TIMEOUT_MS, allow: [0, 1, 128], signal },
  )
  if (result.exitCode !== 0) throw refusalOf(result, { project, branch, remote })
  await gitlab.poke(desk.reader)
  return { sha }
}

async function tipOf(
  git: Git,
  { repository }: ScmProject,
  ref: string,
  signal: AbortSignal,
): Promise<string> {
  const args = ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`]
  const { exitCode, stdout } = await git(repository, args, { allow: [0, 1], signal })
  if (exitCode === 0) return stdout.trim()
  throw new HouseError('BranchMissing', `there is no ${ref} in ${repository} to push`, {
    next: `git -C ${repository} branch --list`,
  })
}

async function assertNotOver(
  git: Git,
  desk: OpenDesk,
  { branch, ref }: { readonly branch: string; readonly ref: string },
  signal: AbortSignal,
): Promise<void> {
  const merges = await mergesOf(desk, branch, signal)
  if (merges.some(merge => merge.state === 'open')) return
  const [newest] = merges
  if (newest === undefined) return
  if (!(await continues(git, desk.project, { ref, head: newest.headSha }, signal))) return
  const what = `merge request !${newest.number} of ${branch}`
  if (newest.state === 'merged') {
    throw new HouseError(
      'Refused',
      `${what} is merged: what is pushed now would be seen by nobody`,
      {
        next: `git -C ${desk.project.repository} log --oneline ${newest.headSha.slice(0, 12)}..${branch}`,
      },
    )
  }
  throw new HouseError('Refused', `${what} is closed, and a person has to say whether it goes on`, {
    next: `glab mr reopen ${newest.number} --repo ${desk.facts.path}`,
  })
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
  return listOf(answer.state === 'new' ? answer.value : [])
    .map(listedMerge)
    .filter(merge => merge.headBranch === branch && merge.sourceId === sourceId)
    .toSorted((a, b) => b.number - a.number)
}

/** Whether the branch goes on from a head: it is on the line of its own commits, not merged into what it began from. */
async function continues(
  git: Git,
  { repository }: ScmProject,
  { ref, head }: { readonly ref: string; readonly head: string },
  signal: AbortSignal,
): Promise<boolean> {
  const known = await git(repository, ['cat-file', '-e', `${head}^{commit}`], {
    allow: [0, 1, 128],
    signal,
  })
  if (known.exitCode !== 0) return false
  const args = ['rev-list', '--first-parent', ref, '--not', `${head}^@`]
  const { stdout } = await git(repository, args, { signal })
  return stdout.split('\n').includes(head)
}

function refusalOf(
  { stdout, stderr }: RunResult,
  about: { readonly project: ScmProject; readonly branch: string; readonly remote: string },
): HouseError {
  const { project, branch, remote } = about
  const what = `${branch} of ${project.project}`
  const verdict = stdout.split('\n').find(line => line.startsWith('!')) ?? ''
  const next = `git -C ${project.repository} fetch ${remote} ${branch}`
  if (MOVED.test(verdict) || MOVED.test(stderr)) {
    return new HouseError('Conflict', `${remote} has commits that ${what} lacks`, { next })
  }
  const said = (/\[remote rejected\] \((.*)\)/.exec(verdict)?.[1] ?? stderr.trim()).slice(-500)
  const hidden = said.replaceAll(/\/\/[^/@\s]+@/g, '//')
  if (verdict === '' && !DENIED.test(said)) {
    return new HouseError(
      'Unreachable',
      `${remote} could not be reached to push ${what}: ${hidden}`,
      {
        retryable: true,
      },
    )
  }
  return new HouseError('Refused', `${remote} refuses the push of ${what}: ${hidden}`, { next })
}
