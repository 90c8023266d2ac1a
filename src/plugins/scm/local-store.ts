import { setTimeout as sleep } from 'node:timers/promises'

import { HouseError } from '../../errors.ts'
import { OWN_IDENTITY, type Git } from '../git.ts'
import type { CheckRecord, PullRecord } from './local-record.ts'
import { decodeCheck, decodePull, encodeRecord } from './local-record.ts'
import { checkRef, metaRef, PULLS, type Look, type PullRefs } from './local-refs.ts'

const TRIES = 60

/** Records as commits and refs of one repository. Content is read once for each object id, which never changes its meaning. */
export interface PullStore {
  /** A look of our own, for calls that get no facts. */
  look(repository: string, signal: AbortSignal): Promise<Look>
  /** The records behind these refs; starts one process at most, and none when all were seen before. */
  load(
    repository: string,
    wanted: readonly Wanted[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string>>
  /** Writes a record as a commit; the parents are what was there before. */
  write(
    repository: string,
    record: PullRecord | CheckRecord,
    parents: readonly string[],
    signal: AbortSignal,
  ): Promise<string>
  /** Changes refs all at once, each against its old value; false when another process was there first. */
  swap(repository: string, changes: readonly RefChange[], signal: AbortSignal): Promise<boolean>
  /** Forgets every cached object of the repository but these. */
  retain(repository: string, ids: ReadonlySet<string>): void
}

/** An object id that a ref has. */
export interface Wanted {
  readonly ref: string
  readonly id: string
}

/** `from` undefined creates the ref, `to` undefined deletes it. */
export interface RefChange {
  readonly ref: string
  readonly from: string | undefined
  readonly to: string | undefined
}

export function createPullStore(git: Git): PullStore {
  const texts = new Map<string, Map<string, string>>()
  const emptyTrees = new Map<string, string>()
  const commonDirs = new Map<string, string>()

  const emptyTree = async (repository: string, signal: AbortSignal): Promise<string> => {
    const known = emptyTrees.get(repository)
    if (known !== undefined) return known
    const { stdout } = await git(repository, ['mktree'], { input: '', signal })
    emptyTrees.set(repository, stdout.trim())
    return stdout.trim()
  }

  return {
    look: async (repository, signal) => lookAt(git, repository, { commonDirs, signal }),
    async load(repository, wanted, signal) {
      const cache = texts.get(repository) ?? new Map<string, string>()
      texts.set(repository, cache)
      const missing = wanted.filter(({ id }) => !cache.has(id))
      if (missing.length > 0) await readTexts(git, repository, missing, { cache, signal })
      return cache
    },
    async write(repository, record, parents, signal) {
      const tree = await emptyTree(repository, signal)
      const { stdout } = await git(
        repository,
        ['commit-tree', tree, ...parents.flatMap(parent => ['-p', parent]), '-F', '-'],
        { input: `${encodeRecord(record)}\n`, env: OWN_IDENTITY, signal },
      )
      return stdout.trim()
    },
    async swap(repository, changes, signal) {
      try {
        await git(repository, ['update-ref', '--stdin'], {
          input: changes.map(toCommand).join(''),
          signal,
        })
        return true
      } catch (error) {
        if (isLostRace(error)) return false
        throw error
      }
    },
    retain(repository, ids) {
      const cache = texts.get(repository)
      if (cache === undefined) return
      for (const id of cache.keys()) if (!ids.has(id)) cache.delete(id)
    },
  }
}

/** The record of a pull request that `load` has read. */
export function pullRecord(texts: ReadonlyMap<string, string>, pull: PullRefs): PullRecord {
  return decodePull(metaRef(pull.number), texts.get(pull.meta) ?? '')
}

/** The record of a check that `load` has read; `key` is `<name>/<sha12>`. */
export function checkRecord(
  texts: ReadonlyMap<string, string>,
  pull: PullRefs,
  key: string,
): CheckRecord | undefined {
  const id = pull.checks.get(key)
  if (id === undefined) return undefined
  const [name = '', sha = ''] = key.split('/')
  return decodeCheck(checkRef(pull.number, name, sha), texts.get(id) ?? '')
}

/** Tries a compare-and-swap until it is won or decided otherwise; `attempt` gives undefined when it lost. */
export async function untilWon<T>(
  what: string,
  attempt: () => Promise<{ readonly value: T } | undefined>,
  signal: AbortSignal,
): Promise<T> {
  for (let tried = 1; tried <= TRIES; tried += 1) {
    const outcome = await attempt()
    if (outcome !== undefined) return outcome.value
    await sleep(Math.random() * Math.min(200, 10 * tried), undefined, { signal }).catch(() => {
      throw new HouseError('Interrupted', `${what} was interrupted`)
    })
  }
  throw new HouseError('Conflict', `${what} lost against other writers ${TRIES} times`, {
    retryable: true,
  })
}

async function lookAt(
  git: Git,
  repository: string,
  {
    commonDirs,
    signal,
  }: { readonly commonDirs: Map<string, string>; readonly signal: AbortSignal },
): Promise<Look> {
  const known = commonDirs.get(repository)
  const [refs, origin, commonDir] = await Promise.all([
    git(
      repository,
      ['for-each-ref', '--format=%(objectname) %(refname)', PULLS, 'refs/heads/', 'refs/remotes/'],
      { signal },
    ),
    git(repository, ['config', '--get', 'remote.origin.url'], { allow: [0, 1], signal }),
    known ?? findCommonDir(git, repository, signal),
  ])
  commonDirs.set(repository, commonDir)
  const lines = refs.stdout.split('\n').filter(line => line !== '')
  return {
    refs: new Map(
      lines.map(line => {
        const space = line.indexOf(' ')
        return [line.slice(space + 1), line.slice(0, space)]
      }),
    ),
    hasOrigin: origin.exitCode === 0,
    commonDir,
  }
}

async function findCommonDir(git: Git, repository: string, signal: AbortSignal): Promise<string> {
  const args = ['rev-parse', '--path-format=absolute', '--git-common-dir']
  return (await git(repository, args, { signal })).stdout.trim()
}

async function readTexts(
  git: Git,
  repository: string,
  wanted: readonly Wanted[],
  { cache, signal }: { readonly cache: Map<string, string>; readonly signal: AbortSignal },
): Promise<void> {
  const { stdout } = await git(repository, ['cat-file', '--batch'], {
    input: wanted.map(({ id }) => `${id}\n`).join(''),
    signal,
  })
  let position = 0
  for (const { ref, id } of wanted) {
    // Found by its header and not by its size, so that one damaged object does not shift the others.
    const start = stdout.indexOf(`${id} `, position)
    const bodyAt = stdout.indexOf('\n', start)
    if (start === -1 || !stdout.startsWith(`${id} commit `, start)) {
      throw new HouseError('Failed', `${ref} is at ${id}, which is not a commit of ${repository}`, {
        next: `git -C ${repository} fsck`,
      })
    }
    position = bodyAt
    const messageAt = stdout.indexOf('\n\n', bodyAt) + 2
    cache.set(id, stdout.slice(messageAt, stdout.indexOf('\n', messageAt)))
  }
}

function toCommand({ ref, from, to }: RefChange): string {
  if (from === undefined) return `create ${ref} ${to ?? ''}\n`
  return to === undefined ? `delete ${ref} ${from}\n` : `update ${ref} ${to} ${from}\n`
}

function isLostRace(error: unknown): boolean {
  return error instanceof HouseError && (error.code === 'Conflict' || error.code === 'Locked')
}
