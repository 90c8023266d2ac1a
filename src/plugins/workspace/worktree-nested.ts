import { lstatSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'

import { HouseError } from '../../errors.ts'
import type { Git } from '../git.ts'
import { isGone } from './worktree-owner.ts'

const GITLINK = '160000'

/**
 * Repositories inside a checkout, relative to it: their history and work would go with it, and no ref of ours can hold them. A submodule
 * counts only when it holds something of its own: changes, or commits that none of its remotes has.
 */
export async function findNested(
  git: Git,
  checkout: { readonly path: string; readonly env: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const below = await walk(checkout.path, checkout.path, signal)
  // Somebody replaced our `.git` file by a repository.
  const dotGit = lstatSync(join(checkout.path, '.git'), { throwIfNoEntry: false })
  const holders = dotGit?.isDirectory() === true ? ['.', ...below] : below
  if (holders.length === 0) return []
  const submodules = await listSubmodules(git, checkout, signal)
  const nested: string[] = []
  for (const name of holders) {
    const isSafe = submodules.has(name) && (await isSaved(git, join(checkout.path, name), signal))
    if (!isSafe) nested.push(name)
  }
  return nested.sort()
}

/** Directories below the top that hold a `.git`; symlinks are not followed. */
async function walk(top: string, folder: string, signal: AbortSignal): Promise<readonly string[]> {
  if (signal.aborted) throw new HouseError('Interrupted', `looking through ${top} was interrupted`)
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (isGone(error)) return []
    throw error
  })
  const isHolder = folder !== top && entries.some(entry => entry.name === '.git')
  const below = entries.filter(entry => entry.isDirectory() && entry.name !== '.git')
  const found = await Promise.all(below.map(async one => walk(top, join(folder, one.name), signal)))
  return [...(isHolder ? [relative(top, folder)] : []), ...found.flat()]
}

async function listSubmodules(
  git: Git,
  checkout: { readonly path: string; readonly env: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const args = ['ls-files', '--stage', '-z']
  const { stdout } = await git(checkout.path, args, { env: checkout.env, signal })
  const links = stdout.split('\0').filter(entry => entry.startsWith(GITLINK))
  return new Set(links.map(entry => entry.slice(entry.indexOf('\t') + 1)))
}

async function isSaved(git: Git, path: string, signal: AbortSignal): Promise<boolean> {
  const status = await git(path, ['status', '--porcelain', '--untracked-files=all'], { signal })
  if (status.stdout !== '') return false
  const args = ['rev-list', '-n', '1', 'HEAD', '--all', '--not', '--remotes']
  return (await git(path, args, { signal })).stdout === ''
}
