import { HouseError } from '../../errors.ts'
import type { NewReply } from '../conversation.ts'
import { noConversation } from '../conversation.ts'
import { withMarker, withoutMarker } from '../hidden-marker.ts'
import type { ScmProject } from '../scm.ts'
import type { SaidThread } from './github-facts.ts'
import type { Desk, GitHub } from './github-one.ts'
import { needPull, openDesk } from './github-one.ts'

const REPLY =
  'mutation($id: ID!, $body: String!) { addPullRequestReviewThreadReply(input: { pullRequestReviewThreadId: $id, body: $body }) { clientMutationId } }'

/** Answers in a conversation. What may have arrived without an answer is looked for before it counts as failed. */
export async function replyInThread(
  github: GitHub,
  project: ScmProject,
  reply: NewReply,
  signal: AbortSignal,
): Promise<void> {
  const desk = await openDesk(github, project, signal)
  const before = await needThread(github, desk, reply, signal)
  const { session, body } = reply
  const text =
    session === undefined ? withoutMarker(body) : withMarker(body, { session, home: desk.home })
  try {
    await desk.forge.client.mutate(REPLY, { id: before.id, body: text }, signal)
  } catch (error) {
    if (!(error instanceof HouseError) || error.code !== 'Unreachable') throw error
    const after = await needThread(github, desk, reply, signal)
    const known = new Set(before.comments.map(({ id }) => id))
    const words = withoutMarker(text)
    const isThere = after.comments.some(
      ({ id, body: said }) => !known.has(id) && withoutMarker(said) === words,
    )
    if (!isThere) throw error
  } finally {
    await github.poke(desk.reader)
  }
}

async function needThread(
  github: GitHub,
  desk: Desk,
  reply: NewReply,
  signal: AbortSignal,
): Promise<SaidThread> {
  const { threads } = await needPull(github, desk, reply.number, signal)
  const thread = threads.find(({ id }) => id === reply.thread)
  if (thread === undefined) throw noConversation(desk.project, reply)
  return thread
}
