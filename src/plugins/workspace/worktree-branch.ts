import { join } from 'node:path'

import { HouseError } from '../../errors.ts'
import { keptRef, ownerRef } from '../../resource/refs.ts'
import type { RememberedBranch, WorkspaceTarget } from '../workspace.ts'
import type { WorktreeTools } from './worktree-checkout.ts'
import { fetchBranch } from './worktree-fetch.ts'
import {
  branchInHead,
  readWorktrees,
  requireRepository,
  type RepositoryPlace,
} from './worktree-layout.ts'
import { readText } from './worktree-owner.ts'
import type { RefCommand } from './worktree-refs.ts'

const ORIGIN_TIMEOUT_MS = 60_000

/**
 * Creates the branch and our owner ref in one transaction, which also proves that origin has no branch of that name. One that an earlier
 * session of ours left is taken over.
 */
export async function createBranch(
  tools: WorktreeTools,
  target: WorkspaceTarget,
  { baseSha, left }: { readonly baseSha: string; readonly left?: RememberedBranch | undefined },
  signal: AbortSignal,
): Promise<void> {
  const { branch } = target
  if (branch === undefined) return
  refuseOption(branch)
  const place = requireRepository(target.repository)
  const names = refNames(target, branch)
  if (left?.where === 'remote') await deleteOnOrigin(tools, place, { branch, left }, signal)
  if (left?.where === 'reopened') await fetchReopened(tools, place, { branch, left }, signal)
  try {
    await tools.refs.transact(place, signal, creation(names, baseSha, left))
  } catch (error) {
    if (!(error instanceof HouseError) || error.code !== 'Conflict') throw error
    const refs = await readRefs(tools, place, signal, Object.values(names))
    judgeTaken(target, branch, refs, error)
  }
}

function creation(
  names: RefNames,
  baseSha: string,
  left: RememberedBranch | undefined,
): readonly RefCommand[] {
  const own: RefCommand = ['create', names.owner, baseSha]
  switch (left?.where) {
    case 'local':
      return [['verify', names.branch, left.sha], own, ['delete', left.ref, left.sha]]
    case 'reopened':
      return [['create', names.branch, left.sha], own, ['verify', names.remote, left.sha]]
    case 'remote':
    case undefined:
      return [['create', names.branch, baseSha], own, ['verify', names.remote, '']]
  }
}

/** Its commits, and that origin has the branch where the pull request says. */
async function fetchReopened(
  tools: WorktreeTools,
  place: RepositoryPlace,
  { branch, left }: { readonly branch: string; readonly left: RememberedBranch },
  signal: AbortSignal,
): Promise<void> {
  const repository = place.path
  try {
    await fetchBranch(tools, { repository, branch, timeoutMs: ORIGIN_TIMEOUT_MS }, signal)
  } catch (error) {
    if (!(error instanceof HouseError) || !/couldn't find remote ref/.test(error.message))
      throw error
    throw new HouseError(
      'BranchMissing',
      `branch ${branch} is gone from origin; it was at ${left.sha.slice(0, 12)}`,
      { cause: error, next: `git -C ${repository} push origin ${left.sha}:refs/heads/${branch}` },
    )
  }
  const remote = `refs/remotes/origin/${branch}`
  const there = (await readRefs(tools, place, signal, [remote])).get(remote)
  if (there === left.sha) return
  throw new HouseError(
    'Conflict',
    `branch ${branch} on origin is at ${there?.slice(0, 12) ?? 'nothing'}, not at ${left.sha.slice(0, 12)} as its pull request: it moved meanwhile`,
    { retryable: true, next: `git -C ${repository} log origin/${branch}` },
  )
}

/** Only if it is still at what we know of: commits of somebody else are never overwritten. Our own ref goes on holding those that go. */
async function deleteOnOrigin(
  { git, queue }: WorktreeTools,
  place: RepositoryPlace,
  { branch, left }: { readonly branch: string; readonly left: RememberedBranch },
  signal: AbortSignal,
): Promise<void> {
  const lease = `--force-with-lease=refs/heads/${branch}:${left.sha}`
  const args = ['push', '--quiet', '--no-verify', lease, 'origin', `:refs/heads/${branch}`]
  const push = async (): Promise<unknown> =>
    git(place.path, args, { timeoutMs: ORIGIN_TIMEOUT_MS, signal })
  try {
    await queue.exclusive(`fetch:${place.commonDir}`, push, signal)
  } catch (error) {
    if (!(error instanceof HouseError) || !/stale info/.test(error.message)) throw error
    throw new HouseError(
      'BranchTaken',
      `branch ${branch} on origin is no longer at ${left.sha.slice(0, 12)}: it has commits that are not ours, or is gone`,
      { cause: error, next: `git -C ${place.path} fetch --prune origin` },
    )
  }
}

/** Deletes or lets go of the branch; what is gone already is fine, what moved or is checked out is a Conflict. */
export async function deleteBranch(
  tools: WorktreeTools,
  target: WorkspaceTarget,
  options: { readonly expectedSha: string | undefined; readonly keepBranch: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { branch } = target
  if (branch === undefined) return
  const place = requireRepository(target.repository)
  const names = refNames(target, branch)
  const refs = await tools.refs.read(place, signal)
  const owned = refs.get(names.owner)
  // Without our owner ref the branch is not ours, or no longer.
  if (owned === undefined) return
  const tip = refs.get(names.branch)
  const letGo: readonly RefCommand[] = [['delete', names.owner, owned]]
  if (tip === undefined) {
    await tools.refs.transact(place, signal, letGo)
  } else if (options.keepBranch) {
    const kept = keptRef(target.session, target.uid)
    await tools.refs.transact(place, signal, [...letGo, ['update', kept, tip]])
  } else {
    refuseMoved(target, branch, tip, options.expectedSha)
    const pushed = refs.get(names.remote)
    const isOurs =
      pushed === tip ||
      (pushed !== undefined && (await isIn(tools, place, { pushed, tip }, signal)))
    const remember: readonly RefCommand[] =
      pushed !== undefined && isOurs
        ? [['update', keptRef(target.session, target.uid), pushed]]
        : []
    const commands: readonly RefCommand[] = [...letGo, ...remember, ['delete', names.branch, tip]]
    await tools.refs.transact(place, signal, commands, () => {
      refuseCheckedOut(place, branch)
    })
  }
}

/** Everything that origin's branch has was ours. */
async function isIn(
  { git }: WorktreeTools,
  place: RepositoryPlace,
  { pushed, tip }: { readonly pushed: string; readonly tip: string },
  signal: AbortSignal,
): Promise<boolean> {
  const args = ['merge-base', '--is-ancestor', pushed, tip]
  return (await git(place.path, args, { allow: [0, 1], signal })).exitCode === 0
}

interface RefNames {
  readonly branch: string
  readonly owner: string
  readonly remote: string
}

function refNames({ session, uid }: WorkspaceTarget, branch: string): RefNames {
  return {
    branch: `refs/heads/${branch}`,
    owner: ownerRef(session, uid),
    remote: `refs/remotes/origin/${branch}`,
  }
}

function refuseOption(branch: string): void {
  if (!branch.startsWith('-')) return
  throw new HouseError('Refused', `"${branch}" can't be a branch: git would read it as an option`)
}

async function readRefs(
  { git }: WorktreeTools,
  place: RepositoryPlace,
  signal: AbortSignal,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const args = ['for-each-ref', '--format=%(refname) %(objectname)', ...names]
  const { stdout } = await git(place.path, args, { signal })
  const pairs = stdout.split('\n').flatMap((line): readonly (readonly [string, string])[] => {
    const [name, oid] = line.split(' ')
    return name === undefined || oid === undefined ? [] : [[name, oid]]
  })
  return new Map(pairs)
}

/** Ours already: returns. Otherwise throws what is in the way. */
function judgeTaken(
  target: WorkspaceTarget,
  branch: string,
  refs: ReadonlyMap<string, string>,
  cause: HouseError,
): void {
  const names = refNames(target, branch)
  const [tip, owned, remote] = [names.branch, names.owner, names.remote].map(name => refs.get(name))
  if (tip !== undefined && owned !== undefined) return
  if (owned !== undefined) {
    // Making it again from the base would hide the commits it had (B9).
    throw new HouseError(
      'BranchMissing',
      `branch ${branch} of ${target.session} was deleted by somebody; it started at ${owned}`,
      {
        cause,
        next: `git -C ${target.repository} branch ${branch} <sha from git fsck --lost-found>`,
      },
    )
  }
  const where = tip === undefined ? 'origin/' : ''
  const sha = tip ?? remote
  if (sha === undefined) {
    throw new HouseError(
      'BranchTaken',
      `branch ${branch} of ${target.session} can't be made: ${cause.message}`,
      { cause, next: `git -C ${target.repository} branch --list` },
    )
  }
  throw new HouseError(
    'BranchTaken',
    `branch ${where}${branch} exists at ${sha.slice(0, 12)} and is not ${target.session}'s; give the worker another spec.branch, or rename or delete that branch`,
    {
      cause,
      next:
        tip === undefined
          ? `git -C ${target.repository} push origin --delete ${branch}`
          : `git -C ${target.repository} branch -m ${branch} ${branch}-old`,
    },
  )
}

function refuseMoved(
  target: WorkspaceTarget,
  branch: string,
  tip: string,
  expected: string | undefined,
): void {
  if (tip === expected) return
  throw new HouseError(
    'Conflict',
    `branch ${branch} of ${target.session} is at ${tip.slice(0, 12)}, not at ${expected?.slice(0, 12) ?? 'nothing'}: it moved meanwhile`,
    { retryable: true, next: `git -C ${target.repository} log ${branch}` },
  )
}

/** `update-ref` deletes a checked out branch without a word, unlike `git branch -d`. */
function refuseCheckedOut(place: RepositoryPlace, branch: string): void {
  const linked = readWorktrees(place.commonDir)
  const all = [
    { gitDir: place.commonDir, path: place.path },
    { gitDir: place.gitDir, path: place.path },
    ...linked,
  ]
  const holder = all.find(({ gitDir }) => branchesHeld(gitDir).includes(branch))
  if (holder === undefined) return
  throw new HouseError('Conflict', `branch ${branch} is checked out at ${holder.path}`, {
    retryable: true,
    next: `git -C ${holder.path} switch --detach`,
  })
}

/** The branch of HEAD, and those that a rebase or bisect in progress will come back to. */
function branchesHeld(gitDir: string): readonly string[] {
  const heads = ['HEAD', 'rebase-merge/head-name', 'rebase-apply/head-name'].map(
    name => readText(join(gitDir, name)) ?? '',
  )
  const rebased = heads.slice(1).map(text => text.trim().replace(/^refs\/heads\//, ''))
  return [
    branchInHead(heads[0] ?? '') ?? '',
    ...rebased,
    readText(join(gitDir, 'BISECT_START'))?.trim() ?? '',
  ].filter(name => name !== '')
}
