import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { toHouseError } from '../../errors.ts'
import type { Git } from '../git.ts'
import type { PullRequest } from '../scm.ts'

const REMEMBERED = 5000
const MAX_TOUCHED = 100

/** What two commits mean to each other. */
export interface Comparison {
  readonly mergeable: PullRequest['mergeable']
  /** The base contains the head already: the commit that brought it there. */
  readonly landed?: string
}

export interface Pair {
  readonly base: string
  readonly head: string
  /** The head that the pull request was opened with. */
  readonly firstHead: string
}

/** The repository, and a directory for what a comparison makes and throws away (the system's own, while it is not there). */
export interface ComparedIn {
  readonly path: string
  readonly commonDir: string
  readonly scratch: string
}

/** Compares a base and a head, each pair once. A pair that could not be compared is `unknown` and is looked at again. */
export interface Comparer {
  compare(repository: ComparedIn, pair: Pair, signal: AbortSignal): Promise<Comparison>
  /** Paths below one of `paths` that differ between the merge base and the head; undefined when it could not look. */
  touched(
    repository: string,
    pair: Pair,
    paths: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly string[] | undefined>
}

export function createComparer(git: Git): Comparer {
  const comparisons = new Map<string, Comparison>()
  const paths = new Map<string, readonly string[]>()

  return {
    async compare(repository, pair, signal) {
      const key = `${repository.commonDir} ${pair.base} ${pair.head} ${pair.firstHead}`
      const known = comparisons.get(key)
      if (known !== undefined) return known
      try {
        const landed = await findLanding(git, repository.path, pair, signal)
        const comparison: Comparison =
          landed === undefined
            ? { mergeable: await tryMerge(git, repository, pair, signal) }
            : { mergeable: 'unknown', landed }
        remember(comparisons, key, comparison)
        return comparison
      } catch (error) {
        if (toHouseError(error).code === 'Interrupted') throw error
        return { mergeable: 'unknown' }
      }
    },
    async touched(repository, pair, watched, signal) {
      if (watched.length === 0) return []
      const key = [repository, pair.base, pair.head, ...watched].join('\0')
      const known = paths.get(key)
      if (known !== undefined) return known
      try {
        const list = await changedPaths(git, repository, { ...pair, watched }, signal)
        remember(paths, key, list)
        return list
      } catch (error) {
        if (toHouseError(error).code === 'Interrupted') throw error
        return undefined
      }
    },
  }
}

/**
 * The commit with which the base came to contain the head: a merge of exactly this head, or the head itself when the branch was
 * merged otherwise by hand. Undefined when the base does not contain it, or when it holds nothing of the pull request: a branch
 * that was reset to its base is not merged.
 */
export async function findLanding(
  git: Git,
  repository: string,
  pair: Pair,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!(await isAncestor(git, repository, [pair.head, pair.base], signal))) return undefined
  const { stdout } = await git(
    repository,
    ['rev-list', '--merges', '--parents', '--ancestry-path', `${pair.head}..${pair.base}`],
    { signal },
  )
  // Newest first: the last one is where it came in.
  const merge = stdout
    .trim()
    .split('\n')
    .map(line => line.split(' '))
    .findLast(([, , ...others]) => others.includes(pair.head))?.[0]
  if (merge !== undefined) return merge
  const isWhole = await isAncestor(git, repository, [pair.firstHead, pair.base], signal)
  return isWhole ? pair.head : undefined
}

/** Whether the base contains the head, whatever brought it there. */
export async function isAncestor(
  git: Git,
  repository: string,
  [older, newer]: readonly [string, string],
  signal: AbortSignal,
): Promise<boolean> {
  const { exitCode } = await git(repository, ['merge-base', '--is-ancestor', older, newer], {
    allow: [0, 1],
    signal,
  })
  return exitCode === 0
}

/** Merges into a throw-away object directory, because looking must not leave anything in the repository. */
async function tryMerge(
  git: Git,
  repository: ComparedIn,
  pair: Pair,
  signal: AbortSignal,
): Promise<'clean' | 'conflicting'> {
  // Who is killed here leaves it behind: in a home it is found and swept.
  const folder = existsSync(repository.scratch) ? repository.scratch : tmpdir()
  const objects = await mkdtemp(join(folder, 'ao-merge-'))
  try {
    const { exitCode, stderr } = await git(
      repository.path,
      ['merge-tree', '--write-tree', '--no-messages', '--name-only', pair.base, pair.head],
      {
        env: {
          GIT_OBJECT_DIRECTORY: objects,
          GIT_ALTERNATE_OBJECT_DIRECTORIES: quote(join(repository.commonDir, 'objects')),
        },
        allow: [0, 1, 128],
        signal,
      },
    )
    if (exitCode === 128 && !stderr.includes('unrelated histories')) throw new Error(stderr)
    return exitCode === 0 ? 'clean' : 'conflicting'
  } finally {
    await rm(objects, { recursive: true, force: true })
  }
}

async function changedPaths(
  git: Git,
  repository: string,
  { base, head, watched }: Pair & { readonly watched: readonly string[] },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { stdout } = await git(
    repository,
    [
      'diff',
      '--name-only',
      '--no-renames',
      '--no-ext-diff',
      '--no-relative',
      '--ignore-submodules=none',
      '-z',
      `${base}...${head}`,
      '--',
      ...watched.map(path => `:(top,literal)${path}`),
    ],
    { signal },
  )
  return stdout
    .split('\0')
    .filter(path => path !== '')
    .slice(0, MAX_TOUCHED)
}

/** A path that contains `:` or begins with a quote would be read as several. */
function quote(path: string): string {
  return `"${path.replaceAll(/["\\]/g, '\\$&')}"`
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value)
  const oldest = map.keys().next()
  if (map.size > REMEMBERED && oldest.done !== true) map.delete(oldest.value)
}
