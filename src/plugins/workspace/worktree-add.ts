import { mkdirSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { HouseError } from '../../errors.ts'
import type { WorkspaceTarget } from '../workspace.ts'
import {
  checkoutEnv,
  findCheckout,
  refuseStranger,
  requireOurs,
  type Checkout,
  type WorktreeTools,
} from './worktree-checkout.ts'
import { findWorktree, type LinkedWorktree } from './worktree-layout.ts'
import { saveTips } from './worktree-preserve.ts'
import { findProcessNaming } from './worktree-process.ts'
import { deleteGitDir, writeOwner, type OwnerFile } from './worktree-owner.ts'

/** How long a `worktree add` may look unfinished before we take its maker for dead. */
const MAKING_MS = 3000
const MAKING_POLL_MS = 50
const CHECKOUT_TIMEOUT_MS = 30 * 60_000

/**
 * Adds the checkout without files and writes its owner file. What an interrupted call left is cleaned first, as far as it is proven
 * to be ours and to hold nothing; anything else in the way is a Conflict that names it.
 */
export async function addWorktree(
  tools: WorktreeTools,
  target: WorkspaceTarget,
  sha: string,
  signal: AbortSignal,
): Promise<void> {
  const { commonDir } = findCheckout(target).place
  const work = async (): Promise<void> => {
    const checkout = await untilMade(tools, target, signal)
    if (isOursAlready(target, checkout)) {
      if (checkout.linked?.owner?.stage === 'added') await untilLeft(tools, checkout, signal)
      return
    }
    await clearTheWay(tools, target, checkout, signal)
    mkdirSync(dirname(checkout.path), { recursive: true })
    await makeWorktree(tools, target, checkout, { sha, signal })
    const made = findWorktree(commonDir, checkout.path)
    if (made === undefined) {
      throw new HouseError('Failed', `git added ${checkout.path} and it is not there`, {
        retryable: true,
      })
    }
    writeOwner(made.gitDir, newOwner(target, checkout))
  }
  await tools.queue.exclusive(commonDir, work, signal)
}

/** Checks the files out; only at stage `added`, when nobody can have worked there. */
export async function populateWorktree(
  tools: WorktreeTools,
  target: WorkspaceTarget,
  signal: AbortSignal,
): Promise<void> {
  const work = async (): Promise<void> => {
    const checkout = findCheckout(target)
    const linked = requireOurs(target, checkout)
    if (linked.owner.stage !== 'added') return
    if (!linked.present) {
      throw new HouseError('Conflict', `${checkout.path} is gone; it has to be added again`, {
        retryable: true,
      })
    }
    await releaseOwnLock(tools, linked, signal)
    await tools.git(checkout.path, ['reset', '--hard', '--quiet'], {
      env: checkoutEnv(linked),
      timeoutMs: CHECKOUT_TIMEOUT_MS,
      signal,
    })
    writeOwner(linked.gitDir, { ...linked.owner, stage: 'populated' })
  }
  await tools.queue.parallel(work, signal)
}

/** A git that lost its parent may still be adding; it is given time to come to its end. */
async function untilMade(
  tools: WorktreeTools,
  target: WorkspaceTarget,
  signal: AbortSignal,
): Promise<Checkout> {
  for (;;) {
    const checkout = findCheckout(target)
    const { linked } = checkout
    if (linked?.initializing !== true) return checkout
    const stat = statSync(join(linked.gitDir, 'locked'), { throwIfNoEntry: false })
    if (stat !== undefined && tools.now().getTime() - stat.mtimeMs > MAKING_MS) return checkout
    await pauseIn(checkout.path, signal)
  }
}

/**
 * A git that lost its parent may still be checking out: later it would write its index wherever this path leads by then, also into the
 * workspace that comes next. It is given time to come to its end.
 */
async function untilLeft(
  tools: WorktreeTools,
  { path }: Checkout,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + MAKING_MS
  for (;;) {
    const pid = await findProcessNaming(path, tools.env, signal, isGit)
    if (pid === undefined) return
    if (performance.now() > deadline) {
      throw new HouseError('Locked', `process ${pid} is still at work in ${path}`, {
        retryable: true,
        next: `ps -fp ${pid}`,
      })
    }
    await pauseIn(path, signal)
  }
}

function isGit(command: string): boolean {
  return /^(\S*\/)?git /.test(command)
}

async function pauseIn(path: string, signal: AbortSignal): Promise<void> {
  await sleep(MAKING_POLL_MS, undefined, { signal }).catch((error: unknown) => {
    throw new HouseError('Interrupted', `adding ${path} was interrupted`, { cause: error })
  })
}

/** True for a whole one of ours; a whole one without owner file is taken over when nothing can have happened in it yet. */
function isOursAlready(target: WorkspaceTarget, checkout: Checkout): boolean {
  const { linked } = checkout
  if (linked === undefined || linked.initializing) return false
  if (linked.owner !== undefined) {
    refuseStranger(target, checkout, linked.owner)
    return linked.present
  }
  const isUntouched = checkout.directory === 'husk' && linked.present && !hasIndex(linked)
  if (!isUntouched || linked.branch !== target.branch) return false
  writeOwner(linked.gitDir, newOwner(target, checkout))
  return true
}

/** Removes what an interrupted call left: metadata without checkout, a checkout without metadata. Never files. */
async function clearTheWay(
  tools: WorktreeTools,
  target: WorkspaceTarget,
  checkout: Checkout,
  signal: AbortSignal,
): Promise<void> {
  const { linked, path } = checkout
  if (checkout.directory === 'filled') {
    throw new HouseError(
      'Conflict',
      `PathTaken: ${path} holds ${namesIn(path)}, which ${target.session} did not put there`,
      { next: `mv ${path} ${path}.old` },
    )
  }
  if (linked !== undefined) {
    const isForeign = linked.owner === undefined && hasIndex(linked)
    if (isForeign || (linked.lock !== undefined && !linked.initializing)) {
      throw new HouseError(
        'Conflict',
        `PathTaken: ${path} is registered as a worktree${linked.lock === undefined ? '' : ` and locked (${linked.lock})`} by somebody else`,
        { next: `git -C ${checkout.place.path} worktree list` },
      )
    }
    // The checkout was deleted by hand (B7): what only this metadata still holds is saved first.
    await saveTips(tools, target, checkout, signal)
    deleteGitDir(linked.gitDir)
  }
  if (checkout.directory === 'husk') rmSync(join(path, '.git'))
  if (checkout.directory !== 'absent') rmdirSync(path)
}

async function makeWorktree(
  tools: WorktreeTools,
  target: WorkspaceTarget,
  checkout: Checkout,
  { sha, signal }: { readonly sha: string; readonly signal: AbortSignal },
): Promise<void> {
  const { branch } = target
  const what =
    branch === undefined ? ['--detach', '--', checkout.path, sha] : ['--', checkout.path, branch]
  // Relative paths would write a setting into the repository.
  const settings = ['-c', 'worktree.useRelativePaths=false']
  const args = [...settings, 'worktree', 'add', '--quiet', '--no-checkout', ...what]
  try {
    await tools.git(checkout.place.path, args, { signal })
  } catch (error) {
    throw explainAdd(error, target)
  }
}

function explainAdd(error: unknown, target: WorkspaceTarget): unknown {
  if (!(error instanceof HouseError) || error.code !== 'CommandFailed') return error
  const holder = /already (?:checked out|used by worktree) at '(.+?)'/.exec(error.message)?.[1]
  if (holder !== undefined) {
    return new HouseError(
      'Conflict',
      `branch ${target.branch ?? 'HEAD'} of ${target.session} is checked out at ${holder}`,
      { cause: error, retryable: true, next: `git -C ${holder} switch --detach` },
    )
  }
  if (/already exists|already registered/.test(error.message)) {
    // A git whose parent was killed came first; the next call sees what it made.
    return new HouseError('Conflict', `${target.path} of ${target.session} appeared meanwhile`, {
      cause: error,
      retryable: true,
    })
  }
  if (error.message.includes('invalid reference')) {
    return new HouseError(
      'BranchMissing',
      `branch ${target.branch ?? 'HEAD'} of ${target.session} is gone; it is not made again from the base, which would hide its commits`,
      { cause: error, next: `git -C ${target.repository} fsck --lost-found` },
    )
  }
  return error
}

/**
 * A lock file of a checkout that was killed. It is only ours to remove here, at the stage when nobody else works in this worktree,
 * and only when no process names the checkout any more (B16).
 */
async function releaseOwnLock(
  tools: WorktreeTools,
  linked: LinkedWorktree & { readonly owner: OwnerFile },
  signal: AbortSignal,
): Promise<void> {
  const lock = join(linked.gitDir, 'index.lock')
  const stat = statSync(lock, { throwIfNoEntry: false })
  if (stat === undefined) return
  const pid = await findProcessNaming(linked.path, tools.env, signal)
  if (pid !== undefined) {
    const age = Math.round((tools.now().getTime() - stat.mtimeMs) / 1000)
    throw new HouseError(
      'Locked',
      `${lock} is ${age} s old and process ${pid} is still at work in ${linked.path}`,
      { retryable: true, next: `ps -fp ${pid}` },
    )
  }
  rmSync(lock, { force: true })
}

function newOwner(target: WorkspaceTarget, checkout: Checkout): OwnerFile {
  return {
    uid: target.uid,
    session: target.session,
    home: checkout.home,
    stage: 'added',
    purpose: 'session',
    links: [],
  }
}

function hasIndex(linked: LinkedWorktree): boolean {
  return statSync(join(linked.gitDir, 'index'), { throwIfNoEntry: false }) !== undefined
}

function namesIn(path: string): string {
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  return isDirectory ? readdirSync(path).slice(0, 3).join(', ') : 'a file'
}
