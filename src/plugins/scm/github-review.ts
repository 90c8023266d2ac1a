import { HouseError } from '../../errors.ts'
import { withMarker, withoutMarker } from '../hidden-marker.ts'
import type { Review, ScmProject } from '../scm.ts'
import { maybeSame } from '../../resource/signature.ts'
import type { WholePull } from './github-facts.ts'
import { HttpError } from '../http-failure.ts'
import type { Desk, GitHub } from './github-one.ts'
import { needPull, notOpen, openDesk } from './github-one.ts'
import { authorship } from './github-reviews.ts'

export interface NewReview {
  readonly number: number
  readonly verdict: Review['verdict']
  readonly body: string
  readonly session: string | undefined
}

const EVENTS = {
  approve: 'APPROVE',
  'request-changes': 'REQUEST_CHANGES',
  comment: 'COMMENT',
} as const

/** Adds a review of the current head. One that may have arrived without an answer is looked for before it counts as failed. */
export async function reviewPull(
  github: GitHub,
  project: ScmProject,
  review: NewReview,
  signal: AbortSignal,
): Promise<void> {
  const desk = await openDesk(github, project, signal)
  const pull = await needPull(github, desk, review.number, signal)
  assertReviewable(desk, pull, review)
  try {
    await send(desk, pull, { ...review, event: EVENTS[review.verdict] }, signal)
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    if (/your own pull request/i.test(error.said)) await sendAsComment(desk, pull, review, signal)
    else if (
      error.code !== 'Unreachable' ||
      !(await hasArrived(github, desk, { pull, review }, signal))
    )
      throw error
  } finally {
    await github.poke(desk.reader)
  }
}

/** Closes an open pull request; closing a closed one changes nothing. */
export async function closePull(
  github: GitHub,
  project: ScmProject,
  number: number,
  signal: AbortSignal,
): Promise<void> {
  const desk = await openDesk(github, project, signal)
  const pull = await needPull(github, desk, number, signal)
  if (pull.state === 'closed') return
  if (pull.state === 'merged') throw notOpen(desk, pull)
  await desk.forge.client.write(
    async (octokit, extra) =>
      octokit.rest.pulls.update({ ...desk.at, pull_number: number, state: 'closed', ...extra }),
    signal,
  )
  await github.poke(desk.reader)
}

function assertReviewable(desk: Desk, pull: WholePull, { verdict, session }: NewReview): void {
  const { home } = desk
  const { trust } = desk.place.settings
  const opener = authorship(pull.author, pull.body, { trust, home })
  const isOwn = session !== undefined && maybeSame({ session }, opener)
  if (verdict === 'approve' && isOwn) {
    throw new HouseError(
      'Refused',
      `${session} opened pull request #${pull.number} of ${desk.project.project} and cannot approve it`,
      { next: `ao pr review ${pull.number} --comment` },
    )
  }
  if (verdict !== 'comment' && pull.state !== 'open') throw notOpen(desk, pull)
}

/** GitHub lets no account judge its own pull requests, and sessions share one: then a request for changes is a comment that says so in its marker. */
async function sendAsComment(
  desk: Desk,
  pull: WholePull,
  review: NewReview,
  signal: AbortSignal,
): Promise<void> {
  if (review.verdict === 'request-changes' && review.session !== undefined) {
    await send(desk, pull, { ...review, event: 'COMMENT' }, signal)
    return
  }
  throw new HouseError(
    'Refused',
    `GitHub lets no account judge its own pull request, and ${pull.author.login} opened #${pull.number} of ${desk.project.project}`,
    { next: `ao pr review ${pull.number} --comment` },
  )
}

async function send(
  { forge, at, home }: Desk,
  pull: WholePull,
  review: NewReview & { readonly event: 'APPROVE' | 'REQUEST_CHANGES' | 'COMMENT' },
  signal: AbortSignal,
): Promise<void> {
  const { event } = review
  await forge.client.write(
    async (octokit, extra) =>
      octokit.rest.pulls.createReview({
        ...at,
        pull_number: pull.number,
        commit_id: pull.headSha,
        event,
        body: bodyOf({ ...review, home }, event === EVENTS[review.verdict]),
        ...extra,
      }),
    signal,
  )
}

function bodyOf(
  { body, session, home, verdict }: NewReview & Pick<Desk, 'home'>,
  isPlain: boolean,
): string {
  if (session === undefined) return withoutMarker(body)
  return withMarker(body, { session, home }, isPlain ? {} : { verdict })
}

async function hasArrived(
  github: GitHub,
  desk: Desk,
  { pull, review }: { readonly pull: WholePull; readonly review: NewReview },
  signal: AbortSignal,
): Promise<boolean> {
  const after = await needPull(github, desk, pull.number, signal)
  const known = new Set(pull.reviews.map(({ id }) => id))
  const words = withoutMarker(bodyOf({ ...review, home: desk.home }, true))
  return after.reviews.some(({ id, body }) => !known.has(id) && withoutMarker(body) === words)
}
