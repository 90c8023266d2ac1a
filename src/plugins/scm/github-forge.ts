import { toHouseError } from '../../errors.ts'
import type { ForgeMemory } from '../scm.ts'
import { shareLooks } from '../shared-look.ts'
import type { GitHubClient } from './github-client.ts'
import { readMergeable, readWhole } from './github-read.ts'
import type { Look } from './github-draft.ts'
import { RepoReader } from './github-reader.ts'

export interface ForgeOptions {
  readonly client: GitHubClient
  readonly memory: ForgeMemory
  /** Begins the keys of what is remembered. */
  readonly key: string
  readonly now: () => number
  readonly random: () => number
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
}

/** The one reader of a forge in this process: everybody's questions to it go through here, together. */
export interface Forge {
  readonly client: GitHubClient
  repo(name: string): RepoReader
  /** Those that were asked for by now. */
  repos(): readonly RepoReader[]
  /** Looks at whatever is due by now: the questions of all repositories share queries. What comes of it, and what fails, the readers tell. */
  readonly refresh: (signal: AbortSignal) => Promise<void>
}

export function createForge(options: ForgeOptions): Forge {
  const readers = new Map<string, RepoReader>()
  // Who asked while a look was under way was looked at by it, if it was due.
  const round = shareLooks(async signal => {
    const due = [...readers.values()].filter(reader => reader.isDue())
    return lookAtAll(options, due, signal)
  })
  return {
    client: options.client,
    repo(name) {
      const id = name.toLowerCase()
      const known = readers.get(id)
      if (known !== undefined) return known
      const reader = new RepoReader({ ...options, name, key: `${options.key}/${id}` })
      readers.set(id, reader)
      return reader
    },
    repos: () => [...readers.values()],
    refresh: round,
  }
}

async function lookAtAll(
  { client, wait }: ForgeOptions,
  readers: readonly RepoReader[],
  signal: AbortSignal,
): Promise<void> {
  const looks = new Map<RepoReader, Look>()
  const failed = (reader: RepoReader, error: unknown): void => {
    if (toHouseError(error).code === 'Interrupted') throw error
    reader.fail(error)
  }
  await Promise.all(
    readers.map(async reader => {
      try {
        looks.set(reader, await reader.look(signal))
      } catch (error) {
        failed(reader, error)
      }
    }),
  )
  try {
    const all = [...looks.values()]
    const reading = { client, wait }
    const whole = await readWhole(
      reading,
      all.flatMap(look => look.questions),
      signal,
    )
    const doubtful = all.flatMap(look => look.doubtful)
    const mergeable = await readMergeable(reading, { questions: doubtful, asked: 0 }, signal)
    for (const [reader, look] of looks) {
      looks.delete(reader)
      try {
        await reader.commit(look, { whole, mergeable }, signal)
      } catch (error) {
        failed(reader, error)
      }
    }
  } catch (error) {
    for (const reader of looks.keys()) failed(reader, error)
  }
}
