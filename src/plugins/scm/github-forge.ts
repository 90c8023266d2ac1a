import { toHouseError } from '../../errors.ts'
import type { ForgeMemory } from '../scm.ts'
import { shareLooks } from '../shared-look.ts'
import { Batches } from './github-batches.ts'
import type { GitHubClient } from './github-client.ts'
import { Decisions, readMergeable } from './github-decide.ts'
import type { Look } from './github-draft.ts'
import { questionKey, readWhole } from './github-read.ts'
import { RepoReader } from './github-reader.ts'
import { survey } from './github-survey.ts'

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
  readonly batches: Batches
  repo(name: string): RepoReader
  /** Those that were asked for by now. */
  repos(): readonly RepoReader[]
  /** Looks at whatever is due by now: the questions of all repositories share queries. What comes of it, and what fails, the readers tell. */
  readonly refresh: (signal: AbortSignal) => Promise<void>
  /** Goes on to find out what a look could not: whether pull requests merge that GitHub had not worked out then. */
  readonly decide: (signal: AbortSignal) => Promise<void>
  /** Changes with what is known of any repository, and with whether it can be. */
  version(): number
}

interface Asking {
  readonly client: GitHubClient
  readonly batches: Batches
  readonly decisions: Decisions
}

export function createForge(options: ForgeOptions): Forge {
  const { client, now, wait } = options
  const readers = new Map<string, RepoReader>()
  const batches = new Batches(client, now)
  const decisions = new Decisions({ batches, wait })
  const asking = { client, batches, decisions }
  // Who asked while a look was under way was looked at by it, if it was due.
  const round = shareLooks(async signal => lookAtAll(asking, [...readers.values()], signal))
  return {
    client,
    batches,
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
    decide: decisions.run,
    version: () => [...readers.values()].reduce((sum, { version }) => sum + version, 0),
  }
}

async function lookAtAll(
  asking: Asking,
  all: readonly RepoReader[],
  signal: AbortSignal,
): Promise<void> {
  const due = all.filter(reader => reader.isDue())
  // Where one has got old, those that soon will have are read with it: together they cost hardly more.
  const isShared = due.some(reader => reader.isOld())
  const readers = isShared ? all.filter(reader => due.includes(reader) || reader.isAgeing()) : due
  const looks = new Map<RepoReader, Look>()
  const failed = (reader: RepoReader, error: unknown): void => {
    if (toHouseError(error).code === 'Interrupted') {
      for (const each of readers) each.again()
      throw error
    }
    reader.fail(error)
  }
  await Promise.all(
    readers.map(async reader => {
      try {
        looks.set(reader, await reader.look({ isShared }, signal))
      } catch (error) {
        failed(reader, error)
      }
    }),
  )
  try {
    await readAll(asking, looks, { failed, signal })
  } catch (error) {
    for (const reader of looks.keys()) failed(reader, error)
  }
}

/** Reads what the looks ask for, in as few queries as it takes; a reader is taken off the list once it was told. */
async function readAll(
  { client, batches, decisions }: Asking,
  looks: Map<RepoReader, Look>,
  {
    failed,
    signal,
  }: {
    readonly failed: (reader: RepoReader, error: unknown) => void
    readonly signal: AbortSignal
  },
): Promise<void> {
  const reading = { client, batches }
  const all = [...looks.values()]
  const surveyed = all.flatMap(look => look.surveyed)
  const moved = await survey(reading, surveyed, signal)
  const asked = new Map(
    [...looks].map(([reader, look]) => {
      const found = look.surveyed
        .map(({ question }) => question)
        .filter(question => moved.has(questionKey(question)))
      return [reader, { ...look, questions: [...look.questions, ...found] }] as const
    }),
  )
  const questions = [...asked.values()].flatMap(look => look.questions)
  const whole = await readWhole(reading, questions, signal)
  const doubtful = all.flatMap(look => look.doubtful).filter(each => !decisions.has(each))
  const { mergeable } = await readMergeable(batches, doubtful, signal)
  for (const [reader, look] of asked) {
    looks.delete(reader)
    try {
      await reader.commit(look, { whole, mergeable }, signal)
      decisions.add(reader, reader.undecided(look))
    } catch (error) {
      failed(reader, error)
    }
  }
}
