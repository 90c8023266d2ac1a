import { HouseError } from '../../errors.ts'
import type { NewReply } from '../conversation.ts'
import { noConversation } from '../conversation.ts'
import { withMarker, withoutMarker } from '../hidden-marker.ts'
import type { ScmProject } from '../scm.ts'
import type { Discussion } from './gitlab-facts.ts'
import type { GitLab, OpenDesk } from './gitlab-one.ts'
import { needMerge, openDesk } from './gitlab-one.ts'
import { plainBody } from './gitlab-people.ts'

/** Answers in a discussion. What may have arrived without an answer is looked for before it counts as failed. */
export async function replyInDiscussion(
  gitlab: GitLab,
  project: ScmProject,
  reply: NewReply,
  signal: AbortSignal,
): Promise<void> {
  const desk = await openDesk(gitlab, project, signal)
  const before = await needDiscussion(desk, reply, signal)
  const { number, session, body } = reply
  const { client, facts, home } = desk
  const text = session === undefined ? withoutMarker(body) : withMarker(body, { session, home })
  try {
    await client.write(
      async ({ discussions }) => discussions.addNote(facts.id, number, before.id, text),
      signal,
    )
  } catch (error) {
    if (!(error instanceof HouseError) || error.code !== 'Unreachable') throw error
    const after = await needDiscussion(desk, reply, signal)
    const known = new Set(before.notes.map(({ id }) => id))
    const isThere = after.notes.some(
      ({ id, body: said }) => !known.has(id) && plainBody(said) === plainBody(text),
    )
    if (!isThere) throw error
  } finally {
    await gitlab.poke(desk.reader)
  }
}

async function needDiscussion(
  desk: OpenDesk,
  reply: NewReply,
  signal: AbortSignal,
): Promise<Discussion> {
  const { talk } = await needMerge(desk, reply.number, signal)
  const discussion = talk.discussions.find(({ id }) => id === reply.thread)
  if (discussion === undefined) throw noConversation(desk.project, reply)
  return discussion
}
