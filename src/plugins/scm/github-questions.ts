import type { ListedPull, WholePull } from './github-facts.ts'
import { goneFrom } from '../gone-pulls.ts'
import { hasMoved, lacks } from './github-follow.ts'
import type { Look } from './github-draft.ts'
import type { Guards, RepoFacts } from './github-memory.ts'
import type { PullQuestion } from './github-query.ts'
import type { Known } from './github-survey.ts'

/** Whom the questions are for. */
export interface Asker {
  /** Open ones that somebody works on. */
  readonly open: readonly ListedPull[]
  /** Whether somebody works on one that was never read. */
  readonly isWished: (pull: ListedPull) => boolean
  readonly claimed: ReadonlySet<number>
  /** Claimed numbers that there is nothing of. */
  readonly absent: ReadonlySet<number>
  /** Whether it matters which paths a pull request changes. */
  readonly watches: boolean
  /** Whether it was asked often enough in vain whether it merges. */
  readonly isGivenUp: (pull: WholePull) => boolean
}

export type Asked = Pick<Look, 'questions' | 'surveyed' | 'doubtful'>

/** What is to be asked after a look at the signs: what they point to is read, and the rest compared when it has got old. */
export function questionsOf(
  facts: RepoFacts,
  draft: Omit<Look, keyof Asked>,
  { open, isWished, claimed, absent, watches, isGivenUp }: Asker,
): Asked {
  const { isFull, isWhole, read } = draft
  const [owner = '', name = ''] = draft.name.split('/')
  const question = (number: number): PullQuestion => ({ owner, name, number })
  const questions = new Set<number>()
  const surveyed: Known[] = []
  const doubtful: PullQuestion[] = []
  for (const pull of open) {
    const { number } = pull
    const known = facts.whole[number]
    const mustRead = isWhole || lacks(known, watches) || hasMoved(facts, draft, pull)
    if (mustRead || known === undefined) {
      questions.add(number)
      continue
    }
    if (isFull) surveyed.push({ question: question(number), pull: known })
    const isUndecided = known.mergeable === 'unknown' && !isGivenUp(known)
    if (isUndecided || hasNewBase(known, read.guards)) doubtful.push(question(number))
  }
  const others = [
    ...goneFrom(draft.listed, facts.whole),
    ...landedUnseen(draft.listed, facts.whole, isWished),
    ...unreadClaims(facts, { claimed, absent }, isFull),
  ]
  for (const number of others) questions.add(number)
  return { questions: [...questions].map(question), surveyed, doubtful }
}

/** Merged between two looks: whether the branch is still there was never read. */
function landedUnseen(
  listed: Look['listed'],
  whole: RepoFacts['whole'],
  isWished: Asker['isWished'],
): readonly number[] {
  return Object.values(listed)
    .filter(({ number, state }) => state === 'merged' && whole[number] === undefined)
    .filter(isWished)
    .map(({ number }) => number)
}

/** What there was nothing of is looked for again now and then. */
function unreadClaims(
  { whole }: RepoFacts,
  { claimed, absent }: Pick<Asker, 'claimed' | 'absent'>,
  isFull: boolean,
): readonly number[] {
  return [...claimed].filter(
    number => whole[number] === undefined && (isFull || !absent.has(number)),
  )
}

/** That says nothing of anything but whether it merges. */
function hasNewBase(pull: WholePull, { tips }: Guards): boolean {
  const tip = tips[pull.baseBranch]?.value
  return tip !== undefined && tip !== pull.baseTip
}
