import { addReview, replyInThread } from '../operate.ts'
import {
  type LineComment,
  type Pull,
  type ReviewState,
  type Thread,
  pullsOf,
  touch,
} from '../state.ts'
import {
  type Call,
  type Handler,
  Refusal,
  created,
  getPull,
  getRepo,
  getViewer,
  notFound,
  ok,
  paged,
  textOf,
} from './call.ts'
import { lineCommentView, reviewView } from './pull-views.ts'

const EVENTS: Readonly<Record<string, ReviewState>> = {
  APPROVE: 'APPROVED',
  REQUEST_CHANGES: 'CHANGES_REQUESTED',
  COMMENT: 'COMMENTED',
}

export const listReviews: Handler = call => {
  const pull = getPull(call)
  const { viewer } = call
  const seen = pull.reviews.filter(each => each.state !== 'PENDING' || each.author === viewer)
  return paged(call, seen, review => reviewView(call.state, pull, review))
}

export const createReview: Handler = call => {
  const { body } = call
  const pull = getPull(call)
  const viewer = getViewer(call)
  const event = textOf(body, 'event')
  const state = event === undefined ? 'PENDING' : (EVENTS[event] ?? 'COMMENTED')
  const text = textOf(body, 'body') ?? ''
  const given = Array.isArray(body['comments']) ? body['comments'] : []
  const comments = given.map((each: Record<string, unknown>) => ({
    path: textOf(each, 'path') ?? '',
    line: Number(each['line'] ?? each['position'] ?? 1),
    body: textOf(each, 'body') ?? '',
  }))
  if (viewer === pull.author && (state === 'APPROVED' || state === 'CHANGES_REQUESTED')) {
    const verb = state === 'APPROVED' ? 'approve' : 'request changes on'
    throw simple(`Can not ${verb} your own pull request`)
  }
  if (
    text === '' &&
    (state === 'CHANGES_REQUESTED' || (state === 'COMMENTED' && given.length === 0))
  ) {
    throw simple('Body can not be blank')
  }
  const made = { state, body: text, comments, commitId: textOf(body, 'commit_id') }
  return ok(reviewView(call.state, pull, addReview(call.state, pull, viewer, made)))
}

function simple(message: string): Refusal {
  return new Refusal(422, {
    message: 'Unprocessable Entity',
    errors: [message],
    documentation_url:
      'https://docs.github.com/rest/pulls/reviews#create-a-review-for-a-pull-request',
  })
}

export const dismissReview: Handler = call => {
  const pull = getPull(call)
  const review = pull.reviews.find(each => each.id === Number(call.params['review_id']))
  if (review === undefined) throw notFound()
  if (review.state !== 'APPROVED' && review.state !== 'CHANGES_REQUESTED') {
    throw simple('Can not dismiss a commented pull request review')
  }
  review.state = 'DISMISSED'
  touch(pull)
  return ok(reviewView(call.state, pull, review))
}

interface Line {
  readonly pull: Pull
  readonly thread: Thread
  readonly comment: LineComment
}

export const listLineComments: Handler = call =>
  paged(call, ordered(call, linesOf(getPull(call)), 'asc'), line => lineView(call, line))

export const listLineCommentsOfRepo: Handler = call =>
  paged(call, ordered(call, pullsOf(getRepo(call)).flatMap(linesOf), 'asc'), line =>
    lineView(call, line),
  )

function linesOf(pull: Pull): readonly Line[] {
  return pull.threads.flatMap(thread => thread.comments.map(comment => ({ pull, thread, comment })))
}

function ordered(call: Call, lines: readonly Line[], usual: string): readonly Line[] {
  const { sort, direction, since } = call.query
  const from = typeof since === 'string' ? Date.parse(since) : 0
  const at = ({ comment }: Line) => (sort === 'updated' ? comment.updatedAt : comment.createdAt)
  const found = lines
    .filter(({ comment }) => comment.updatedAt >= from)
    .toSorted((left, right) => at(left) - at(right) || left.comment.id - right.comment.id)
  return (direction ?? usual) === 'desc' ? found.reverse() : found
}

const lineView = (call: Call, { pull, thread, comment }: Line) =>
  lineCommentView(call.state, pull, thread, comment)

export const replyToLine: Handler = call => {
  const pull = getPull(call)
  const wanted = Number(call.params['comment_id'])
  const thread = pull.threads.find(each => each.comments.some(comment => comment.id === wanted))
  if (thread === undefined) throw notFound()
  const body = textOf(call.body, 'body') ?? ''
  const made = replyInThread(call.state, pull, thread, { author: getViewer(call), body })
  return created(lineCommentView(call.state, pull, thread, made))
}
