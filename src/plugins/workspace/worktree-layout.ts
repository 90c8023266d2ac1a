import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'

import { HouseError } from '../../errors.ts'
import type { WorktreeFact } from '../workspace.ts'
import {
  isGone,
  listNames,
  OWNER_FILE,
  parseOwner,
  readRemembered,
  readText,
  type FileMemory,
  type OwnerFile,
} from './worktree-owner.ts'

/** What git leaves in a git directory while the person is in the middle of something. */
const MARKERS = [
  'rebase-merge',
  'rebase-apply',
  'MERGE_HEAD',
  'CHERRY_PICK_HEAD',
  'REVERT_HEAD',
  'BISECT_LOG',
] as const

/** Where a repository's parts are, all as real paths. */
export interface RepositoryPlace {
  readonly path: string
  readonly gitDir: string
  readonly commonDir: string
}

/** A linked worktree with what only the adapter needs to know of it. */
export interface LinkedWorktree extends WorktreeFact {
  readonly owner: OwnerFile | undefined
  /** Where HEAD points when it is on no branch. */
  readonly headSha: string | undefined
  /** What `locked` says, when it is there; empty without a reason. */
  readonly lock: string | undefined
}

/** Finds a repository by files alone; undefined when nothing is there or it is no repository. Throws when it may not look. */
export function findRepository(repository: string): RepositoryPlace | undefined {
  try {
    const path = realpathSync(repository)
    const dotGit = join(path, '.git')
    if (existsSync(dotGit)) {
      const gitDir = statSync(dotGit).isDirectory() ? dotGit : followGitFile(path)
      if (gitDir === undefined) return undefined
      return { path, gitDir, commonDir: commonDirOf(gitDir) }
    }
    // existsSync also says no to what it may not look at.
    readdirSync(path)
    return isBare(path) ? { path, gitDir: path, commonDir: path } : undefined
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

/** As `findRepository`, for work that can't go on without one. */
export function requireRepository(repository: string): RepositoryPlace {
  const place = findRepository(repository)
  if (place !== undefined) return place
  throw new HouseError('NotFound', `${repository} is not a git repository`)
}

/** All linked worktrees by their administrative directories; those that vanish meanwhile are left out. */
export function readWorktrees(commonDir: string, memory?: FileMemory): readonly LinkedWorktree[] {
  const folder = join(commonDir, 'worktrees')
  return listNames(folder).flatMap(name => readWorktree(join(folder, name), memory) ?? [])
}

/** The linked worktree of a path, whether or not its checkout is there. */
export function findWorktree(commonDir: string, path: string): LinkedWorktree | undefined {
  const folder = join(commonDir, 'worktrees')
  const target = followGitFile(path)
  const quick = target === undefined ? undefined : join(folder, basename(target))
  if (quick !== undefined && checkoutOf(quick) === path) return readWorktree(quick, undefined)
  const name = listNames(folder).find(one => checkoutOf(join(folder, one)) === path)
  return name === undefined ? undefined : readWorktree(join(folder, name), undefined)
}

/** False for one whose removal was killed midway: git takes it for no repository any more. */
export function hasHead({ branch, headSha }: LinkedWorktree): boolean {
  return branch !== undefined || headSha !== undefined
}

/** Somebody's rebase, merge and the like in progress, by its marker's name. */
export function markerIn(gitDir: string): string | undefined {
  return MARKERS.find(marker => existsSync(join(gitDir, marker)))
}

/** The short branch name in a HEAD file's text; undefined when it is detached. */
export function branchInHead(head: string): string | undefined {
  return /^ref: refs\/heads\/(.+)$/.exec(head.trim())?.[1]
}

/** The path behind `gitdir: …` in the `.git` file of a linked checkout; undefined without one. */
function followGitFile(checkout: string, memory?: FileMemory): string | undefined {
  // A `.git` that is a directory is somebody's own repository in that place.
  const file = join(checkout, '.git')
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat?.isFile() !== true) return undefined
  const text = readRemembered(file, memory, stat)
  const target = text === undefined ? undefined : /^gitdir: (.+)$/m.exec(text)?.[1]
  return target === undefined ? undefined : resolve(checkout, target)
}

/** Undefined for one that a killed git left before it wrote where the checkout is: nobody can tell whose. */
function checkoutOf(gitDir: string, memory?: FileMemory): string | undefined {
  const pointer = readRemembered(join(gitDir, 'gitdir'), memory)?.trim()
  return pointer === undefined || pointer === '' ? undefined : resolve(gitDir, pointer, '..')
}

function readWorktree(gitDir: string, memory: FileMemory | undefined): LinkedWorktree | undefined {
  const path = checkoutOf(gitDir, memory)
  if (path === undefined) return undefined
  const head = readText(join(gitDir, 'HEAD'))?.trim()
  const lock = readRemembered(join(gitDir, 'locked'), memory)?.trim()
  const owner = readRemembered(join(gitDir, OWNER_FILE), memory)
  const branch = head === undefined ? undefined : branchInHead(head)
  return {
    path,
    gitDir,
    branch,
    present: pointsBack(path, gitDir, memory),
    initializing: lock === 'initializing',
    owner: owner === undefined ? undefined : parseOwner(owner),
    headSha: branch === undefined && head !== undefined && isOid(head) ? head : undefined,
    lock,
  }
}

function pointsBack(path: string, gitDir: string, memory: FileMemory | undefined): boolean {
  const target = followGitFile(path, memory)
  if (target === undefined) return false
  if (target === gitDir) return true
  try {
    return realpathSync(target) === gitDir
  } catch (error) {
    if (isGone(error)) return false
    throw error
  }
}

function commonDirOf(gitDir: string): string {
  const text = readText(join(gitDir, 'commondir'))?.trim()
  return realpathSync(text === undefined ? gitDir : resolve(gitDir, text))
}

function isBare(path: string): boolean {
  return ['HEAD', 'objects', 'refs'].every(name => existsSync(join(path, name)))
}

export function isOid(text: string): boolean {
  return /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text)
}
