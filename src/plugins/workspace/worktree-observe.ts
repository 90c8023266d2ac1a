import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { toHouseError } from '../../errors.ts'
import { ABSENT, found, unknown, type Observation } from '../../resource/observation.ts'
import type { Git } from '../git.ts'
import type { RepositoryFacts, WorktreeFact } from '../workspace.ts'
import {
  branchInHead,
  findRepository,
  markerIn,
  readWorktrees,
  type RepositoryPlace,
} from './worktree-layout.ts'
import { staleLockOf } from './worktree-lock.ts'
import { readText, type FileMemory, type RememberedFile } from './worktree-owner.ts'

const REFS_FORMAT = '--format=%(refname)%00%(objectname)%00%(symref)'
const WATCHED = ['refs/heads', 'refs/remotes/origin', 'refs/ao']
const ORIGIN = 'refs/remotes/origin/'

/** File contents remembered between looks, by common directory. */
export type Memories = Map<string, ReadonlyMap<string, RememberedFile>>

/** One look at a repository: one child process for the refs, files for all the rest. */
export async function observeRepository(
  tools: { readonly git: Git; readonly memories: Memories },
  repository: string,
  signal: AbortSignal,
): Promise<Observation<RepositoryFacts>> {
  try {
    const place = findRepository(repository)
    if (place === undefined) return ABSENT
    return found(await look(tools, place, signal))
  } catch (error) {
    return unknown(toHouseError(error).message)
  }
}

async function look(
  { git, memories }: { readonly git: Git; readonly memories: Memories },
  place: RepositoryPlace,
  signal: AbortSignal,
): Promise<RepositoryFacts> {
  const listing = await git(place.path, ['for-each-ref', REFS_FORMAT, ...WATCHED], { signal })
  const { refs, originHead } = parseRefs(listing.stdout)
  const memory: FileMemory = { before: memories.get(place.commonDir) ?? new Map(), now: new Map() }
  const linked = readWorktrees(place.commonDir, memory)
  memories.set(place.commonDir, memory.now)
  // Where refs are not files, HEAD files name no branch; then git has to say it.
  const isFiles = !existsSync(join(place.commonDir, 'reftable'))
  const told = isFiles ? undefined : await askBranches(git, place, signal)
  const head = readText(join(place.gitDir, 'HEAD'))
  return {
    path: place.path,
    commonDir: place.commonDir,
    refs,
    originHead,
    headBranch: told === undefined ? branchInHead(head ?? '') : told.get(place.path),
    hasOrigin: hasOrigin(place, refs),
    fetchedAt: fetchedAt(place),
    worktrees: linked.map(({ headSha: _headSha, lock: _lock, ...fact }): WorktreeFact => ({
      ...fact,
      ...(told === undefined ? {} : { branch: told.get(fact.path) }),
      ...staleLockOf(fact),
    })),
    busy: markerIn(place.gitDir),
  }
}

function parseRefs(listing: string): {
  readonly refs: ReadonlyMap<string, string>
  readonly originHead: string | undefined
} {
  const refs = new Map<string, string>()
  let originHead: string | undefined
  for (const line of listing.split('\n')) {
    const [name, oid, symref] = line.split('\0')
    if (name === undefined || oid === undefined) continue
    refs.set(name, oid)
    if (name === `${ORIGIN}HEAD` && symref?.startsWith(ORIGIN) === true) {
      originHead = symref.slice(ORIGIN.length)
    }
  }
  return { refs, originHead }
}

/** Branch by path of all worktrees, the main one among them. */
async function askBranches(
  git: Git,
  place: RepositoryPlace,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await git(place.path, ['worktree', 'list', '--porcelain', '-z'], { signal })
  const branches = new Map<string, string>()
  for (const entry of stdout.split('\0\0')) {
    const lines = entry.split('\0')
    const path = lines.find(line => line.startsWith('worktree '))?.slice('worktree '.length)
    const branch = lines.find(line => line.startsWith('branch refs/heads/'))
    if (path !== undefined && branch !== undefined) {
      branches.set(path, branch.slice('branch refs/heads/'.length))
    }
  }
  return branches
}

function hasOrigin(place: RepositoryPlace, refs: ReadonlyMap<string, string>): boolean {
  if (/^\s*\[remote "origin"\]/m.test(readText(join(place.commonDir, 'config')) ?? '')) return true
  // The remote may stand in an included file.
  return [...refs.keys()].some(name => name.startsWith(ORIGIN))
}

/** An empty FETCH_HEAD is a fetch that was broken off. */
function fetchedAt(place: RepositoryPlace): number | undefined {
  const stat = statSync(join(place.gitDir, 'FETCH_HEAD'), { throwIfNoEntry: false })
  return stat === undefined || stat.size === 0 ? undefined : stat.mtimeMs
}
