import type { Budget } from '../resource/record.ts'
import type { BotPolicy, FeedbackPolicy } from '../resource/spec.ts'
import { named, namedList, timesOf } from '../resource/text.ts'
import {
  calledPerson,
  climb,
  escalateLater,
  freshBudget,
  limitOf,
  spentOnce,
  wasCalled,
} from './escalation.ts'
import type { PullRequestFact, ThreadFact } from './facts.ts'
import { newsId } from './facts.ts'
import type { RemarkFact } from './remark.ts'
import type { FeedbackReaction } from './feedback.ts'
import { feedbackText } from './feedback.ts'
import type { DueCall, DueMessage, DueReactions, ReactionInput } from './reaction.ts'
import {
  NOTHING,
  dueNow,
  hold,
  livePullRequests,
  policyOf,
  together,
  undecidedUntil,
} from './reaction.ts'

/** An agent that answers with the account of a person looks like one: words of people are passed on so many times, then a person is called. */
const MAX_ROUNDS = 20

/** CI on the head and the set of what fails. Checks that run on and on hide what failed only for a while. */
export function ciFailed(input: ReactionInput): DueReactions {
  return ofEach(input, 'ci-failed', pullRequest => {
    const until = undecidedUntil(input, pullRequest)
    if (until !== undefined && pullRequest.failed.length > 0 && until > input.now) return { until }
    const isOver = until !== undefined && pullRequest.failed.length > 0
    if (pullRequest.checks !== 'failing' && !isOver) return undefined
    const names = pullRequest.failed.map(check => check.name).sort()
    return {
      signature: `${pullRequest.headSha}:${names.join(',')}`,
      why: `check ${namedList(names)} failed on ${pullRequest.headSha.slice(0, 7)}`,
    }
  })
}

/** Reviews that ask for changes, conversations in which a person had the last word, and what people say beside them. */
export function changesRequested(input: ReactionInput): DueReactions {
  const asked = ofEach(input, 'changes-requested', pullRequest => {
    const threads = pullRequest.threads.filter(thread => !thread.isBot)
    const asked = pullRequest.review === 'changes-requested' ? pullRequest.requests : []
    const cause = `changes-requested#${pullRequest.number}`
    const said = remarksBy(pullRequest, false)
    const remarks = said.filter(remark => isHeardNow(input, cause, remark))
    const people = [
      ...asked.filter(({ isBot }) => !isBot).map(({ id }) => id),
      ...threads.map(newsId),
      ...remarks.map(({ id }) => id),
    ]
    const ids = [...asked.filter(({ isBot }) => isBot).map(({ id }) => id), ...people]
    const authors = [...asked.map(({ author }) => author), ...authorsOf(threads)]
    const writers = remarks.map(({ author }) => author)
    // Once the agent has answered, the next move is the reviewers'.
    const isTheirs = pullRequest.answered && !ids.some(id => isNews(input, cause, id))
    return ids.length === 0 || isTheirs
      ? undefined
      : {
          signature: newsIn(input, cause, [...ids, ...said.map(({ id }) => id)]),
          why:
            authors.length === 0
              ? `${unique(writers)} commented`
              : `${unique([...authors, ...writers])} asked for changes`,
          threads,
          remarks: unheardToo(input, said, remarks),
          // What people say is a new task, however often they were heard before.
          fromPeople: people.some(id => isNews(input, cause, id)),
        }
  })
  return together([asked, ...livePullRequests(input).map(strangersOf)])
}

/** Whose words are left where they are: people are to know that there are some. */
function strangersOf({ number, unheard }: PullRequestFact): DueReactions {
  if (unheard.length === 0) return NOTHING
  const why = `${unique(unheard)} wrote, who may not be heard by agents (scm.trust)`
  return hold({ reaction: 'changes-requested', cause: `strangers#${number}`, why })
}

/** Conversations in which an application had the last word, and what applications say beside them, by the policy of each. */
export function bugbotComments(input: ReactionInput): DueReactions {
  const { bots } = input.object.spec.reactions['bugbot-comments']
  const policyFor = (author: string | undefined): BotPolicy =>
    bots[author ?? ''] ?? bots['*'] ?? 'batch'
  return ofEach(input, 'bugbot-comments', pullRequest => {
    const cause = `bugbot-comments#${pullRequest.number}`
    const until = undecidedUntil(input, pullRequest)
    const isDone = until === undefined || until <= input.now
    const isTold = (author: string | undefined): boolean =>
      isDone || policyFor(author) === 'forward'
    const heard = pullRequest.threads.filter(
      thread => thread.isBot && policyFor(lastAuthor(thread)) !== 'ignore',
    )
    const said = remarksBy(pullRequest, true).filter(({ author }) => policyFor(author) !== 'ignore')
    const waiting = said.filter(remark => isHeardNow(input, cause, remark))
    const threads = heard.filter(thread => isTold(lastAuthor(thread)))
    const remarks = waiting.filter(({ author }) => isTold(author))
    if (threads.length + remarks.length === 0) {
      const authors = [...authorsOf(heard), ...waiting.map(({ author }) => author)]
      return authors.length === 0
        ? undefined
        : { held: `${unique(authors)} commented; told when the checks are done`, until }
    }
    const told = said.filter(remark => isTold(remark.author) || !isNews(input, cause, remark.id))
    return {
      signature: newsIn(input, cause, [...threads.map(newsId), ...told.map(({ id }) => id)]),
      why: `${unique([...authorsOf(threads), ...remarks.map(({ author }) => author)])} commented`,
      threads,
      remarks: unheardToo(input, told, remarks),
    }
  })
}

/** A conflict between this head and this base. */
export function mergeConflicts(input: ReactionInput): DueReactions {
  return ofEach(input, 'merge-conflicts', pullRequest => {
    if (pullRequest.mergeable !== 'conflicting') return undefined
    const { headSha, baseSha = '', baseBranch } = pullRequest
    return {
      signature: `${baseSha}:${headSha}`,
      why: `${headSha.slice(0, 7)} conflicts with ${named(baseBranch)} at ${baseSha.slice(0, 7)}`,
    }
  })
}

/** What stands against a pull request. */
interface Cause {
  readonly signature: string
  readonly why: string
  readonly threads?: readonly ThreadFact[]
  readonly remarks?: readonly RemarkFact[]
  readonly fromPeople?: boolean
}

/** Something that time alone will make due. */
interface Later {
  readonly until: number | undefined
  /** Why it is left alone until then, where people are to know. */
  readonly held?: string
}

function later(reaction: FeedbackReaction, cause: string, { held, until }: Later): DueReactions {
  const told = held === undefined ? NOTHING : hold({ reaction, cause, why: held })
  return { ...told, nextAt: until === Infinity ? undefined : until }
}

function ofEach(
  input: ReactionInput,
  reaction: FeedbackReaction,
  find: (pullRequest: PullRequestFact) => Cause | Later | undefined,
): DueReactions {
  const open = livePullRequests(input)
  const answers = open.map(pullRequest => {
    const cause = find(pullRequest)
    if (cause === undefined) return NOTHING
    const name = `${reaction}#${pullRequest.number}`
    if (!('signature' in cause)) return later(reaction, name, cause)
    const parent = open.find(({ number }) => number === pullRequest.stackedOn)
    if (parent !== undefined && hasProblem(parent)) {
      const why = `${cause.why}; waits for #${parent.number}, which it is built on`
      return hold({ reaction, cause: name, why })
    }
    const number = open.length > 1 ? ` (#${pullRequest.number})` : ''
    return feedback(input, reaction, pullRequest, { ...cause, why: `${cause.why}${number}` })
  })
  return together(answers)
}

function hasProblem({ checks, mergeable, review }: PullRequestFact): boolean {
  return checks === 'failing' || mergeable === 'conflicting' || review === 'changes-requested'
}

/** The agent is told until its budget is used up, then the orchestrator, then a person; both are also called when it takes too long. */
function feedback(
  input: ReactionInput,
  reaction: FeedbackReaction,
  pullRequest: PullRequestFact,
  about: Cause,
): DueReactions {
  const policy: FeedbackPolicy = input.object.spec.reactions[reaction]
  const cause = `${reaction}#${pullRequest.number}`
  const { signature } = about
  const budget = input.record.budgets[cause] ?? freshBudget(input.now)
  const { number, url } = pullRequest
  const base = { ...policyOf(input, reaction), cause, signature, pullRequest: { number, url } }
  if (input.record.handled[cause] === signature) {
    return escalateLater(input, policy, { base, budget, why: about.why })
  }
  if (!policy.auto) {
    const call = { priority: base.priority, reason: 'auto-off' } as const
    if (wasCalled(budget, call)) return alreadyCalled(base, about)
    const why = `${about.why}; ${reaction}.auto is false`
    return dueNow({ ...base, action: 'notify', why, budget: calledPerson(budget, input.now, call) })
  }
  const limit = limitOf(policy)
  const isHeard = about.fromPeople === true && budget.used < MAX_ROUNDS
  if (budget.used >= limit && !isHeard) {
    if (wasCalled(budget, { priority: base.priority, reason: 'used-up' })) {
      return alreadyCalled(base, about)
    }
    const why = `${about.why}; the agent was told ${timesOf(budget.used)}`
    return dueNow(climb(input, { base, budget, why, reason: 'used-up' }))
  }
  const spent = spend(reaction, budget, input.now)
  const why = `${about.why}; telling the agent (${budget.used + 1} of ${limit})`
  const { why: what, threads = [], remarks = [] } = about
  const told = new Set(input.record.handled[cause]?.split(','))
  const topic = { why: what, pullRequest, threads, remarks, told }
  const text = feedbackText(reaction, input.object, policy, topic)
  const send: DueMessage = { ...base, action: 'sendToAgent', why, text, budget: spent }
  if (budget.used < limit || spent.escalatedAt !== undefined) return dueNow(send)
  const tired = `${about.why}; round ${budget.used + 1} of reviews`
  return dueNow(send, climb(input, { base, budget: spent, why: tired, reason: 'rounds' }))
}

/** Whoever was called sees everything that has come since: each further occurrence is no further call, until the budget is given back. */
function alreadyCalled(
  { reaction, cause }: Pick<DueCall, 'reaction' | 'cause'>,
  { why }: Cause,
): DueReactions {
  return hold({ reaction, cause, why: `${why}; a person was called already` })
}

/** A further review is a new task with its own time; a check that fails again after a fix is still the old one. */
function spend(reaction: FeedbackReaction, budget: Budget, now: number): Budget {
  const spent = spentOnce(budget)
  return reaction === 'changes-requested'
    ? { ...spent, firstSeenAt: new Date(now).toISOString() }
    : spent
}

/** When one of several is satisfied, the words of the others were said already: only something new makes a new signature. */
function newsIn(input: ReactionInput, cause: string, ids: readonly string[]): string {
  const told = input.record.handled[cause]
  const isNew = ids.some(id => isNews(input, cause, id))
  return isNew || told === undefined ? [...new Set(ids)].sort().join(',') : told
}

function isNews({ record }: ReactionInput, cause: string, id: string): boolean {
  return record.handled[cause]?.split(',').includes(id) !== true
}

function remarksBy({ remarks = [] }: PullRequestFact, isBot: boolean): readonly RemarkFact[] {
  return remarks.filter(remark => remark.isBot === isBot)
}

/** One that nobody answered is part of each message; the others are heard once. */
function isHeardNow(input: ReactionInput, cause: string, { id, isOpen }: RemarkFact): boolean {
  return isOpen || isNews(input, cause, id)
}

/** A message may take the place of one that never reached the agent: what only that one would have told belongs to it, whatever came of it since. */
function unheardToo(
  { record }: ReactionInput,
  said: readonly RemarkFact[],
  remarks: readonly RemarkFact[],
): readonly RemarkFact[] {
  return said.filter(remark => remarks.includes(remark) || record.told?.[remark.id] === undefined)
}

function lastAuthor({ comments }: ThreadFact): string | undefined {
  return comments.at(-1)?.author
}

function authorsOf(threads: readonly ThreadFact[]): readonly string[] {
  return threads.flatMap(({ comments }) => comments.map(({ author }) => author))
}

function unique(names: readonly string[]): string {
  return namedList([...new Set(names)].sort())
}
