import type { SessionRecord } from '../resource/record.ts'
import type { PullRequestFact, SessionFacts } from './facts.ts'
import { newsId, pullRequestsOf, seenUntil, talkedAbout } from './facts.ts'
import { isItsMove } from './reaction-agent.ts'
import { AMBIGUOUS } from './reaction-merge.ts'

/** How long checks must stay green, or nobody ask for changes, before a used budget is given back. */
export const SUSTAINED_GREEN_MS = 60_000
/** Applications take minutes to look at a push: that they say nothing at once is no peace. */
const SUSTAINED_QUIET_MS = 15 * 60_000

/** Whether what a budget is spent on is still so. */
type Standing = 'stands' | 'undecided' | 'resolved'

/** The budgets after this look: each is given back once its cause has been gone for a while. The same object when nothing changed. */
export function settleBudgets(
  record: SessionRecord,
  facts: SessionFacts,
  now: number,
): SessionRecord['budgets'] {
  if (facts.review.state !== 'found') return record.budgets
  const { pullRequest, others } = facts.review
  const idle = settleBudget(
    record.budgets,
    'agent-idle',
    idleStanding(pullRequest),
    seenUntil(pullRequest, now),
  )
  return [pullRequest, ...others].reduce(
    (budgets, each) =>
      Object.entries(standings(each)).reduce(
        (rest, [reaction, standing]) =>
          settleBudget(rest, `${reaction}#${each.number}`, standing, seenUntil(each, now)),
        budgets,
      ),
    idle,
  )
}

/** An agent got on when its pull request waits for somebody else. */
function idleStanding(pullRequest: PullRequestFact): Standing {
  if (pullRequest.checks === 'pending') return 'undecided'
  return isItsMove(pullRequest) ? 'stands' : 'resolved'
}

function standings(pullRequest: PullRequestFact): Readonly<Record<string, Standing>> {
  const { checks, review, mergeable, threads, remarks = [] } = pullRequest
  const open = [...threads, ...remarks.filter(({ isOpen }) => isOpen)]
  const isAsked = review === 'changes-requested' || open.some(({ isBot }) => !isBot)
  return {
    'ci-failed': checks === 'passing' ? 'resolved' : checks === 'pending' ? 'undecided' : 'stands',
    'changes-requested': isAsked ? 'stands' : 'resolved',
    'bugbot-comments': open.some(({ isBot }) => isBot) ? 'stands' : 'resolved',
    'merge-conflicts':
      mergeable === 'clean' ? 'resolved' : mergeable === 'unknown' ? 'undecided' : 'stands',
  }
}

function settleBudget(
  budgets: SessionRecord['budgets'],
  cause: string,
  standing: Standing,
  seenAt: number,
): SessionRecord['budgets'] {
  const budget = budgets[cause]
  if (budget === undefined) return budgets
  if (standing !== 'resolved') {
    if (budget.greenSince === undefined || standing === 'undecided') return budgets
    const { greenSince: _forgotten, ...rest } = budget
    return { ...budgets, [cause]: rest }
  }
  if (budget.greenSince === undefined) {
    return { ...budgets, [cause]: { ...budget, greenSince: new Date(seenAt).toISOString() } }
  }
  const span = cause.startsWith('bugbot-comments#') ? SUSTAINED_QUIET_MS : SUSTAINED_GREEN_MS
  if (Date.parse(budget.greenSince) + span > seenAt) return budgets
  const { [cause]: _givenBack, ...others } = budgets
  return others
}

/**
 * The answers that still count: without those whose budgets were given back (when the same happens again, it is told again), and without conversations that
 * ended (opened again, they are news). The same object when nothing changed.
 */
export function answersAfter(
  { budgets, handled }: SessionRecord,
  facts: SessionFacts,
  after: SessionRecord['budgets'],
): SessionRecord['handled'] {
  const kept = Object.entries(handled).flatMap(([cause, signature]) => {
    if (isReopened(facts, cause) || isSettled(facts, cause)) return []
    const isGivenBack = budgets[cause] !== undefined && after[cause] === undefined
    const standing = conversations(facts, cause, isGivenBack)
    if (standing === undefined) return isGivenBack ? [] : [[cause, signature] as const]
    const left = signature.split(',').filter(id => standing.has(id))
    return left.length === 0 ? [] : [[cause, left.join(',')] as const]
  })
  const isSame = kept.every(([cause, signature]) => handled[cause] === signature)
  return isSame && kept.length === Object.keys(handled).length ? handled : Object.fromEntries(kept)
}

/**
 * What was said that a cause is about and that still stands; undefined where it is about something else, or nobody could look. When nobody waits for anything
 * any longer, remarks are still there: nobody can resolve them, and what was heard once is no news.
 */
function conversations(
  { review }: SessionFacts,
  cause: string,
  isOver: boolean,
): ReadonlySet<string> | undefined {
  const number = talkedAbout(cause)
  const about = pullRequestsOf(review).find(each => each.number === number)
  if (about === undefined) return undefined
  const remarks = (about.remarks ?? []).map(({ id }) => id)
  if (isOver) return new Set(remarks)
  return new Set([...remarks, ...about.requests.map(({ id }) => id), ...about.threads.map(newsId)])
}

/** Opened again, it may be closed again, which is news. */
function isReopened({ review }: SessionFacts, cause: string): boolean {
  return pullRequestsOf(review).some(
    ({ number, state }) => cause === `pr-closed#${number}` && state !== 'closed',
  )
}

/** Once it is known again which pull request is meant, the same doubt is news. */
function isSettled({ review }: SessionFacts, cause: string): boolean {
  return cause === AMBIGUOUS && (review.state === 'found' || review.state === 'none')
}
