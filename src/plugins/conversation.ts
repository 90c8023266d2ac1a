import { HouseError } from '../errors.ts'
import { named } from '../resource/text.ts'
import type { Reply, ScmProject } from './scm.ts'

/** A reply, and to which pull request. */
export interface NewReply extends Reply {
  readonly number: number
}

/** What a reply to a conversation that is not there fails with. */
export function noConversation({ project }: ScmProject, { number, thread }: NewReply): HouseError {
  return new HouseError(
    'NotFound',
    `pull request #${number} of ${project} has no conversation ${named(thread)}`,
    { next: `ao pr view ${number}` },
  )
}
