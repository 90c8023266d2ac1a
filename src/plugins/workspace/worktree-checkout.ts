import { lstatSync, readdirSync, realpathSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'

import { HouseError } from '../../errors.ts'
import type { Git } from '../git.ts'
import type { GitQueue } from '../git-queue.ts'
import { uid8 } from '../../resource/refs.ts'
import type { WorkspaceTarget } from '../workspace.ts'
import {
  findWorktree,
  hasHead,
  requireRepository,
  type LinkedWorktree,
  type RepositoryPlace,
} from './worktree-layout.ts'
import { isGone, type OwnerFile } from './worktree-owner.ts'
import type { Refs } from './worktree-refs.ts'

/** What the parts of the adapter share. */
export interface WorktreeTools {
  readonly git: Git
  readonly queue: GitQueue
  readonly refs: Refs
  /** Deletes a tree that is in nobody's way; gives what went wrong. */
  readonly deleteTree: (path: string, signal: AbortSignal) => Promise<string>
  /** Environment of the few helpers that aren't git; PATH is enough. */
  readonly env: Readonly<Record<string, string>>
  readonly now: () => Date
}

/** What is really at a target's path. */
export interface Checkout {
  readonly place: RepositoryPlace
  /** Real path of the checkout, proven to be below the home's `worktrees/`. */
  readonly path: string
  /** Real path of the home. */
  readonly home: string
  /** `husk`: nothing but a `.git` file. */
  readonly directory: 'absent' | 'empty' | 'husk' | 'filled'
  /** Its administrative directory, when the repository has one for this path. */
  readonly linked: LinkedWorktree | undefined
  /** Where the checkout is moved to while it is being deleted. */
  readonly trash: string
}

/** Looks at a target's path. Throws `Refused` when the path leaves the home's `worktrees/`, also by way of a symlink. */
export function findCheckout(target: WorkspaceTarget): Checkout {
  const place = requireRepository(target.repository)
  const { home, path } = containedPath(target)
  const trash = join(dirname(path), `.${basename(path)}.removing-${uid8(target.uid)}`)
  const linked = findWorktree(place.commonDir, path)
  return { place, path, home, directory: directoryAt(path), linked, trash }
}

/** The checkout's administrative directory, proven by its owner file to be this uid's. Throws `Conflict` otherwise. */
export function requireOurs(
  target: WorkspaceTarget,
  checkout: Checkout,
): LinkedWorktree & { readonly owner: OwnerFile } {
  const { linked, path } = checkout
  if (linked?.owner === undefined) {
    throw new HouseError(
      'Conflict',
      `${path} is not a workspace of ${target.session}: it has no owner file`,
      { next: `ao describe ${target.session}` },
    )
  }
  refuseStranger(target, checkout, linked.owner)
  return { ...linked, owner: linked.owner }
}

/** Throws `Conflict` when the owner file names another uid or another home. */
export function refuseStranger(
  target: WorkspaceTarget,
  checkout: Checkout,
  owner: OwnerFile,
): void {
  if (owner.uid === target.uid && owner.home === checkout.home) return
  throw new HouseError(
    'Conflict',
    `${checkout.path} belongs to ${owner.session} (uid ${uid8(owner.uid)}, home ${owner.home}), not to ${target.session} (uid ${uid8(target.uid)}, home ${checkout.home})`,
    { next: `git -C ${checkout.place.path} worktree list` },
  )
}

/** The environment that ties git to this checkout, whatever its `.git` file may say by now. */
export function checkoutEnv(
  linked: Pick<LinkedWorktree, 'gitDir' | 'path'>,
): Readonly<Record<string, string>> {
  return { GIT_DIR: linked.gitDir, GIT_WORK_TREE: linked.path }
}

/** The environment in which `HEAD` is the checkout's own, as long as it has one. */
export function headEnv(linked: LinkedWorktree | undefined): Readonly<Record<string, string>> {
  return linked === undefined || !hasHead(linked) ? {} : { GIT_DIR: linked.gitDir }
}

function containedPath(target: WorkspaceTarget): { readonly home: string; readonly path: string } {
  const home = realAncestor(target.home)
  const root = realAncestor(join(home, 'worktrees'))
  const path = join(realAncestor(dirname(target.path)), basename(target.path))
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (!path.startsWith(root + sep) || stat?.isSymbolicLink() === true) {
    throw new HouseError(
      'Refused',
      `${target.path} is outside ${root}: workspaces are only made and removed there`,
    )
  }
  return { home, path }
}

/** Real path of a directory that may not be there yet. */
function realAncestor(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    if (!isGone(error) || dirname(path) === path) throw error
    return join(realAncestor(dirname(path)), basename(path))
  }
}

function directoryAt(path: string): Checkout['directory'] {
  try {
    const names = readdirSync(path)
    if (names.length === 0) return 'empty'
    const only = names.length === 1 && names[0] === '.git'
    return only && lstatSync(join(path, '.git')).isFile() ? 'husk' : 'filled'
  } catch (error) {
    if (isGone(error)) return lstatSync(path, { throwIfNoEntry: false }) ? 'filled' : 'absent'
    throw error
  }
}
