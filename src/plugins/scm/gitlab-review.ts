import { HouseError } from '../../errors.ts'
import { withMarker, withoutMarker } from '../hidden-marker.ts'
import { HttpError } from '../http-failure.ts'
import type { Review, ScmProject } from '../scm.ts'
import type { WholeMerge } from './gitlab-facts.ts'
import type { GitLab, OpenDesk } from './gitlab-one.ts'
import { needMerge, notOpen, openDesk, openerOf } from './gitlab-one.ts'
import { approvalsOf, fieldsOf } from './gitlab-parse.ts'
import { plainBody } from './gitlab-people.ts'
import { readMarker } from '../hidden-marker.ts'
import { isSigned, maybeSame, signatureOf } from '../../resource/signature.ts'
import { readVerdict, withVerdict } from './gitlab-verdict.ts'

export interface NewReview {
  readonly number: number
  readonly verdict: Review['verdict']
  readonly body: string
  readonly session: string | undefined
}

/**
 * Approves in GitLab's own way, with a note that says for whom and of which head; asks for changes with a discussion that somebody has to resolve. What may
 * have arrived without an answer is looked for before it counts as failed.
 */
export async function reviewMerge(
  gitlab: GitLab,
  project: ScmProject,
  review: NewReview,
  signal: AbortSignal,
): Promise<void> {
  const desk = await openDesk(gitlab, project, signal)
  const merge = await needMerge(desk, review.number, signal)
  await assertReviewable(gitlab, desk, { merge, review }, signal)
  try {
    if (review.verdict === 'approve') await approve(desk, merge, signal)
    await say(desk, { merge, review }, signal)
    if (review.verdict === 'approve') await resolveOwn(desk, { merge, review }, signal)
  } finally {
    await gitlab.poke(desk.reader)
  }
}

async function assertReviewable(
  gitlab: GitLab,
  desk: OpenDesk,
  { merge, review }: { readonly merge: WholeMerge; readonly review: NewReview },
  signal: AbortSignal,
): Promise<void> {
  const { verdict, session } = review
  if (verdict === 'approve' && session !== undefined) {
    if (maybeSame({ session }, await openerOf(gitlab, desk, merge, signal))) {
      throw new HouseError(
        'Refused',
        `${session} opened merge request !${merge.number} of ${desk.project.project} and cannot approve it`,
        { next: `ao pr review ${merge.number} --comment` },
      )
    }
  }
  if (verdict !== 'comment' && merge.state !== 'open') throw notOpen(desk, merge)
}

/** An account that approved already, maybe for another session, stays one. */
async function approve(
  { client, facts, project }: OpenDesk,
  { number, headSha: sha }: WholeMerge,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.write(
      async ({ approvals }) => approvals.approve(facts.id, number, { sha }),
      signal,
    )
  } catch (error) {
    // A GitLab without approvals: then the note is one.
    if (error instanceof HouseError && error.code === 'NotFound') return
    const isDoubtful =
      error instanceof HouseError &&
      (error.code === 'Unreachable' || (error instanceof HttpError && error.status === 401))
    if (!isDoubtful) throw toldMoved(error, number, project)
    const me = await client.read(async ({ users }) => users.showCurrentUser(), signal)
    const id = fieldsOf(me)['id']
    const now = await client.read(
      async ({ approvals }) => approvals.showConfiguration(facts.id, { mergerequestIId: number }),
      signal,
    )
    const { by } = approvalsOf(now)
    if (by.some(approval => approval.by.id === id)) return
    if (!(error instanceof HttpError)) throw error
    throw new HouseError(
      'Refused',
      `GitLab doesn't let this account approve merge request !${number} of ${project.project}`,
      { next: `ao pr review ${number} --comment` },
    )
  }
}

/** The note that a review is: of a request, one that begins a discussion. */
async function say(
  desk: OpenDesk,
  { merge, review }: { readonly merge: WholeMerge; readonly review: NewReview },
  signal: AbortSignal,
): Promise<void> {
  const { client, facts, home } = desk
  const { verdict, session, body } = review
  const said = withVerdict(withoutMarker(body), { verdict, sha: merge.headSha })
  const text = session === undefined ? said : withMarker(said, { session, home })
  try {
    await client.write(
      async ({ discussions, notes }) =>
        verdict === 'request-changes'
          ? discussions.create(facts.id, merge.number, text)
          : notes.create(facts.id, merge.number, text),
      signal,
    )
  } catch (error) {
    if (!(error instanceof HouseError) || error.code !== 'Unreachable') throw error
    if (!(await hasArrived(desk, { merge, text }, signal))) throw error
  }
}

/** Whoever approves has nothing left to ask for. That a discussion stays open is no failure of the approval. */
async function resolveOwn(
  { client, facts, home }: OpenDesk,
  { merge, review }: { readonly merge: WholeMerge; readonly review: NewReview },
  signal: AbortSignal,
): Promise<void> {
  const me = await client.read(async ({ users }) => users.showCurrentUser(), signal)
  const id = fieldsOf(me)['id']
  for (const { id: discussion, notes } of merge.talk.discussions) {
    const [first] = notes
    if (first === undefined || first.author.id !== id || !first.resolvable || first.resolved)
      continue
    if (readVerdict(first.body)?.verdict !== 'request-changes') continue
    const by = signatureOf(readMarker(first.body), home)
    if (isSigned(by) ? by.session !== review.session : review.session !== undefined) continue
    try {
      await client.write(
        async ({ discussions }) => discussions.resolve(facts.id, merge.number, discussion, true),
        signal,
      )
    } catch (error) {
      if (!(error instanceof HouseError) || error.code === 'Interrupted') throw error
    }
  }
}

async function hasArrived(
  desk: OpenDesk,
  { merge, text }: { readonly merge: WholeMerge; readonly text: string },
  signal: AbortSignal,
): Promise<boolean> {
  const notesOf = ({ talk }: WholeMerge) => talk.discussions.flatMap(({ notes }) => notes)
  const known = new Set(notesOf(merge).map(({ id }) => id))
  const after = await needMerge(desk, merge.number, signal)
  return notesOf(after).some(
    ({ id, body }) => !known.has(id) && plainBody(body) === plainBody(text),
  )
}

function toldMoved(error: unknown, number: number, { project }: ScmProject): unknown {
  if (!(error instanceof HttpError) || error.status !== 409) return error
  const message = `merge request !${number} of ${project} got new commits just now`
  return new HouseError('Conflict', message, { next: `ao pr view ${number}`, retryable: true })
}
