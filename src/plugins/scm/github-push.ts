import { HouseError } from '../../errors.ts'
import type { RunResult } from '../exec.ts'
import type { Git } from '../git.ts'
import type { Scm, ScmProject } from '../scm.ts'
import { headRepoOf } from './github-create.ts'
import type { ListedPull } from './github-facts.ts'
import type { Desk, GitHub } from './github-one.ts'
import { openDesk } from './github-one.ts'
import { listedPull } from './github-parse.ts'
import { placeOf } from './github-reader.ts'

type Push = Parameters<NonNullable<Scm['push']>>[1]

const TIMEOUT_MS = 300_000
/** What a server says when it has commits that the branch lacks, or is not where the lease expects it. */
const MOVED = /\[rejected\]|stale info|fetch first|non-fast-forward|cannot lock ref/
const DENIED =
  /authentication failed|could not read (username|password)|permission (to .* )?denied|\b403\b|\b401\b/i

/**
 * Pushes a branch with the person's own credentials, unless GitHub says that its pull request is over: what is pushed to a merged one is lost from sight, and
 * a closed one is a question for a person (P1 to P3). A pull request of a namesake, whose commits are not in the branch, says nothing.
 */
export async function pushBranch(
  github: GitHub & { readonly git: Git },
  project: ScmProject,
  { branch, lease }: Push,
  signal: AbortSignal,
): Promise<{ readonly sha: string }> {
  const { git } = github
  const desk = await openDesk(github, project, signal)
  const ref = `refs/heads/${branch}`
  const sha = await tipOf(git, project, ref, signal)
  await assertNotOver(git, desk, { branch, ref }, signal)
  const remote = desk.place.remotes.get(headRepoOf(desk).toLowerCase()) ?? 'origin'
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
  await github.poke(desk.reader)
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
  desk: Desk,
  { branch, ref }: { readonly branch: string; readonly ref: string },
  signal: AbortSignal,
): Promise<void> {
  const pulls = await pullsOf(desk, branch, signal)
  if (pulls.some(pull => pull.state === 'open')) return
  const [newest] = pulls
  if (newest === undefined) return
  if (!(await continues(git, desk.project, { ref, head: newest.headSha }, signal))) return
  const what = `pull request #${newest.number} of ${branch}`
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
    next: `gh pr reopen ${newest.number} --repo ${desk.at.owner}/${desk.at.repo}`,
  })
}

/** Those of the branch, the newest first. */
async function pullsOf(
  desk: Desk,
  branch: string,
  signal: AbortSignal,
): Promise<readonly ListedPull[]> {
  const headRepo = headRepoOf(desk)
  const answer = await desk.forge.client.read(async (octokit, extra) => {
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
  if (answer.state === 'same') return []
  return answer.value
    .filter(pull => pull.headBranch === branch && pull.headRepo === headRepo.toLowerCase())
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
