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
