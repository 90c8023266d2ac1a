import { MergeRefused, mergePull } from '../merging.ts'
import { closeIssue, reopenIssue } from '../issue.ts'
import { addComment, addReview, replyInThread } from '../operate.ts'
import { blockedBy } from '../rules.ts'
import { type Pull, type ReviewState, headOf, nextId, now, touch } from '../state.ts'
import type { Node } from './connection.ts'
import { type Ask, failure } from './context.ts'
import { findPull, findSubject, findThread } from './find.ts'
import { actorNode, commentNode } from './nodes.ts'
import { pullNode, reviewNode, threadNode } from './pull.ts'
import { entryNode } from './queue.ts'

type Input = Readonly<Record<string, unknown>>
type Mutation = (args: { readonly input: Input }, ask: Ask) => Promise<Node>

const REVIEWS: Readonly<Record<string, ReviewState>> = {
  APPROVE: 'APPROVED',
  REQUEST_CHANGES: 'CHANGES_REQUESTED',
  COMMENT: 'COMMENTED',
}

function text(input: Input, key: string): string | undefined {
  const value = input[key]
  return typeof value === 'string' ? value : undefined
}

const needed = (input: Input, key: string): string => text(input, key) ?? ''

const payload = (ask: Ask, input: Input, more: Node): Node => ({
  clientMutationId: text(input, 'clientMutationId') ?? null,
  actor: actorNode(ask.state, ask.viewer),
  ...more,
})

/** Refuses what is pinned to a head that moved on. */
function holdTo(pull: Pull, input: Input): void {
  const expected = text(input, 'expectedHeadOid')
  if (expected !== undefined && expected !== headOf(pull)) {
    throw failure('UNPROCESSABLE', 'Head branch was modified. Review and try the merge again.')
  }
}

const mergePullRequest: Mutation = async ({ input }, ask) => {
  const pull = await findPull(ask, needed(input, 'pullRequestId'))
  holdTo(pull, input)
  const reason = pull.draft ? 'Pull Request is still a draft' : blockedBy(pull)
  if (reason !== undefined && pull.state === 'open') throw failure('UNPROCESSABLE', reason)
  try {
    await mergePull(pull, ask.viewer, {
      method: (text(input, 'mergeMethod') ?? 'MERGE').toLowerCase() as 'merge',
      expectedHead: text(input, 'expectedHeadOid'),
      title: text(input, 'commitHeadline'),
      message: text(input, 'commitBody'),
    })
  } catch (error) {
    if (error instanceof MergeRefused) throw failure('UNPROCESSABLE', error.message)
    throw error
  }
  return payload(ask, input, { pullRequest: () => pullNode(ask.state, pull) })
}

const enqueuePullRequest: Mutation = async ({ input }, ask) => {
  const pull = await findPull(ask, needed(input, 'pullRequestId'))
  const { repo } = pull
  holdTo(pull, input)
  if (repo.protection.get(pull.baseBranch)?.mergeQueue !== true) {
    throw failure('UNPROCESSABLE', 'The merge queue is not enabled on the base branch.')
  }
  if (pull.state === 'closed') throw failure('UNPROCESSABLE', 'Pull request is closed')
  if (repo.queue.some(entry => entry.pull === pull)) {
    throw failure('UNPROCESSABLE', 'The pull request is already in the queue.')
  }
  const reason = pull.draft ? 'Pull request is in draft state' : blockedBy(pull)
  if (reason !== undefined) throw failure('UNPROCESSABLE', reason)
  const entry = {
    id: nextId(ask.state),
    pull,
    enqueuer: ask.viewer,
    enqueuedAt: now(),
    head: headOf(pull),
  }
  repo.queue.push(entry)
  touch(pull)
  return payload(ask, input, { mergeQueueEntry: () => entryNode(ask.state, repo, entry) })
}

const dequeuePullRequest: Mutation = async ({ input }, ask) => {
  const pull = await findPull(ask, needed(input, 'id'))
  const at = pull.repo.queue.findIndex(entry => entry.pull === pull)
  const [entry] = at < 0 ? [] : pull.repo.queue.splice(at, 1)
  touch(pull)
  return payload(ask, input, {
    mergeQueueEntry: () => (entry === undefined ? null : entryNode(ask.state, pull.repo, entry)),
  })
}

const addPullRequestReview: Mutation = async ({ input }, ask) => {
  const pull = await findPull(ask, needed(input, 'pullRequestId'))
  const event = text(input, 'event')
  const state = event === undefined ? 'PENDING' : (REVIEWS[event] ?? 'COMMENTED')
  if (ask.viewer === pull.author && (state === 'APPROVED' || state === 'CHANGES_REQUESTED')) {
    const verb = state === 'APPROVED' ? 'approve' : 'request changes on'
    throw failure('UNPROCESSABLE', `Review Can not ${verb} your own pull request`)
  }
  const threads = Array.isArray(input['threads']) ? (input['threads'] as readonly Input[]) : []
  const review = addReview(ask.state, pull, ask.viewer, {
    state,
    body: text(input, 'body') ?? '',
    commitId: text(input, 'commitOID'),
    comments: threads.map(thread => ({
      path: needed(thread, 'path'),
      line: Number(thread['line'] ?? 1),
      body: needed(thread, 'body'),
    })),
  })
  return payload(ask, input, {
    pullRequestReview: () => reviewNode(ask.state, pull, review),
    reviewEdge: null,
  })
}

const addPullRequestReviewThreadReply: Mutation = async ({ input }, ask) => {
  const { pull, thread } = await findThread(ask, needed(input, 'pullRequestReviewThreadId'))
  const by = { author: ask.viewer, body: needed(input, 'body') }
  replyInThread(ask.state, pull, thread, by)
  const comments = threadNode(ask.state, pull, thread)['comments'] as (page: object) => Node
  const nodes = comments({ last: 1 })['nodes'] as () => readonly Node[]
  return payload(ask, input, { comment: nodes()[0] ?? null })
}

const settleThread =
  (resolved: boolean): Mutation =>
  async ({ input }, ask) => {
    const { pull, thread } = await findThread(ask, needed(input, 'threadId'))
    thread.resolvedBy = resolved ? ask.viewer : undefined
    return payload(ask, input, { thread: () => threadNode(ask.state, pull, thread) })
  }

const addCommentTo: Mutation = async ({ input }, ask) => {
  const issue = await findSubject(ask, needed(input, 'subjectId'))
  const body = needed(input, 'body')
  if (body.trim() === '') throw failure('UNPROCESSABLE', 'Body cannot be blank')
  const comment = addComment(ask.state, issue, ask.viewer, body)
  return payload(ask, input, {
    commentEdge: { cursor: '', node: commentNode(ask.state, issue, comment) },
    subject: null,
    timelineEdge: null,
  })
}

const changeDraft =
  (draft: boolean): Mutation =>
  async ({ input }, ask) => {
    const pull = await findPull(ask, needed(input, 'pullRequestId'))
    pull.draft = draft
    touch(pull)
    return payload(ask, input, { pullRequest: () => pullNode(ask.state, pull) })
  }

const updatePullRequest: Mutation = async ({ input }, ask) => {
  const pull = await findPull(ask, needed(input, 'pullRequestId'))
  pull.title = text(input, 'title') ?? pull.title
  pull.body = text(input, 'body') ?? pull.body
  pull.baseBranch = text(input, 'baseRefName') ?? pull.baseBranch
  touch(pull)
  if (input['state'] === 'CLOSED') closeIssue(pull, ask.viewer)
  if (input['state'] === 'OPEN') reopenIssue(pull)
  return payload(ask, input, { pullRequest: () => pullNode(ask.state, pull) })
}

const changeState =
  (open: boolean): Mutation =>
  async ({ input }, ask) => {
    const pull = await findPull(ask, needed(input, 'pullRequestId'))
    if (open) reopenIssue(pull)
    else closeIssue(pull, ask.viewer)
    return payload(ask, input, { pullRequest: () => pullNode(ask.state, pull) })
  }

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  addComment: addCommentTo,
  addPullRequestReview,
  addPullRequestReviewThreadReply,
  closePullRequest: changeState(false),
  convertPullRequestToDraft: changeDraft(true),
  dequeuePullRequest,
  enqueuePullRequest,
  markPullRequestReadyForReview: changeDraft(false),
  mergePullRequest,
  reopenPullRequest: changeState(true),
  resolveReviewThread: settleThread(true),
  unresolveReviewThread: settleThread(false),
  updatePullRequest,
}
