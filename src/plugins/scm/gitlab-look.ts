import { isDeepStrictEqual } from 'node:util'

import type { HouseError } from '../../errors.ts'
import { toHouseError } from '../../errors.ts'
import { goneFrom } from '../gone-pulls.ts'
import { isSettled } from './gitlab-checks.ts'
import type { GitLabClient } from './gitlab-client.ts'
import { ifThere } from './gitlab-client.ts'
import type { ListedMerge, WholeMerge } from './gitlab-facts.ts'
import type { Draft } from './gitlab-list.ts'
import { readAuthors, readList, readProject, readTips } from './gitlab-list.ts'
import type { RepoFacts } from './gitlab-memory.ts'
import { newFacts } from './gitlab-memory.ts'
import { readPeople } from './gitlab-people.ts'
import type { Reading } from './gitlab-read.ts'
import { peopleIn, readTails, readWhole, STATUSES } from './gitlab-read.ts'

/** What a look is to find out. */
export interface LookWanted {
  /** As declared: a path or a number. */
  readonly name: string
  readonly maxAgeMs: number
  readonly now: number
  readonly branches: ReadonlySet<string>
  readonly numbers: ReadonlySet<number>
  readonly watches: boolean
  readonly isFollowed: (facts: Followable, merge: ListedMerge) => boolean
  /** Those whose mergeability was asked for in vain often enough. */
  readonly isGivenUp: (merge: WholeMerge) => boolean
}

export type Followable = Pick<RepoFacts, 'project' | 'people' | 'forks'>

export interface Looked {
  readonly facts: RepoFacts
  /** What could not be read; then validators are as they were. */
  readonly failure: HouseError | undefined
  readonly hasChanged: boolean
}

/**
 * Looks for signs of change, and reads what they point at. Quiet, it costs one question with a validator for the list, one for each branch that is merged
 * into, and one for each head whose checks may still change.
 */
export async function look(
  client: GitLabClient,
  before: RepoFacts | undefined,
  wanted: LookWanted,
  signal: AbortSignal,
): Promise<Looked> {
  const tokenHash = await client.tokenHash(signal)
  const isKnown = before !== undefined && before.tokenHash === tokenHash
  const isFull = !isKnown || wanted.now - before.fullAt >= wanted.maxAgeMs
  const project = isFull
    ? await readProject(client, { name: wanted.name, id: before?.project.id }, signal)
    : before.project
  const old = before?.project.id === project.id ? before : newFacts(project)
  const draft: Draft = { ...old, tokenHash, project }
  const reading = { client, projectId: project.id }
  await readList(reading, draft, { isFull }, signal)
  await readAuthors(reading, draft, wanted, signal)
  const open = Object.values(draft.listed).filter(
    merge => merge.state === 'open' && wanted.isFollowed(draft, merge),
  )
  draft.heads = headsSince(old.heads, open, wanted.now)
  await readTips(reading, draft, open, signal)
  const failure = await readAll({ reading, old, draft, wanted, isFull }, open, signal)
  draft.listedAt = wanted.now
  if (failure === undefined) {
    if (isFull) draft.fullAt = wanted.now
  } else {
    // The validator that stays is that of the token before.
    draft.tokenHash = old.tokenHash
    if (old.etag === undefined) delete draft.etag
    else draft.etag = old.etag
  }
  const facts = kept(draft, wanted)
  return { facts, failure, hasChanged: !isSame(old, facts) }
}

/** Whether the same is known: to be read again is no news. */
function isSame(before: RepoFacts, after: RepoFacts): boolean {
  const told = ({ project, listed, whole, tips, tails }: RepoFacts): unknown => {
    return { project, listed, whole, tips: Object.values(tips).map(({ value }) => value), tails }
  }
  return isDeepStrictEqual(told(before), told(after))
}

interface Work {
  readonly reading: Reading
  readonly old: RepoFacts
  readonly draft: Draft
  readonly wanted: LookWanted
  readonly isFull: boolean
}

/** Reads what moved. One that can't be read doesn't keep the others from it. */
async function readAll(
  work: Work,
  open: readonly ListedMerge[],
  signal: AbortSignal,
): Promise<HouseError | undefined> {
  const { old, draft, wanted } = work
  const openNumbers = new Set(open.map(({ number }) => number))
  // Merged between two looks: whether the branch is still there was never read.
  const landed = Object.values(draft.listed)
    .filter(({ number, state }) => state === 'merged' && old.whole[number] === undefined)
    .filter(merge => wanted.isFollowed(draft, merge))
  const claimed = [...wanted.numbers].filter(number => !openNumbers.has(number))
  const isNew = (number: number): boolean =>
    work.isFull || old.whole[number]?.updatedAt !== draft.listed[number]?.updatedAt
  const numbers = new Set([
    ...openNumbers,
    ...goneFrom(draft.listed, old.whole),
    ...landed.map(({ number }) => number),
    ...claimed.filter(isNew),
  ])
  let failure: HouseError | undefined
  for (const number of numbers) {
    try {
      await readOne(work, number, signal)
    } catch (error) {
      const known = toHouseError(error)
      if (known.code === 'Interrupted' || known.code === 'Internal') throw error
      failure ??= known
      if (known.code === 'RateLimited') break
    }
  }
  return failure
}

/** Reads it anew where the signs say so. */
async function readOne(work: Work, number: number, signal: AbortSignal): Promise<void> {
  const { reading, old, draft, wanted, isFull } = work
  const { client, projectId } = reading
  const before = old.whole[number]
  const listed = draft.listed[number]
  const signs = await signsOf(work, { before, listed }, signal)
  if (!signs.mustRead) {
    draft.confirmed = { ...draft.confirmed, [number]: wanted.now }
    return
  }
  const baseTip = listed === undefined ? undefined : draft.tips[listed.baseBranch]?.value
  const { watches, now } = wanted
  const { statuses } = signs
  const asked = { before, isFull, watches, baseTip, statuses }
  const merge = await readWhole(reading, number, asked, signal)
  draft.confirmed = { ...draft.confirmed, [number]: now }
  if (merge === undefined) {
    const { [number]: _gone, ...whole } = draft.whole
    draft.whole = whole
    return
  }
  const known = { projectId, known: draft.people, now }
  draft.people = await readPeople(client, known, peopleIn(merge), signal)
  draft.tails = await readTails(client, merge.jobs, draft.tails, signal)
  draft.whole = { ...draft.whole, [number]: merge }
  if (statuses?.etag !== undefined) {
    draft.statuses = { ...draft.statuses, [statuses.sha]: statuses.etag }
  }
}

interface Statuses {
  readonly sha: string
  readonly value: unknown
  readonly etag?: string
}

interface Signs {
  readonly mustRead: boolean
  readonly statuses?: Statuses
}

async function signsOf(
  work: Work,
  {
    before,
    listed,
  }: { readonly before: WholeMerge | undefined; readonly listed: ListedMerge | undefined },
  signal: AbortSignal,
): Promise<Signs> {
  const { draft, wanted } = work
  if (before === undefined || listed?.state !== 'open') return { mustRead: true }
  const mustRead = hasMoved(work, before, listed)
  const headSince = draft.heads[before.headSha] ?? wanted.now
  if (!mustRead && isSettled(before, { headSince, now: wanted.now })) return { mustRead }
  const { sha, projectId } = commitOf(work, before, listed)
  const etag = draft.statuses[sha]
  const statuses = await readStatuses(
    work,
    { sha, projectId, etag: mustRead ? undefined : etag },
    signal,
  )
  if (statuses === undefined) return { mustRead }
  // A first validator is no news, but what it validates is.
  return { mustRead: mustRead || statuses.etag === undefined || statuses.etag !== etag, statuses }
}

function hasMoved(
  { draft, wanted, isFull }: Work,
  before: WholeMerge,
  { updatedAt, headSha, baseBranch }: ListedMerge,
): boolean {
  const isUndecided = before.mergeable === 'unknown' && !wanted.isGivenUp(before)
  return (
    isFull ||
    isUndecided ||
    before.updatedAt !== updatedAt ||
    before.headSha !== headSha ||
    before.baseTip !== draft.tips[baseBranch]?.value ||
    (wanted.watches && before.files === undefined)
  )
}

/** The commit whose statuses are those of the head. */
function commitOf(
  { reading }: Work,
  before: WholeMerge,
  { headSha }: ListedMerge,
): { readonly sha: string; readonly projectId: number } {
  const pipeline = before.headSha === headSha ? before.pipeline : undefined
  return pipeline ?? { sha: headSha, projectId: reading.projectId }
}

/** Undefined when they are as before, or there is no such commit. */
async function readStatuses(
  { reading }: Work,
  about: { readonly sha: string; readonly projectId: number; readonly etag: string | undefined },
  signal: AbortSignal,
): Promise<Statuses | undefined> {
  const { sha, projectId, etag } = about
  const answer = await ifThere(async () =>
    reading.client.compare(
      async ({ commits }) => commits.allStatuses(projectId, sha, STATUSES),
      etag,
      signal,
    ),
  )
  if (answer?.state !== 'new') return undefined
  return { sha, value: answer.value, ...(answer.etag === undefined ? {} : { etag: answer.etag }) }
}

/** When each head was seen first. */
function headsSince(
  before: Readonly<Record<string, number>>,
  open: readonly ListedMerge[],
  now: number,
): Readonly<Record<string, number>> {
  return Object.fromEntries(open.map(({ headSha }) => [headSha, before[headSha] ?? now]))
}

/** Whole ones stay while they are open, among the ended that are told, or claimed; what belongs to none of them goes. */
function kept(draft: RepoFacts, { numbers }: LookWanted): RepoFacts {
  const whole = Object.fromEntries(
    Object.entries(draft.whole).filter(
      ([, { number }]) => draft.listed[number] !== undefined || numbers.has(number),
    ),
  )
  const merges = Object.values(whole)
  const jobs = new Set(merges.flatMap(merge => merge.jobs.map(({ id }) => String(id))))
  const shas = new Set(merges.flatMap(({ headSha, pipeline }) => [headSha, pipeline?.sha]))
  const people = new Set(merges.flatMap(peopleIn).map(({ id }) => String(id)))
  for (const { author } of Object.values(draft.listed)) people.add(String(author.id))
  return {
    ...draft,
    whole,
    confirmed: only(draft.confirmed, id => whole[Number(id)] !== undefined),
    statuses: only(draft.statuses, sha => shas.has(sha)),
    tails: only(draft.tails, id => jobs.has(id)),
    people: only(draft.people, id => people.has(id)),
  }
}

function only<T>(
  values: Readonly<Record<string, T>>,
  isKept: (key: string) => boolean,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => isKept(key)))
}
