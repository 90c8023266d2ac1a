import { lstatSync, renameSync, rmSync, rmdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { errnoOf, HouseError } from '../../errors.ts'
import { run } from '../exec.ts'
import type { WorkspaceTarget } from '../workspace.ts'
import {
  checkoutEnv,
  findCheckout,
  requireOurs,
  type Checkout,
  type WorktreeTools,
} from './worktree-checkout.ts'
import { hasHead, type LinkedWorktree } from './worktree-layout.ts'
import { findNested } from './worktree-nested.ts'
import { deleteGitDir } from './worktree-owner.ts'

const CHMOD_TIMEOUT_MS = 10 * 60_000
const ATTEMPTS = 10
const PAUSE_MS = 100

/**
 * Takes a workspace away: the checkout is moved aside in one step, so that nobody ever sees half of it, then deleted; the
 * administrative directory goes last, because its owner file is the proof that lets a second call finish (A12).
 */
export async function removeWorktree(
  tools: WorktreeTools,
  target: WorkspaceTarget,
  signal: AbortSignal,
): Promise<void> {
  const checkout = findCheckout(target)
  if (checkout.linked === undefined || isPointerOnly(checkout.linked)) {
    await removeRest(tools, checkout, signal)
    return
  }
  const linked = requireOurs(target, checkout)
  if (linked.lock !== undefined && !linked.initializing) {
    throw new HouseError(
      'Conflict',
      `${checkout.path} of ${target.session} was locked by somebody${linked.lock === '' ? '' : ` (${linked.lock})`}`,
      { next: `git -C ${checkout.place.path} worktree unlock ${checkout.path}` },
    )
  }
  await refuseNested(tools, target, checkout, signal)
  await deleteTrash(tools, checkout.trash, signal)
  if (checkout.directory !== 'absent') renameSync(checkout.path, checkout.trash)
  await deleteTrash(tools, checkout.trash, signal)
  await tools.queue.exclusive(
    checkout.place.commonDir,
    async () => {
      deleteGitDir(linked.gitDir)
    },
    signal,
  )
}

/** Without metadata nothing proves that files are ours; only what holds none is cleaned up. */
async function removeRest(
  tools: WorktreeTools,
  checkout: Checkout,
  signal: AbortSignal,
): Promise<void> {
  await deleteTrash(tools, checkout.trash, signal)
  if (checkout.directory === 'filled') {
    throw new HouseError(
      'Conflict',
      `${checkout.path} is no worktree of ${checkout.place.path} and holds files; nothing proves that they are ours`,
      { next: `ls -la ${checkout.path}` },
    )
  }
  if (checkout.directory === 'husk') rmSync(`${checkout.path}/.git`)
  if (checkout.directory !== 'absent') rmdirSync(checkout.path)
  if (checkout.linked !== undefined) deleteGitDir(checkout.linked.gitDir)
}

/** All that a removal leaves that was killed just before its end; who makes a worktree locks it first. */
function isPointerOnly(linked: LinkedWorktree): boolean {
  return linked.owner === undefined && linked.lock === undefined && !hasHead(linked)
}

async function refuseNested(
  tools: WorktreeTools,
  target: WorkspaceTarget,
  checkout: Checkout,
  signal: AbortSignal,
): Promise<void> {
  const { linked, path } = checkout
  if (checkout.directory !== 'filled' || linked === undefined) return
  const nested = await findNested(tools.git, { path, env: checkoutEnv(linked) }, signal)
  if (nested.length === 0) return
  throw new HouseError(
    'Conflict',
    `NestedRepository: ${path} of ${target.session} holds a repository of its own in ${nested.slice(0, 3).join(', ')}`,
    { next: `mv ${path}/${nested[0] ?? ''} <somewhere else>` },
  )
}

/** A child that was not told may still write into it, and a cache may be read-only; both are met. */
async function deleteTrash(
  tools: WorktreeTools,
  trash: string,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; isThere(trash); attempt += 1) {
    const stderr = await tools.deleteTree(trash, signal)
    if (!isThere(trash)) return
    if (attempt === ATTEMPTS) {
      throw new HouseError('Failed', `${trash} can't be deleted: ${stderr.trim().slice(-500)}`, {
        retryable: true,
        next: `rm -rf ${trash}`,
      })
    }
    await run('chmod', ['-R', 'u+rwX', '--', trash], {
      env: tools.env,
      timeoutMs: CHMOD_TIMEOUT_MS,
      signal,
    })
    await sleep(PAUSE_MS)
  }
}

function isThere(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}
