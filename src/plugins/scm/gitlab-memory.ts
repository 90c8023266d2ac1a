import type { ForgeMemory } from '../scm.ts'
import type { ListedMerge, People, ProjectFacts, WholeMerge } from './gitlab-facts.ts'

/** All that is known of a GitLab project's merge requests. */
export interface RepoFacts {
  readonly format: 1
  /** Validators are this token's alone. */
  readonly tokenHash: string
  readonly project: ProjectFacts
  /** Of the newest page of the list. */
  readonly etag?: string
  readonly listed: Readonly<Record<number, ListedMerge>>
  readonly whole: Readonly<Record<number, WholeMerge>>
  /** When one was last known to be as it is told, milliseconds since the epoch. */
  readonly confirmed: Readonly<Record<number, number>>
  /** Where branches stand that merge requests go into. */
  readonly tips: Readonly<Record<string, Mark>>
  /** Validators of the statuses of a commit. */
  readonly statuses: Readonly<Record<string, string>>
  /** When a head was first seen. */
  readonly heads: Readonly<Record<string, number>>
  readonly people: People
  readonly forks: Readonly<Record<number, string>>
  /** Ends of the traces of jobs that failed. */
  readonly tails: Readonly<Record<number, string>>
  readonly listedAt: number
  readonly fullAt: number
}

export interface Mark {
  readonly etag?: string
  readonly value: string
}

export function newFacts(project: ProjectFacts): RepoFacts {
  return {
    format: 1,
    tokenHash: '',
    project,
    listed: {},
    whole: {},
    confirmed: {},
    tips: {},
    statuses: {},
    heads: {},
    people: {},
    forks: {},
    tails: {},
    listedAt: 0,
    fullAt: 0,
  }
}

/** What an earlier process knew; undefined when it knew nothing, or what an other version can't read. */
export async function recall(memory: ForgeMemory, key: string): Promise<RepoFacts | undefined> {
  const value = await memory.read(key)
  const isOurs = typeof value === 'object' && value !== null && 'format' in value
  return isOurs && value.format === 1 ? (value as RepoFacts) : undefined
}
