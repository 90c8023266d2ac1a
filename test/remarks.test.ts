import { describe, expect, it } from 'vitest'

import { answersAfter, settleBudgets } from '../src/lifecycle/budgets.ts'
import type { PullRequestFact } from '../src/lifecycle/facts.ts'
import { openWords } from '../src/lifecycle/merge-judgement.ts'
import type { DueReaction, DueReactions, ReactionInput } from '../src/lifecycle/reaction.ts'
import { dueReactions } from '../src/lifecycle/reactions.ts'
import type { RemarkFact } from '../src/lifecycle/remark.ts'
import { withTold } from '../src/lifecycle/missed.ts'
import type { Listener } from '../src/observe/remarks.ts'
import { remarksOf } from '../src/observe/remarks.ts'
import type { PullRequest, Review, ReviewComment } from '../src/plugins/scm.ts'
import type { SessionRecord } from '../src/resource/record.ts'
import type { DesiredSession } from '../src/resource/spec.ts'
import {
  ALONE,
  HEAD_SHA,
  NOW,
  launched,
  pullRequest,
  reactionsWith,
  record,
  review,
  running,
  worker,
} from './support/builders.ts'

const MINUTE = 60_000
const OLD_SHA = '0'.repeat(40)

function moment(minute: number): string {
  return new Date(NOW.getTime() + minute * MINUTE).toISOString()
}

function comment(minute: number, over: Partial<ReviewComment> = {}): ReviewComment {
  return {
    id: `c${minute}`,
    author: 'ann',
    authorType: 'person',
    trusted: true,
    body: `At ${minute}.`,
    createdAt: moment(minute),
    ...over,
  }
}

function judged(minute: number, over: Partial<Review> = {}): Review {
  return { ...comment(minute), id: `r${minute}`, verdict: 'comment', sha: HEAD_SHA, ...over }
}

type Everything = Partial<Pick<PullRequest, 'comments' | 'reviews'>>

/** All of it was told before anybody of ours said anything, unless it is said otherwise. */
function remarks(
  { comments = [], reviews = [] }: Everything,
  head: Partial<PullRequest['head']> = {},
  { told, since = moment(-9) }: Pick<Listener, 'told' | 'since'> = {
    told: Object.fromEntries([...comments, ...reviews].map(({ id }) => [id, ''])),
  },
): readonly RemarkFact[] {
  const at = { branch: 'ao/app-1', sha: HEAD_SHA, foreign: false, ...head }
  return remarksOf({ comments, reviews, head: at }, { own: 'app-1', since, ...(told && { told }) })
    .remarks
}

const ids = (all: readonly RemarkFact[]): readonly string[] => all.map(({ id }) => id)
const open = (all: readonly RemarkFact[]): readonly string[] =>
  ids(all.filter(({ isOpen }) => isOpen))

describe('what is said beside lines', () => {
  it('is told by time, comments and words of reviews together', () => {
    const all = remarks({ comments: [comment(1), comment(3)], reviews: [judged(2)] })
    expect(ids(all)).toEqual(['c1', 'r2', 'c3'])
    expect(open(all)).toEqual(['c1', 'r2', 'c3'])
  })

  it('is left out where nobody said anything, nobody may hear it, or it stands for itself', () => {
    const said = {
      comments: [comment(1, { body: ' ' }), comment(2, { trusted: false })],
      reviews: [
        judged(3, { verdict: 'request-changes' }),
        judged(4, { verdict: 'approve', body: '' }),
      ],
    }
    expect(remarks(said)).toEqual([])
  })

  it('is over with our answer, whichever way it was given, and never ours', () => {
    const asked = comment(1)
    for (const by of [{ session: 'app-1' }, { unsigned: 'app-1' }]) {
      expect(remarks({ comments: [asked, comment(2, by)] })).toEqual([])
      expect(remarks({ comments: [asked], reviews: [judged(2, by)] })).toEqual([])
      expect(ids(remarks({ comments: [comment(0, by), asked] }))).toEqual(['c1'])
    }
    const approval = judged(2, { session: 'app-2', verdict: 'approve' })
    expect(ids(remarks({ comments: [asked], reviews: [approval] }))).toEqual(['c1'])
  })

  it('is not over with what we said without having heard it, nor with what we had said by then', () => {
    const mine = { session: 'app-1' }
    const comments = [comment(1), comment(2), comment(3, mine)]
    expect(ids(remarks({ comments }, {}, { told: { c1: '' } }))).toEqual(['c2'])
    const later = { c1: '', c2: moment(3) }
    expect(ids(remarks({ comments }, {}, { told: later }))).toEqual(['c2'])
    const answered = [...comments, comment(4, mine)]
    expect(ids(remarks({ comments: answered }, {}, { told: later }))).toEqual([])
  })

  it('is over with what an earlier session said after it, of which nobody knows what it had heard', () => {
    const comments = [comment(1), comment(2, { session: 'app-1' }), comment(3)]
    expect(ids(remarks({ comments }, {}, { since: moment(4) }))).toEqual(['c3'])
    expect(ids(remarks({ comments }, {}, { since: moment(0) }))).toEqual(['c1', 'c3'])
  })

  it('is over with an answer that names it, heard or not', () => {
    const url = 'https://a.example/pull/3#issuecomment-12'
    const asked = comment(1, { url, body: 'Why so?\nAnd what of b?' })
    const over = (body: string): boolean => {
      const comments = [asked, comment(2, { session: 'app-1', body })]
      return remarks({ comments }, {}, {}).length === 0
    }
    expect(over(`As to ${url}: yes.`)).toBe(true)
    expect(over(`[This](${url}) is done.`)).toBe(true)
    expect(over('> Why so?\n> And what of b?\n\nBecause.')).toBe(true)
    expect(over(`As to ${url}3: yes.`)).toBe(false)
    expect(over('Why so? Because.')).toBe(false)
  })

  it('of another home’s session is a machine’s', () => {
    expect(remarks({ comments: [comment(1, { otherSession: 'app-1' })] })).toMatchObject([
      { isBot: true },
    ])
  })

  it('is waited for no longer once new commits or a person’s approval came, and told all the same', () => {
    const comments = [comment(1), comment(5)]
    expect(open(remarks({ comments }, { movedAt: moment(3) }))).toEqual(['c5'])
    expect(open(remarks({ reviews: [judged(1, { sha: OLD_SHA }), judged(2)] }))).toEqual(['r2'])
    const approval = judged(3, { verdict: 'approve', author: 'ben' })
    const approved = remarks({ comments, reviews: [approval] })
    expect(ids(approved)).toEqual(['c1', 'r3', 'c5'])
    expect(open(approved)).toEqual(['c5'])
    const bot = { ...approval, authorType: 'bot' } as const
    expect(open(remarks({ comments, reviews: [bot] }))).toEqual(['c1', 'c5'])
  })

  it('with an approval takes nothing back', () => {
    expect(remarks({ reviews: [judged(1, { verdict: 'approve' })] })).toMatchObject([
      { isApproval: true, isOpen: false },
    ])
  })
})

function remark(id: string, over: Partial<RemarkFact> = {}): RemarkFact {
  return {
    id,
    author: 'ann',
    isBot: false,
    body: `This is ${id}.`,
    url: undefined,
    isApproval: false,
    isOpen: true,
    ...over,
  }
}

interface Situation {
  readonly pull: Partial<PullRequestFact>
  readonly known?: SessionRecord
  readonly object?: DesiredSession
}

function input({ pull, known, object = worker() }: Situation): ReactionInput {
  return {
    object,
    record: known ?? record(object, launched(1, 'x')),
    facts: running({ review: review(pull) }),
    company: ALONE,
    since: {},
    now: NOW.getTime(),
  }
}

function look(situation: Situation): DueReactions {
  return dueReactions(input(situation))
}

/** What is known once everything due was carried out, and the agent has it. */
function after(situation: Situation): SessionRecord {
  const { facts } = input(situation)
  return look(situation).due.reduce<SessionRecord>(
    (known, { cause, signature, budget }: DueReaction) => ({
      ...withTold(known, facts.review, { cause, signature }),
      handled: { ...known.handled, [cause]: signature },
      budgets: budget === undefined ? known.budgets : { ...known.budgets, [cause]: budget },
    }),
    input(situation).record,
  )
}

describe('the agent', () => {
  it('is told once, and again only of what is new and what still waits', () => {
    const first = { pull: { remarks: [remark('c1')] } }
    const [told] = look(first).due
    expect(told).toMatchObject({
      action: 'sendToAgent',
      why: expect.stringContaining('ann commented'),
    })
    expect(told?.text).toContain('ao pr review 3 --comment --body')
    const known = after(first)
    expect(look({ ...first, known }).due).toEqual([])
    const moved = { pull: { remarks: [remark('c1', { isOpen: false })] }, known }
    expect(look(moved).due).toEqual([])
    const second = {
      pull: { remarks: [remark('c1', { isOpen: false }), remark('c2')] },
      known,
    }
    expect(look(second).due[0]?.text).toContain('This is c2.')
    expect(look(second).due[0]?.text).not.toContain('This is c1.')
    expect(look({ ...second, known: after(second) }).due).toEqual([])
  })

  it('is told of what a message that never reached it would have told, whatever came of that since', () => {
    const { told: _never, ...queued } = after({ pull: { remarks: [remark('c1')] } })
    const remarks = [remark('c1', { isOpen: false }), remark('c2')]
    const [due] = look({ pull: { remarks }, known: queued }).due
    expect(due?.text).toContain('This is c1.')
    expect(due?.text).toContain('This is c2.')
  })

  it('is known to have been told by the words of ours that came before', () => {
    const before = record(worker())
    const about = { cause: 'changes-requested#3', signature: 'c1,c2' }
    const first = withTold(before, review({}), about)
    expect(first.told).toEqual({ c1: '', c2: '' })
    const spoken = review({ spokenAt: NOW.getTime() })
    expect(withTold(first, spoken, about)).toBe(first)
    expect(withTold(first, spoken, { ...about, signature: 'c2,c3' }).told).toEqual({
      ...first.told,
      c3: NOW.toISOString(),
    })
    expect(withTold(before, spoken, { ...about, cause: 'ci-failed#3' })).toBe(before)
  })

  it('is told on a draft as well', () => {
    expect(look({ pull: { state: 'draft', remarks: [remark('c1')] } }).due).toMatchObject([
      { action: 'sendToAgent', cause: 'changes-requested#3' },
    ])
  })

  it('hears what was said once also when its budget comes back', () => {
    const pull = { checks: 'passing', remarks: [remark('c1', { isOpen: false })] } as const
    const known = after({ pull })
    expect(known.handled).toEqual({ 'changes-requested#3': 'c1' })
    const { facts } = input({ pull })
    const settle = (record: SessionRecord, minute: number): SessionRecord => {
      const budgets = settleBudgets(record, facts, NOW.getTime() + minute * MINUTE)
      return { ...record, budgets, handled: answersAfter(record, facts, budgets) }
    }
    const later = settle(settle(known, 1), 3)
    expect(later.budgets).toEqual({})
    expect(look({ pull, known: later }).due).toEqual([])
  })

  it('hears applications by the policy for each', () => {
    const bots = { quiet: 'ignore', eager: 'forward', '*': 'batch' } as const
    const object = worker('app-1', {
      spec: { reactions: reactionsWith('bugbot-comments', { bots }) },
    })
    const said = ['quiet', 'eager', 'helper'].map(author => remark(author, { author, isBot: true }))
    const texts = (checks: PullRequestFact['checks']): string =>
      look({ pull: { checks, remarks: said }, object })
        .due.map(({ text = '' }) => text)
        .join('\n')
    expect(texts('pending')).toContain('This is eager.')
    expect(texts('pending')).not.toContain('This is helper.')
    expect(texts('passing')).toContain('This is helper.')
    expect(texts('passing')).not.toContain('This is quiet.')
  })
})

describe('a merge', () => {
  it('waits for an answer to people, not to applications, nor for ever', () => {
    const words = (each: RemarkFact): string | undefined =>
      openWords(pullRequest({ remarks: [each] }))
    expect(words(remark('c1'))).toBe('1 comment waits for an answer')
    expect(words(remark('c1', { isBot: true }))).toBeUndefined()
    expect(words(remark('c1', { isOpen: false }))).toBeUndefined()
  })
})

describe('a person', () => {
  const flood = (n: number): Situation['pull'] => ({
    checks: 'passing',
    remarks: Array.from({ length: n }, (_, at) =>
      remark(`b${at}`, { author: 'chatty', isBot: true }),
    ),
  })
  const actions = (situation: Situation): readonly string[] =>
    look(situation).due.map(({ action }) => action)

  it('is called once for what goes on, and the journal says why not again', () => {
    const told = [1, 2, 3].reduce<SessionRecord | undefined>(
      (known, n) => after({ pull: flood(n), ...(known === undefined ? {} : { known }) }),
      undefined,
    )
    if (told === undefined) throw new Error('nothing was told')
    expect(told.budgets['bugbot-comments#3']).toMatchObject({
      used: 2,
      calledFor: 'action used-up',
    })
    for (const n of [4, 9]) {
      expect(look({ pull: flood(n), known: told })).toMatchObject({
        due: [],
        held: [{ why: 'chatty commented; a person was called already' }],
      })
    }
    const urgent = reactionsWith('bugbot-comments', { priority: 'urgent' })
    const object = worker('app-1', { spec: { reactions: urgent } })
    expect(actions({ pull: flood(4), known: told, object })).toEqual(['notify'])
  })
})
