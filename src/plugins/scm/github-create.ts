import { HouseError } from '../../errors.ts'
import { pushedRepo } from '../forge-place.ts'
import { withMarker, withoutMarker } from '../hidden-marker.ts'
import { cleanTitle } from '../pull-edit.ts'
import type { PullRequest, Scm, ScmProject } from '../scm.ts'
import { HttpError } from '../http-failure.ts'
import type { Desk, GitHub } from './github-one.ts'
import { needPull, openDesk, showPull } from './github-one.ts'
import { listedPull } from './github-parse.ts'
import { placeOf } from './github-guards.ts'

type Request = Parameters<Scm['create']>[1]

const READY = `mutation ($id: ID!) {
  markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } }
}`

/**
 * Opens a pull request, or finds the open one of the same head and base: before it asks, when GitHub says that there is one, and when no answer came. Asking
 * again without `draft` is how a draft becomes ready.
 */
export async function createPull(
  github: GitHub,
  project: ScmProject,
  request: Request,
  signal: AbortSignal,
): Promise<PullRequest> {
  const desk = await openDesk(github, project, signal)
  const number = (await findOpen(desk, request, signal)) ?? (await open(desk, request, signal))
  await github.poke(desk.reader)
  const pull = await needPull(github, desk, number, signal)
  if (!pull.draft || request.draft) return showPull(desk, pull, [], signal)
  await desk.forge.client.mutate(READY, { id: pull.id }, signal)
  return showPull(desk, { ...pull, draft: false }, [], signal)
}

/** Gives its number. */
async function open(desk: Desk, request: Request, signal: AbortSignal): Promise<number> {
  const { at, forge, home, place, reader } = desk
  const { base, draft, session } = request
  const body =
    session === undefined
      ? withoutMarker(request.body)
      : withMarker(request.body, { session, home })
  const { owner, repo } = placeOf(pushedRepo(place, reader.name))
  const isFork = owner.toLowerCase() !== at.owner.toLowerCase()
  try {
    return await forge.client.write(async (octokit, extra) => {
      const response = await octokit.rest.pulls.create({
        ...at,
        head: isFork ? `${owner}:${request.head}` : request.head,
        ...(isFork ? { head_repo: repo } : {}),
        base,
        title: cleanTitle(request.title),
        body,
        draft,
        ...extra,
      })
      return { ...response, data: response.data.number }
    }, signal)
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    const isDoubtful = error.code === 'Unreachable' || /already exists/i.test(error.said)
    const same = isDoubtful ? await findOpen(desk, request, signal) : undefined
    if (same !== undefined) return same
    throw refusalOf(desk, request, error)
  }
}

async function findOpen(
  desk: Desk,
  { head, base }: Request,
  signal: AbortSignal,
): Promise<number | undefined> {
  const headRepo = pushedRepo(desk.place, desk.reader.name)
  const pulls = await desk.forge.client.read(async (octokit, extra) => {
    const response = await octokit.rest.pulls.list({
      ...desk.at,
      state: 'open',
      head: `${placeOf(headRepo).owner}:${head}`,
      base,
      per_page: 100,
      ...extra,
    })
    return { ...response, data: response.data.map(listedPull) }
  }, signal)
  const same = pulls.find(
    pull =>
      pull.headBranch === head &&
      pull.baseBranch === base &&
      pull.headRepo === headRepo.toLowerCase(),
  )
  return same?.number
}

/** What GitHub says about a pull request that can't be, in words that help. */
function refusalOf({ at, project }: Desk, { head, base }: Request, error: HttpError): HouseError {
  const where = `${at.owner}/${at.repo}`
  if (/no commits between/i.test(error.said)) {
    return new HouseError(
      'Refused',
      `${head} has no commits that ${base} of ${where} lacks, so there is nothing to merge`,
      { next: `git -C ${project.repository} log --oneline origin/${base}..${head}` },
    )
  }
  if (error.status === 422 && /"field":"head"/.test(error.said)) {
    return new HouseError('NotFound', `there is no branch ${head} in ${where}: it was not pushed`, {
      next: 'ao pr push',
    })
  }
  if (error.status === 422 && /"field":"base"/.test(error.said)) {
    return new HouseError('NotFound', `there is no branch ${base} in ${where} to merge into`, {
      next: 'ao explain project.spec.defaultBranch',
    })
  }
  return error
}
