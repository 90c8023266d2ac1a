import { stat } from 'node:fs/promises'
import { join } from 'node:path'

import type { Git } from './git.ts'
import { parseRepoName } from './repo-name.ts'

const REMOTES_TIMEOUT_MS = 10_000

/** The URLs of a checkout's remotes, by name. */
export type RemoteUrls = ReadonlyMap<string, string>

export type ReadRemotes = (repository: string, signal: AbortSignal) => Promise<RemoteUrls>

interface Known {
  /** When git's configuration was changed last. */
  readonly stamp: number | undefined
  readonly byName: RemoteUrls
}

/** Reads remotes; git is asked once for each repository, and again when its configuration changed. */
export function createReadRemotes(git: Git): ReadRemotes {
  const memory = new Map<string, Known>()
  return async (repository, signal) => {
    const stamp = await stat(join(repository, '.git', 'config')).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    )
    const known = memory.get(repository)
    if (known !== undefined && known.stamp === stamp) return known.byName
    const { stdout } = await git(repository, ['remote', '-v'], {
      timeoutMs: REMOTES_TIMEOUT_MS,
      signal,
    })
    const byName = new Map<string, string>()
    for (const line of stdout.split('\n')) {
      const [, name, url] = /^(\S+)\t(.*) \(fetch\)/.exec(line) ?? []
      if (name !== undefined && url !== undefined) byName.set(name, url)
    }
    memory.set(repository, { stamp, byName })
    return byName
  }
}

/** The remotes' names, by what they are called at their forge in lower case; of two for one repository the first counts, and origin before all. */
export function remotesByRepo(urls: RemoteUrls): ReadonlyMap<string, string> {
  const byRepo = [...urls].flatMap(([remote, url]) => {
    const repo = parseRepoName(url)?.toLowerCase()
    return repo === undefined ? [] : [[repo, remote] as const]
  })
  const ordered = byRepo.toSorted(([, a], [, b]) => Number(b === 'origin') - Number(a === 'origin'))
  return new Map(ordered.toReversed())
}
