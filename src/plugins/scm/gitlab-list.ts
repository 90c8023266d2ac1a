import { HouseError } from '../../errors.ts'
import { readMarker } from '../hidden-marker.ts'
import { HttpError } from '../http-failure.ts'
import type { GitLabClient } from './gitlab-client.ts'
import { ifThere, PAGE } from './gitlab-client.ts'
import type { ListedMerge, ProjectFacts } from './gitlab-facts.ts'
import type { Mark, RepoFacts } from './gitlab-memory.ts'
import { listedMerge, listOf, projectFacts } from './gitlab-parse.ts'
import { readPeople } from './gitlab-people.ts'
import type { Reading } from './gitlab-read.ts'
import { tipOf } from './gitlab-read.ts'

const ENDED = 50

/** What is known, while it is being found out. */
export type Draft = { -readonly [Key in keyof RepoFacts]: RepoFacts[Key] }

/** As it is called, or as it was numbered when it was called so: GitLab says of an old name only that it is one (D8). */
export async function readProject(
  client: GitLabClient,
  { name, id }: { readonly name: string; readonly id?: number | undefined },
  signal: AbortSignal,
): Promise<ProjectFacts> {
  const show = async (which: string | number): Promise<ProjectFacts> => {
    return projectFacts(await client.read(async ({ projects }) => projects.show(which), signal))
  }
  try {
    return await show(name)
  } catch (error) {
    const { status = 0 } = error instanceof HttpError ? error : {}
    const isMoved = status >= 300 && status < 400
    if (!isMoved) throw error
    if (id !== undefined) return show(id)
    throw new HouseError('NotFound', `${name} has another name on GitLab by now`, {
      next: 'ao explain project.spec.scm.repo',
    })
  }
}

/** Takes in the list. */
export async function readList(
  { client, projectId }: Reading,
  draft: Draft,
  { isFull }: { readonly isFull: boolean },
  signal: AbortSignal,
): Promise<void> {
  const ask = { projectId, scope: 'all', orderBy: 'updated_at', sort: 'desc' } as const
  const newest = await client.compare(
    async ({ merges }) => merges.all({ ...ask, perPage: PAGE, page: 1 }),
    isFull ? undefined : draft.etag,
    signal,
  )
  if (newest.etag !== undefined) draft.etag = newest.etag
  if (newest.state === 'same') return
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
        return listOf(answer)
      }),
    )
    all = [...ended.flat(), ...open].map(listedMerge)
  }
  draft.listed = Object.fromEntries(all.map(merge => [merge.number, merge]))
}

/** Who opened what carries a marker, and from which fork branches of sessions' names come: both decide what is followed. */
export async function readAuthors(
  { client, projectId }: Reading,
  draft: Draft,
  { now, branches }: { readonly now: number; readonly branches: ReadonlySet<string> },
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

export async function readTips(
  { client, projectId }: Reading,
  draft: Draft,
  open: readonly ListedMerge[],
  signal: AbortSignal,
): Promise<void> {
  const tips: Record<string, Mark> = {}
  for (const branch of new Set(open.map(({ baseBranch }) => baseBranch))) {
    const known = draft.tips[branch]
    const answer = await ifThere(async () =>
      client.compare(async ({ branches }) => branches.show(projectId, branch), known?.etag, signal),
    )
    if (answer === undefined) continue
    const { etag = known?.etag } = answer
    const value = answer.state === 'new' ? tipOf(answer.value) : known?.value
    if (value !== undefined) tips[branch] = { value, ...(etag === undefined ? {} : { etag }) }
  }
  draft.tips = tips
}
