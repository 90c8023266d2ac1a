import type { ForgeMemory } from '../scm.ts'
import type { Page } from './github-client.ts'
import type { BranchRules, FailedJob, ListedPull, WholePull } from './github-facts.ts'

/** Of a comment on a line: which pull request, and when it was said or changed. */
export interface CommentMark {
  readonly number: number
  readonly at: string
}

export interface CheckMark {
  readonly name: string
  readonly state: string
  readonly runId?: number
}

/** What is asked to find out whether there is something to read. */
export interface Guards {
  readonly open: readonly Page<readonly ListedPull[]>[]
  readonly ended?: Page<readonly ListedPull[]>
  readonly comments?: Page<readonly CommentMark[]>
  /** By branch. */
  readonly tips: Readonly<Record<string, Page<string>>>
  /** By commit. */
  readonly runs: Readonly<Record<string, readonly Page<readonly CheckMark[]>[]>>
  readonly statuses: Readonly<Record<string, Page<readonly CheckMark[]>>>
  /** By branch. */
  readonly protections: Readonly<Record<string, Page<BranchRules>>>
  readonly rules: Readonly<Record<string, Page<BranchRules>>>
}

/** The guards as they were when a pull request was read whole. */
export interface Seen {
  readonly listed: string
  readonly commented: string
  readonly checks: string
}

/** All that is known of a repository. */
export interface RepoFacts {
  readonly format: 2
  /** As GitHub writes it now. */
  readonly name: string
  /** Validators are this token's alone. */
  readonly tokenHash: string
  readonly guards: Guards
  readonly listed: Readonly<Record<number, ListedPull>>
  readonly whole: Readonly<Record<number, WholePull>>
  readonly seen: Readonly<Record<number, Seen>>
  /** When a pull request was last known to be as it is told, milliseconds since the epoch. */
  readonly confirmed: Readonly<Record<number, number>>
  /** When a head was first seen. */
  readonly heads: Readonly<Record<string, number>>
  /** The newest comment on a line of each pull request. */
  readonly commented: Readonly<Record<number, string>>
  readonly jobs: Readonly<Record<string, FailedJob>>
  readonly listedAt: number
  /** When all was last compared with what GitHub has. */
  readonly fullAt: number
  /** When all was last read. */
  readonly wholeAt: number
}

export const NO_GUARDS: Guards = {
  open: [],
  tips: {},
  runs: {},
  statuses: {},
  protections: {},
  rules: {},
}

export function newFacts(name: string): RepoFacts {
  return {
    format: 2,
    name,
    tokenHash: '',
    guards: NO_GUARDS,
    listed: {},
    whole: {},
    seen: {},
    confirmed: {},
    heads: {},
    commented: {},
    jobs: {},
    listedAt: 0,
    fullAt: 0,
    wholeAt: 0,
  }
}

/** What an earlier process knew; undefined when it knew nothing, or what an other version can't read. */
export async function recall(memory: ForgeMemory, key: string): Promise<RepoFacts | undefined> {
  const value = await memory.read(key)
  return isFacts(value) ? value : undefined
}

/** What a branch asks for, by protection and by rules. */
export function rulesOf({
  protections,
  rules,
}: Pick<Guards, 'protections' | 'rules'>): Readonly<Record<string, BranchRules>> {
  const branches = [...new Set([...Object.keys(protections), ...Object.keys(rules)])]
  return Object.fromEntries(
    branches.map(branch => {
      const both = [protections[branch]?.value, rules[branch]?.value].filter(
        value => value !== undefined,
      )
      const checks = [...new Set(both.flatMap(value => value.checks))]
      const approvals = Math.max(0, ...both.map(value => value.approvals))
      return [branch, { checks, approvals }] as const
    }),
  )
}

/** Of new answers only those that say what the old ones said: their validators may be newer. */
export function sameOnly(before: Guards, after: Guards): Guards {
  return {
    ...before,
    open: before.open.map((page, index) => same(page, after.open[index])),
    ...(before.ended === undefined ? {} : { ended: same(before.ended, after.ended) }),
    ...(before.comments === undefined ? {} : { comments: same(before.comments, after.comments) }),
  }
}

function same<T>(before: Page<T>, after: Page<T> | undefined): Page<T> {
  return after?.value === before.value ? after : before
}

function isFacts(value: unknown): value is RepoFacts {
  return typeof value === 'object' && value !== null && 'format' in value && value.format === 2
}
