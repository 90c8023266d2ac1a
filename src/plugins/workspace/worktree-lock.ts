import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'

import type { StaleLock, WorktreeFact } from '../workspace.ts'

/** A git that works holds its index for moments; what stands this long was left, or hangs. */
const STALE_MS = 5 * 60_000

/** A lock on the index of a session's workspace that is too old to be work in progress. It is told of, and never removed by us. */
export function staleLockOf({
  gitDir,
  path,
  owner,
}: WorktreeFact): Pick<WorktreeFact, 'indexLock'> {
  if (owner?.purpose !== 'session') return {}
  const file = join(gitDir, 'index.lock')
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat === undefined || Date.now() - stat.mtimeMs < STALE_MS) return {}
  const lock: StaleLock = { file, since: stat.mtimeMs, pid: findHolder(file, path) }
  return { indexLock: lock }
}

/** Who has the lock open, else a git that works in the checkout: one that waits for an editor has closed it. Without /proc nobody is found. */
function findHolder(file: string, checkout: string): number | undefined {
  const pids = namesIn('/proc').filter(name => /^\d+$/.test(name))
  const holder =
    pids.find(pid => opens(pid, file)) ?? pids.find(pid => isGit(pid) && worksIn(pid, checkout))
  return holder === undefined ? undefined : Number(holder)
}

function opens(pid: string, file: string): boolean {
  const folder = join('/proc', pid, 'fd')
  return namesIn(folder).some(name => targetOf(join(folder, name)) === file)
}

function worksIn(pid: string, checkout: string): boolean {
  const place = targetOf(join('/proc', pid, 'cwd'))
  return place === checkout || place?.startsWith(`${checkout}/`) === true
}

function isGit(pid: string): boolean {
  try {
    return readFileSync(join('/proc', pid, 'comm'), 'utf8').trim() === 'git'
  } catch {
    return false
  }
}

/** Empty for what ended meanwhile, or is not ours to look at. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link)
  } catch {
    return undefined
  }
}
