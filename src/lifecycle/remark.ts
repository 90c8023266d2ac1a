import type { SessionRecord } from '../resource/record.ts'
import type { ReviewFact } from './facts.ts'

/** Something said beside conversations about lines, by somebody who may be heard: a comment, or the words of a review. Nobody can resolve it. */
export interface RemarkFact {
  readonly id: string
  readonly author: string
  /** Whether an application or a session wrote it; they never tire. */
  readonly isBot: boolean
  readonly body: string
  readonly url: string | undefined
  /** They came with an approval, which they don't take back. */
  readonly isApproval: boolean
  /**
   * Nothing came after it that could be its answer: no new commits, no approval by a person. (What was answered in words is no longer told of at all.)
   * Only such a one is waited for; the others are to be heard nonetheless.
   */
  readonly isOpen: boolean
}

/** What was told of a pull request, and when somebody of ours had last spoken there: what comes after that may be the answer. The same object when nothing is new. */
export function withTold(
  record: SessionRecord,
  review: ReviewFact,
  { cause = '', signature }: { readonly cause?: string; readonly signature?: string | undefined },
): SessionRecord {
  const [, number] = /^(?:changes-requested|bugbot-comments)#(\d+)$/.exec(cause) ?? []
  if (number === undefined || signature === undefined) return record
  const all = review.state === 'found' ? [review.pullRequest, ...review.others] : []
  const { spokenAt } = all.find(each => each.number === Number(number)) ?? {}
  const before = spokenAt === undefined ? '' : new Date(spokenAt).toISOString()
  const { told = {} } = record
  const news = signature.split(',').filter(id => told[id] === undefined)
  if (news.length === 0) return record
  return { ...record, told: { ...told, ...Object.fromEntries(news.map(id => [id, before])) } }
}
