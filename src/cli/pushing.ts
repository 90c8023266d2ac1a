import { HouseError } from '../errors.ts'
import type { PullRequest } from '../plugins/scm.ts'
import { findCheckout } from './checkout.ts'
import type { Context } from './context.ts'
import { getPull, listPulls, realPath } from './pulls.ts'
import type { Pulls } from './pulls.ts'

/** The branch one stands on, and what there is to publish of it. */
export interface Standing {
  readonly branch: string
  /** Top directory of the checkout. */
  readonly checkout: string
  readonly sha: string
  /** What is changed here and not committed: it stays here. */
  readonly leftovers: readonly string[]
}

/**
 * Where one stands, for publishing from there and from nowhere else. Throws `Refused` outside of the project's checkouts, on its default branch, and for a
 * session outside of its own workspace.
 */
export async function standingOf(context: Context, pulls: Pulls): Promise<Standing> {
  const { project, repository, session, standsIn } = pulls
  const own = repository.worktrees.find(({ owner }) => owner?.session === session)
  if (session !== undefined && own === undefined) throw noWorkspace(project, session)
  const checkout = findCheckout(context.cwd)
  const path = realPath(checkout?.path)
  const places = [repository.path, ...repository.worktrees.map(worktree => worktree.path)].map(
    place => realPath(place),
  )
  if (checkout === undefined || path === undefined || !places.includes(path)) {
    throw new HouseError(
      'Refused',
      `${context.cwd} is no checkout of ${project.project}, and nothing is pushed from elsewhere`,
      { next: `cd ${project.repository}` },
    )
  }
  const { branch } = checkout
  if (branch === undefined) {
    throw new HouseError('Usage', `no branch is checked out in ${path}`, {
      next: `git -C ${path} switch BRANCH`,
    })
  }
  if (session !== undefined && session !== standsIn) {
    throw new HouseError(
      'Refused',
      `${session} pushes from its own workspace, and ${path} is not that`,
      { next: `cd ${own?.path ?? project.repository}` },
    )
  }
  if (branch === project.defaultBranch) {
    throw new HouseError(
      'Refused',
      `${branch} is what pull requests of ${project.project} go into; it is not pushed by this`,
      { next: `git -C ${path} switch -c BRANCH` },
    )
  }
  const git = await context.git()
  const { stdout: tip } = await git(path, ['rev-parse', `refs/heads/${branch}`])
  const { stdout: status } = await git(path, ['status', '--porcelain', '-z'])
  const leftovers = changed(status)
  return { branch, checkout: path, sha: tip.trim(), leftovers }
}

/**
 * Whether what stands here may be published, by what its pull request is this very moment; unknown is no. Gives that pull request, when there is one. A
 * namesake's, whose commits are not in the branch, says nothing.
 */
export async function judgePush(
  context: Context,
  pulls: Pulls,
  standing: Standing,
  into = pulls.project.defaultBranch,
): Promise<PullRequest | undefined> {
  const { branch } = standing
  const all = await listPulls(context, pulls)
  const known = all.filter(({ head }) => head.branch === branch && !head.foreign)
  const candidate = known.find(({ state }) => state === 'open') ?? known.at(-1)
  const pull = candidate === undefined ? undefined : await getPull(context, pulls, candidate.number)
  const base = pull?.state === 'open' ? pull.base.branch : into
  if (pull !== undefined && pull.state !== 'open') await assertNotOver(context, standing, pull)
  await assertCommits(context, pulls, standing, base)
  return pull?.state === 'open' ? pull : undefined
}

/** Says what was left out of what is published. */
export function tellLeftovers(context: Context, { leftovers, checkout }: Standing): void {
  if (leftovers.length === 0) return
  const shown = leftovers.slice(0, 10).map(file => `  ${file}\n`)
  const more = leftovers.length > 10 ? `  and ${leftovers.length - 10} more\n` : ''
  const files = leftovers.length === 1 ? '1 file is' : `${leftovers.length} files are`
  context.stderr(`${files} not committed in ${checkout}, and left out:\n${shown.join('')}${more}`)
}

function noWorkspace({ repository }: Pulls['project'], session: string): HouseError {
  return new HouseError(
    'Refused',
    `${session} has no workspace in ${repository} to push from: it was removed, or never made`,
    { next: `ao describe ${session}` },
  )
}

function changed(status: string): readonly string[] {
  const files: string[] = []
  const entries = status.split('\0')
  for (let index = 0; index < entries.length; index += 1) {
    const entry = entries[index] ?? ''
    if (entry === '') continue
    files.push(entry.slice(3))
    // What was renamed is followed by what it was called.
    if (/^(R|C|.R|.C)/.test(entry)) index += 1
  }
  return files
}

async function assertNotOver(
  context: Context,
  { branch, checkout, sha }: Standing,
  { number, state, head }: PullRequest,
): Promise<void> {
  const git = await context.git()
  const seen = await git(checkout, ['rev-list', '--first-parent', sha, `^${head.sha}~0^@`], {
    allow: [0, 128],
  })
  if (seen.exitCode !== 0 || !seen.stdout.split('\n').includes(head.sha)) return
  const what = `pull request #${number} of ${branch}`
  throw state === 'merged'
    ? new HouseError(
        'Refused',
        `${what} is merged: what is pushed to its branch now would be seen by nobody`,
        { next: `git -C ${checkout} log --oneline ${head.sha.slice(0, 12)}..${branch}` },
      )
    : new HouseError(
        'Refused',
        `${what} is closed, and a person has to say whether it goes on; nothing is pushed until then`,
        { next: `ao pr view ${number}` },
      )
}

async function assertCommits(
  context: Context,
  { project }: Pulls,
  { branch, checkout, leftovers }: Standing,
  base: string,
): Promise<void> {
  const git = await context.git()
  const bases = [`refs/remotes/origin/${base}`, `refs/heads/${base}`]
  const { stdout: refs } = await git(checkout, ['for-each-ref', '--format=%(refname)', ...bases])
  const there = bases.find(ref => refs.split('\n').includes(ref))
  if (there === undefined) return
  const range = `${there}..refs/heads/${branch}`
  const { stdout } = await git(checkout, ['rev-list', '--count', '--end-of-options', range])
  if (Number(stdout) > 0) return
  const open =
    leftovers.length === 0
      ? ''
      : `; ${leftovers.slice(0, 3).join(', ')}${leftovers.length > 3 ? ', …' : ''} ${leftovers.length === 1 ? 'is' : 'are'} not committed`
  throw new HouseError(
    'Refused',
    `${branch} of ${project.project} has no commits that ${base} lacks, so there is nothing to publish${open}`,
    {
      next:
        leftovers.length === 0
          ? `git log --oneline ${base}..${branch}`
          : `git -C ${checkout} commit`,
    },
  )
}
