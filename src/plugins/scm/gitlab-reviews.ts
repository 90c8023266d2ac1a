import type { Tally } from '../approval.ts'
import { tally } from '../approval.ts'
import type { PullRequest, Review, ReviewComment, ReviewThread } from '../scm.ts'
import type { Signature } from '../../resource/signature.ts'
import { isSigned, maybeSame, reviewerOf } from '../../resource/signature.ts'
import type { Approval, Discussion, Note, Version, WholeMerge } from './gitlab-facts.ts'
import type { Around } from './gitlab-people.ts'
import { authorship, isBelieved, plainBody } from './gitlab-people.ts'
import { readVerdict } from './gitlab-verdict.ts'

/** An approval and the note that says so are made one after the other. */
const TOGETHER_MS = 120_000
const COMMENTS_SHOWN = 50

export interface Reviewed extends Tally {
  /** The newest verdict of each reviewer, and comments; oldest first. */
  readonly reviews: readonly Review[]
}

/**
 * What the reviews mean for the head. An approval counts for the head it was given to, a request for changes until its reviewer says otherwise; the
 * session that opened the merge request has no vote, nor has anybody who doesn't belong to the project.
 */
export function summarise(
  merge: WholeMerge,
  about: Around & { readonly opener: Signature; readonly need: number },
): Reviewed {
  const all = [...noted(merge, about), ...native(merge, about)].toSorted((a, b) =>
    a.createdAt < b.createdAt ? -1 : 1,
  )
  const newest = new Map<string, Review>()
  for (const review of all) {
    if (review.verdict !== 'comment') newest.set(reviewerOf(review), review)
  }
  const reviews = all.filter(review =>
    review.verdict === 'comment' ? review.body !== '' : newest.get(reviewerOf(review)) === review,
  )
  const votes = reviews.filter(review => review.trusted && !maybeSame(review, about.opener))
  const need = Math.max(about.need, merge.talk.approvals?.required ?? 0)
  // The project may have rules of its own, such as owners of code.
  const isHeldBack = merge.state === 'open' && merge.mergeStatus === 'not_approved'
  return { reviews, ...tally(votes, { head: merge.headSha, need, isHeldBack }) }
}

/** Conversations that somebody has to resolve; verdicts are none of them. */
export function threadsOf({ url, talk }: WholeMerge, around: Around): readonly ReviewThread[] {
  return talk.discussions.flatMap(discussion => {
    const notes = saidIn(discussion)
    const [first] = notes
    if (first === undefined || !isThread(discussion, around)) return []
    const ofLine = notes.find(({ path }) => path !== undefined)
    return [
      {
        id: discussion.id,
        ...(ofLine?.path === undefined ? {} : { path: ofLine.path }),
        ...(ofLine?.line === undefined ? {} : { line: ofLine.line }),
        resolved: isResolved(discussion),
        url: `${url}#note_${first.id}`,
        comments: notes.map(note => comment(note, url, around)),
      },
    ]
  })
}

/** Everything else that was said, and answers to verdicts. */
export function commentsOf({ url, talk }: WholeMerge, around: Around): readonly ReviewComment[] {
  return talk.discussions
    .filter(discussion => !isThread(discussion, around))
    .flatMap(discussion => saidIn(discussion))
    .filter(note => verdictOf(note, around) === undefined)
    .toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
    .slice(-COMMENTS_SHOWN)
    .map(note => comment(note, url, around))
}

/** GitLab notes each push in the conversation. */
export function pushedAt({ talk }: WholeMerge): Pick<PullRequest['head'], 'movedAt'> {
  const movedAt = talk.discussions
    .flatMap(({ notes }) => notes)
    .filter(({ system, body }) => system && /^added \d+ (new )?commits?\b/.test(body))
    .map(({ createdAt }) => createdAt)
    .toSorted()
    .at(-1)
  return movedAt === undefined ? {} : { movedAt }
}

function isThread(discussion: Discussion, around: Around): boolean {
  const [first] = saidIn(discussion)
  if (first === undefined || discussion.isSingle) return false
  return verdictOf(first, around) === undefined && discussion.notes.some(note => note.resolvable)
}

function isResolved({ notes }: Discussion): boolean {
  return notes.filter(({ resolvable }) => resolvable).every(({ resolved }) => resolved)
}

/** Verdicts that were given through us: their notes say so. */
function noted(merge: WholeMerge, around: Around): readonly Review[] {
  const { talk, author, url } = merge
  const approvers = talk.approvals?.by.map(({ by }) => by.id)
  return talk.discussions.flatMap(discussion => {
    const [note] = saidIn(discussion)
    const said = note === undefined ? undefined : verdictOf(note, around)
    if (note === undefined || said === undefined) return []
    const by = authorship(around, note.author, note.body)
    // Taken back in GitLab's own way.
    const isTakenBack =
      said.verdict === 'approve' && approvers !== undefined && !approvers.includes(note.author.id)
    const isLifted =
      said.verdict === 'request-changes' &&
      !isSigned(by) &&
      note.author.id !== author.id &&
      isResolved(discussion) &&
      note.resolvedBy === note.author.id
    if (isTakenBack || isLifted) return []
    const { id, body, createdAt } = note
    return [
      {
        ...by,
        id: String(id),
        verdict: said.verdict,
        body: plainBody(body),
        sha: said.sha,
        createdAt,
        url: `${url}#note_${id}`,
      },
    ]
  })
}

/** Approvals and requests that were given on GitLab's pages, or by other programs. */
function native(
  merge: WholeMerge,
  around: Around & { readonly opener: Signature },
): readonly Review[] {
  const { talk, author, headSha, url } = merge
  const notes = talk.discussions.flatMap(discussion => discussion.notes)
  const entry = (verdict: Review['verdict'], { by, at }: Approval): Review => {
    const createdAt = at ?? systemTime(notes, by.id, verdict) ?? ''
    // An account that opened it for a session can't be told from that session here.
    const isOpener = by.id === author.id && isSigned(around.opener)
    return {
      ...authorship(around, by, ''),
      ...(isOpener ? around.opener : {}),
      id: `${verdict}-${by.id}`,
      verdict,
      body: '',
      sha: verdict === 'approve' ? shaAt(talk.versions, createdAt) : headSha,
      createdAt,
      url,
    }
  }
  const approvals = (talk.approvals?.by ?? [])
    .filter(approval => !isNoted(approval, notes, around))
    .map(approval => entry('approve', approval))
  return [...approvals, ...talk.requested.map(request => entry('request-changes', request))]
}

/** Whether a note of ours says more about an approval than GitLab does. */
function isNoted({ by, at }: Approval, notes: readonly Note[], around: Around): boolean {
  return notes.some(note => {
    if (note.author.id !== by.id || verdictOf(note, around)?.verdict !== 'approve') return false
    return at === undefined || Date.parse(at) - Date.parse(note.createdAt) < TOGETHER_MS
  })
}

function systemTime(
  notes: readonly Note[],
  userId: number,
  verdict: Review['verdict'],
): string | undefined {
  const words = verdict === 'approve' ? /^approved this merge request/ : /^requested changes/
  return notes
    .filter(({ system, author, body }) => system && author.id === userId && words.test(body))
    .map(({ createdAt }) => createdAt)
    .toSorted()
    .at(-1)
}

/** The head at a time; none when that can't be told. */
function shaAt(versions: readonly Version[], time: string): string {
  const at = Date.parse(time)
  const before = versions
    .filter(({ createdAt }) => Date.parse(createdAt) <= at)
    .toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt))
  return before.at(-1)?.sha ?? ''
}

function verdictOf(note: Note, around: Around): ReturnType<typeof readVerdict> {
  if (note.system || !isBelieved(around, note.author)) return undefined
  return readVerdict(note.body)
}

function saidIn({ notes }: Discussion): readonly Note[] {
  return notes.filter(({ system }) => !system)
}

function comment(note: Note, url: string, around: Around): ReviewComment {
  const { id, author, body, createdAt } = note
  return {
    ...authorship(around, author, body),
    id: String(id),
    body: plainBody(body),
    createdAt,
    url: `${url}#note_${id}`,
  }
}
