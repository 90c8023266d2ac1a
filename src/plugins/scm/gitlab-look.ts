import type { HouseError } from '../../errors.ts'
import { toHouseError } from '../../errors.ts'
import { isSettled } from './gitlab-checks.ts'
import type { GitLabClient } from './gitlab-client.ts'
import { PAGE } from './gitlab-client.ts'
import type { ListedMerge, ProjectFacts, WholeMerge } from './gitlab-facts.ts'
import type { Mark, RepoFacts } from './gitlab-memory.ts'
import { newFacts } from './gitlab-memory.ts'
import { fieldsOf, listedMerge, listOf, projectFacts } from './gitlab-parse.ts'
import { readPeople } from './gitlab-people.ts'
import type { Reading } from './gitlab-read.ts'
import { ifThere, peopleIn, readTails, readWhole, STATUSES, tipOf } from './gitlab-read.ts'
import { readMarker } from '../hidden-marker.ts'

const ENDED = 50

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

type Draft = { -readonly [Key in keyof RepoFacts]: RepoFacts[Key] }

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
  const project = isFull ? await readProject(client, wanted.name, signal) : before.project
  const old = before?.project.id === project.id ? before : newFacts(project)
  const draft: Draft = { ...old, tokenHash, project }
  const reading = { client, projectId: project.id }
  const hasMoved = await readList(reading, draft, { isFull }, signal)
  await readAuthors(reading, draft, wanted, signal)
  const open = Object.values(draft.listed).filter(
    merge => merge.state === 'open' && wanted.isFollowed(draft, merge),
  )
  draft.heads = headsSince(old.heads, open, wanted.now)
  await readTips(reading, draft, open, signal)
  const { failure, count } = await readAll({ reading, old, draft, wanted, isFull }, open, signal)
  draft.listedAt = wanted.now
  if (failure === undefined) {
    if (isFull) draft.fullAt = wanted.now
  } else if (old.etag === undefined) delete draft.etag
  else draft.etag = old.etag
  return { facts: kept(draft, wanted), failure, hasChanged: hasMoved || count > 0 }
}

export async function readProject(
  client: GitLabClient,
  name: string,
  signal: AbortSignal,
): Promise<ProjectFacts> {
  const answer = await client.read(async ({ projects }) => projects.show(name), signal)
  return projectFacts(answer.state === 'new' ? answer.value : undefined)
}

/** Takes in the list. Gives whether it is another one than before. */
async function readList(
  { client, projectId }: Reading,
  draft: Draft,
  { isFull }: { readonly isFull: boolean },
  signal: AbortSignal,
): Promise<boolean> {
  const ask = { projectId, scope: 'all', orderBy: 'updated_at', sort: 'desc' } as const
  const newest = await client.read(
    async ({ merges }) => merges.all({ ...ask, perPage: PAGE, page: 1 }),
    signal,
    isFull ? undefined : draft.etag,
  )
  if (newest.etag !== undefined) draft.etag = newest.etag
  if (newest.state === 'same') return false
  const page = listOf(newest.value).map(listedMerge)
  const isAll = page.length < PAGE
  const last = page.at(-1)?.updatedAt ?? ''
  // Whatever changed is on the page, unless all of it did since.
  const isCovered =
    !isFull && Object.values(draft.listed).some(({ updatedAt }) => updatedAt >= last)
  let all: readonly ListedMerge[] = page
  if (!isAll && isCovered) all = [...Object.values(draft.listed), ...page]
  else if (!isAll) {
    const open = await client.list(
      async ({ merges }, number) =>
        merges.all({ ...ask, state: 'opened', perPage: PAGE, page: number }),
      signal,
    )
    const ended = await Promise.all(
      (['merged', 'closed'] as const).map(async state => {
        const answer = await client.read(
          async ({ merges }) => merges.all({ ...ask, state, perPage: ENDED, page: 1 }),
          signal,
        )
        return answer.state === 'new' ? listOf(answer.value) : []
      }),
    )
    all = [...ended.flat(), ...open].map(listedMerge)
  }
  draft.listed = Object.fromEntries(all.map(merge => [merge.number, merge]))
  return true
}

/** Who opened what carries a marker, and from which fork branches of sessions' names come: both decide what is followed. */
async function readAuthors(
  { client, projectId }: Reading,
  draft: Draft,
  { now, branches }: LookWanted,
  signal: AbortSignal,
): Promise<void> {
  const open = Object.values(draft.listed).filter(({ state }) => state === 'open')
  const marked = open.filter(({ body }) => readMarker(body) !== undefined)
  const authors = marked.map(({ author }) => author)
  draft.people = await readPeople(client, { projectId, known: draft.people, now }, authors, signal)
  const forks = { ...draft.forks }
  for (const { sourceId, headBranch } of open) {
    if (sourceId === undefined || sourceId === projectId || forks[sourceId] !== undefined) continue
    if (!branches.has(headBranch)) continue
    const found = await ifThere(async () =>
      client.read(async ({ projects }) => projects.show(sourceId), signal),
    )
    forks[sourceId] = projectFacts(found).path
  }
  draft.forks = forks
}

async function readTips(
  { client, projectId }: Reading,
  draft: Draft,
  open: readonly ListedMerge[],
  signal: AbortSignal,
): Promise<void> {
  const tips: Record<string, Mark> = {}
  for (const branch of new Set(open.map(({ baseBranch }) => baseBranch))) {
    const known = draft.tips[branch]
    const found = await ifThere(async () => {
      const answer = await client.read(
        async ({ branches }) => branches.show(projectId, branch),
        signal,
        known?.etag,
      )
      const etag = answer.etag ?? known?.etag
      const value = answer.state === 'new' ? tipOf(answer.value) : known?.value
      return { state: 'new', value: { value, ...(etag === undefined ? {} : { etag }) } }
    })
    const { value, etag } = fieldsOf(found)
    if (typeof value !== 'string') continue
    tips[branch] = { value, ...(typeof etag === 'string' ? { etag } : {}) }
  }
  draft.tips = tips
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
): Promise<{ readonly failure: HouseError | undefined; readonly count: number }> {
  const { old, draft, wanted } = work
  const openNumbers = new Set(open.map(({ number }) => number))
  // It left the list of the open ones: was it merged or closed?
  const gone = Object.values(old.whole).filter(
    ({ number, state }) => state === 'open' && draft.listed[number]?.state !== 'open',
  )
  const claimed = [...wanted.numbers].filter(number => !openNumbers.has(number))
  const isNew = (number: number): boolean =>
    work.isFull || old.whole[number]?.updatedAt !== draft.listed[number]?.updatedAt
  const numbers = new Set([
    ...openNumbers,
    ...gone.map(({ number }) => number),
    ...claimed.filter(isNew),
  ])
  let failure: HouseError | undefined
  let count = 0
  for (const number of numbers) {
    try {
      if (await readOne(work, number, signal)) count += 1
    } catch (error) {
      const known = toHouseError(error)
      if (known.code === 'Interrupted' || known.code === 'Internal') throw error
      failure ??= known
      if (known.code === 'RateLimited') break
    }
  }
  return { failure, count }
}

/** Gives whether it was read anew. */
async function readOne(work: Work, number: number, signal: AbortSignal): Promise<boolean> {
  const { reading, old, draft, wanted, isFull } = work
  const { client, projectId } = reading
  const before = old.whole[number]
  const listed = draft.listed[number]
  const signs = await signsOf(work, { before, listed }, signal)
  if (!signs.mustRead) {
    draft.confirmed = { ...draft.confirmed, [number]: wanted.now }
    return false
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
    return before !== undefined
  }
  const known = { projectId, known: draft.people, now }
  draft.people = await readPeople(client, known, peopleIn(merge), signal)
  draft.tails = await readTails(client, merge.jobs, draft.tails, signal)
  draft.whole = { ...draft.whole, [number]: merge }
  if (statuses?.etag !== undefined) {
    draft.statuses = { ...draft.statuses, [statuses.sha]: statuses.etag }
  }
  return true
}

interface Signs {
  readonly mustRead: boolean
  readonly statuses?: { readonly sha: string; readonly value: unknown; readonly etag?: string }
}

async function signsOf(
  { reading, draft, wanted, isFull }: Work,
  {
    before,
    listed,
  }: { readonly before: WholeMerge | undefined; readonly listed: ListedMerge | undefined },
  signal: AbortSignal,
): Promise<Signs> {
  if (before === undefined || listed === undefined || listed.state !== 'open')
    return { mustRead: true }
  const hasMoved =
    isFull ||
    before.updatedAt !== listed.updatedAt ||
    before.headSha !== listed.headSha ||
    before.baseTip !== draft.tips[listed.baseBranch]?.value ||
    (before.mergeable === 'unknown' && !wanted.isGivenUp(before)) ||
    (wanted.watches && before.files === undefined)
  const { headSha, pipeline } = before
  const headSince = draft.heads[headSha] ?? wanted.now
  if (!hasMoved && isSettled(before, { headSince, now: wanted.now })) return { mustRead: false }
  const { sha = headSha, projectId = reading.projectId } =
    before.headSha === listed.headSha ? (pipeline ?? {}) : { sha: listed.headSha }
  const etag = draft.statuses[sha]
  const answer = await ifThere(async () => {
    const given = await reading.client.read(
      async ({ commits }) => commits.allStatuses(projectId, sha, STATUSES),
      signal,
      hasMoved ? undefined : etag,
    )
    return { state: 'new', value: given }
  })
  const given = fieldsOf(answer)
  if (given['state'] !== 'new') return { mustRead: hasMoved }
  const now = typeof given['etag'] === 'string' ? given['etag'] : undefined
  // A first validator is no news, but what it validates is.
  const statuses = { sha, value: given['value'], ...(now === undefined ? {} : { etag: now }) }
  return { mustRead: hasMoved || now === undefined || now !== etag, statuses }
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
