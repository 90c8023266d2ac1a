import { HouseError } from '../../errors.ts'
import { pushedRepo } from '../forge-place.ts'
import { withMarker, withoutMarker } from '../hidden-marker.ts'
import { HttpError } from '../http-failure.ts'
import { cleanTitle } from '../pull-edit.ts'
import type { PullRequest, Scm, ScmProject } from '../scm.ts'
import { PAGE } from './gitlab-client.ts'
import type { ListedMerge } from './gitlab-facts.ts'
import { readProject } from './gitlab-list.ts'
import type { GitLab, OpenDesk } from './gitlab-one.ts'
import { needMerge, notOpen, openDesk, showMerge } from './gitlab-one.ts'
import { listedMerge, listOf, withoutDraft } from './gitlab-parse.ts'
import { readTip } from './gitlab-read.ts'

type Request = Parameters<Scm['create']>[1]

/**
 * Opens a merge request, or finds the open one of the same branches: before it asks, when GitLab says that there is one, and when no answer came. Asking again
 * without `draft` is how a draft becomes ready.
 */
export async function createMerge(
  gitlab: GitLab,
  project: ScmProject,
  request: Request,
  signal: AbortSignal,
): Promise<PullRequest> {
  const desk = await openDesk(gitlab, project, signal)
  const sourceId = await sourceOf(desk, signal)
  const known = await findOpen(desk, { ...request, sourceId }, signal)
  const number = known?.number ?? (await open(desk, { ...request, sourceId }, signal))
  if (known?.draft === true && !request.draft) {
    await desk.client.write(
      async ({ merges }) => merges.edit(desk.facts.id, number, { title: known.title }),
      signal,
    )
  }
  await gitlab.poke(desk.reader)
  const merge = await needMerge(desk, number, signal)
  return showMerge(gitlab, desk, { merge, watchPaths: [] }, signal)
}

/** Closes an open merge request; closing a closed one changes nothing. */
export async function closeMerge(
  gitlab: GitLab,
  project: ScmProject,
  number: number,
  signal: AbortSignal,
): Promise<void> {
  const desk = await openDesk(gitlab, project, signal)
  const merge = await needMerge(desk, number, signal)
  if (merge.state === 'closed') return
  if (merge.state === 'merged') throw notOpen(desk, merge)
  await desk.client.write(
    async ({ merges }) => merges.edit(desk.facts.id, number, { stateEvent: 'close' }),
    signal,
  )
  await gitlab.poke(desk.reader)
}

/** The GitLab project that the checkout's branches are pushed to. */
export async function sourceOf(desk: OpenDesk, signal: AbortSignal): Promise<number> {
  const { client, facts, place, reader } = desk
  const name = pushedRepo(place, facts.path)
  if (name === facts.path) return facts.id
  const [known] =
    Object.entries(reader.facts?.forks ?? {}).find(([, path]) => path.toLowerCase() === name) ?? []
  return known === undefined ? (await readProject(client, { name }, signal)).id : Number(known)
}

interface FromProject extends Request {
  readonly sourceId: number
}

/** Gives its number. */
async function open(desk: OpenDesk, request: FromProject, signal: AbortSignal): Promise<number> {
  const { client, facts, home } = desk
  const { head, base, draft, session, sourceId } = request
  const description =
    session === undefined
      ? withoutMarker(request.body)
      : withMarker(request.body, { session, home })
  const title = withoutDraft(cleanTitle(request.title))
  try {
    const made = await client.write(
      async ({ merges }) =>
        merges.create(sourceId, head, base, draft ? `Draft: ${title}` : title, {
          description,
          ...(sourceId === facts.id ? {} : { targetProjectId: facts.id }),
        }),
      signal,
    )
    return listedMerge(made).number
  } catch (error) {
    if (!(error instanceof HouseError)) throw error
    const isDoubtful =
      error.code === 'Unreachable' || (error instanceof HttpError && error.status === 409)
    const same = isDoubtful ? await findOpen(desk, request, signal) : undefined
    if (same !== undefined) return same.number
    throw await refusalOf(desk, request, { error, signal })
  }
}

async function findOpen(
  { client, facts }: OpenDesk,
  { head, base, sourceId }: Pick<FromProject, 'head' | 'base' | 'sourceId'>,
  signal: AbortSignal,
): Promise<ListedMerge | undefined> {
  const answer = await client.read(
    async ({ merges }) =>
      merges.all({
        projectId: facts.id,
        state: 'opened',
        scope: 'all',
        sourceBranch: head,
        targetBranch: base,
        perPage: PAGE,
        page: 1,
      }),
    signal,
  )
  return listOf(answer)
    .map(listedMerge)
    .find(
      merge =>
        merge.headBranch === head && merge.baseBranch === base && merge.sourceId === sourceId,
    )
}

/** Why a merge request can't be, in words that help: GitLab doesn't always say which of the branches it lacks. */
async function refusalOf(
  { client, facts, project }: OpenDesk,
  { head, base, sourceId }: FromProject,
  { error, signal }: { readonly error: HouseError; readonly signal: AbortSignal },
): Promise<HouseError> {
  const { status = 0 } = error instanceof HttpError ? error : {}
  if (![400, 404, 409, 422].includes(status)) return error
  if ((await readTip({ client, projectId: sourceId }, head, signal)) === undefined) {
    return new HouseError(
      'NotFound',
      `there is no branch ${head} in ${facts.path}: it was not pushed`,
      {
        next: 'ao pr push',
      },
    )
  }
  if ((await readTip({ client, projectId: facts.id }, base, signal)) === undefined) {
    return new HouseError('NotFound', `there is no branch ${base} in ${facts.path} to merge into`, {
      next: 'ao explain project.spec.defaultBranch',
    })
  }
  return new HouseError(
    'Refused',
    `${error.message}: ${head} of ${project.project} was not opened`,
    {
      next: `git -C ${project.repository} log --oneline origin/${base}..${head}`,
    },
  )
}
