import { describe, expect, it } from 'vitest'

import { answersAfter, settleBudgets } from '../src/lifecycle/budgets.ts'
import { goneCauses } from '../src/lifecycle/causes.ts'
import type { PullRequestFact, SessionFacts, ThreadFact } from '../src/lifecycle/facts.ts'
import type { Company, DueReaction, ReactionInput } from '../src/lifecycle/reaction.ts'
import { dueReactions } from '../src/lifecycle/reactions.ts'
import type { SessionRecord } from '../src/resource/record.ts'
import type { DesiredSession, ReactionName, ReactionPolicies } from '../src/resource/spec.ts'
import {
  ALONE,
  HEAD_SHA,
  NOW,
  ago,
  alive,
  failedCheck,
  launched,
  orchestrator,
  pullRequest,
  reactionsWith,
  record,
  review,
  running,
  worker,
} from './support/builders.ts'

const MINUTE = 60_000
const LED: Company = { ...ALONE, orchestrator: true }

interface Situation {
  readonly seen: Partial<SessionFacts>
  readonly known?: Partial<SessionRecord>
  readonly object?: DesiredSession
  readonly company?: Company
}

function input({ seen, known = {}, object = worker(), company = ALONE }: Situation): ReactionInput {
  return {
    object,
    record: record(object, { ...launched(1, 'x'), ...known }),
    facts: running(seen),
    company,
    since: {},
    now: NOW.getTime(),
  }
}

function due(situation: Situation): readonly DueReaction[] {
  return dueReactions(input(situation)).due
}

function workerWith<R extends ReactionName>(
  reaction: R,
  policy: Partial<ReactionPolicies[R]>,
): DesiredSession {
  return worker('app-1', { spec: { reactions: reactionsWith(reaction, policy) } })
}

/** What is known after everything due was carried out. */
function after(situation: Situation): Partial<SessionRecord> {
  const { record: before } = input(situation)
  return due(situation).reduce<SessionRecord>(
    (known, { cause, signature, budget }) => ({
      ...known,
      handled: { ...known.handled, [cause]: signature },
      budgets: budget === undefined ? known.budgets : { ...known.budgets, [cause]: budget },
    }),
    before,
  )
}

function thread(over: Partial<ThreadFact> = {}): ThreadFact {
  return {
    id: 't1',
    path: 'src/a.ts',
    line: 7,
    url: undefined,
    isBot: false,
    lastId: 'c1',
    comments: [{ author: 'ann', body: 'Rename it.' }],
    ...over,
  }
}

function bot(author: string, over: Partial<ThreadFact> = {}): ThreadFact {
  return thread({ isBot: true, comments: [{ author, body: 'Possible leak.' }], ...over })
}

function said(...threads: readonly ThreadFact[]): Partial<SessionFacts> {
  return { review: review({ checks: 'passing', threads }) }
}

describe('a conversation on a pull request', () => {
  it('is told with its place, and once', () => {
    const seen = said(thread())
    expect(due({ seen })).toMatchObject([
      {
        reaction: 'changes-requested',
        action: 'sendToAgent',
        signature: 't1:c1',
        why: 'ann asked for changes; telling the agent (1 of 2)',
        text: expect.stringMatching(/ann wrote at src\/a\.ts:7:\n```untrusted\nRename it\.\n```/),
      },
    ])
    expect(due({ seen, known: after({ seen }) })).toEqual([])
  })

  it('is news again with a follow-up in the same thread (case 8)', () => {
    const known = after({ seen: said(thread()) })
    expect(due({ seen: said(thread({ lastId: 'c2' })), known })).toMatchObject([
      { signature: 't1:c2' },
    ])
  })

  it('is news again when it was resolved and opened again (case 8)', () => {
    const before = record(worker(), after({ seen: said(thread(), thread({ id: 't2' })) }))
    const resolved = running(said(thread()))
    const handled = answersAfter(before, resolved, before.budgets)
    expect(handled).toEqual({ 'changes-requested#3': 't1:c1' })
    expect(due({ seen: said(thread()), known: { ...before, handled } })).toEqual([])
    expect(
      due({ seen: said(thread(), thread({ id: 't2' })), known: { ...before, handled } }),
    ).toHaveLength(1)
  })

  it('of people reaches the agent in the fourth round and later, and a person hears of it once (case 8)', () => {
    const budgets = { 'changes-requested#3': { used: 3, firstSeenAt: ago(MINUTE) } }
    const seen = said(thread({ lastId: 'c4' }))
    expect(due({ seen, known: { budgets } }).map(({ action }) => action)).toEqual([
      'sendToAgent',
      'notify',
    ])
    const known = after({ seen, known: { budgets } })
    const fifth = said(thread({ lastId: 'c5' }))
    expect(due({ seen: fifth, known }).map(({ action }) => action)).toEqual(['sendToAgent'])
  })
})

describe('an application that comments', () => {
  it('is known by its type and has a reaction of its own', () => {
    const seen = said(bot('reviewer'), thread({ id: 't2' }))
    expect(due({ seen }).map(({ reaction, signature }) => [reaction, signature])).toEqual([
      ['changes-requested', 't2:c1'],
      ['bugbot-comments', 't1:c1'],
    ])
  })

  it.each([
    ['batch', 'pending', [], ['reviewer commented; told when the checks are done']],
    ['batch', 'passing', ['sendToAgent'], []],
    ['batch', 'none', ['sendToAgent'], []],
    ['forward', 'pending', ['sendToAgent'], []],
    ['ignore', 'passing', [], []],
  ] as const)('with the policy %s, while checks are %s', (policy, checks, actions, held) => {
    const object = workerWith('bugbot-comments', { bots: { '*': policy } })
    const seen = { review: review({ checks, threads: [bot('reviewer')] }) }
    const answer = dueReactions(input({ seen, object }))
    expect(answer.due.map(({ action }) => action)).toEqual(actions)
    expect(answer.held.map(({ why }) => why)).toEqual(held)
  })

  it('has a policy by its login before that of all others', () => {
    const object = workerWith('bugbot-comments', { bots: { '*': 'forward', noisy: 'ignore' } })
    expect(due({ seen: said(bot('noisy'), bot('useful', { id: 't2' })), object })).toMatchObject([
      { signature: 't2:c1' },
    ])
  })

  it('stops being told to the agent when its budget is used up, unlike people', () => {
    const budgets = { 'bugbot-comments#3': { used: 2, firstSeenAt: ago(MINUTE) } }
    expect(due({ seen: said(bot('reviewer')), known: { budgets } })).toMatchObject([
      { action: 'notify', why: 'reviewer commented; the agent was told 2 times' },
    ])
  })
})

describe('a conflict with the base', () => {
  const conflicting = (over: Partial<PullRequestFact> = {}): Partial<SessionFacts> => ({
    review: review({ checks: 'passing', mergeable: 'conflicting', ...over }),
  })

  it('is told once for each head and base (case 9)', () => {
    const seen = conflicting()
    expect(due({ seen })).toMatchObject([{ reaction: 'merge-conflicts', action: 'sendToAgent' }])
    const known = after({ seen })
    expect(due({ seen, known })).toEqual([])
    expect(due({ seen: conflicting({ baseSha: 'd'.repeat(40) }), known })).toHaveLength(1)
    expect(due({ seen: conflicting({ headSha: 'e'.repeat(40) }), known })).toHaveLength(1)
  })

  it('is left to the parent while a pull request is built on one that has the problem (case 9)', () => {
    const parent = pullRequest({ checks: 'failing', failed: [failedCheck('unit')] })
    const child = pullRequest({ number: 4, stackedOn: 3, mergeable: 'conflicting' })
    const seen: Partial<SessionFacts> = {
      review: { state: 'found', pullRequest: parent, others: [child] },
    }
    const answer = dueReactions(input({ seen }))
    expect(answer.due).toMatchObject([{ cause: 'ci-failed#3' }])
    expect(answer.held).toMatchObject([
      { cause: 'merge-conflicts#4', why: expect.stringContaining('waits for #3') },
    ])
  })

  it('that is gone for a while gives its budget back', () => {
    const known = record(worker(), {
      budgets: {
        'merge-conflicts#3': { used: 2, firstSeenAt: ago(MINUTE), greenSince: ago(MINUTE) },
      },
    })
    const clean = running({ review: review({ mergeable: 'clean' }) })
    const unsure = running({ review: review({ mergeable: 'unknown' }) })
    expect(settleBudgets(known, unsure, NOW.getTime())).toBe(known.budgets)
    expect(settleBudgets(known, clean, NOW.getTime())).toEqual({})
  })
})

describe('escalation', () => {
  const red = { review: review({ checks: 'failing', failed: [failedCheck('unit')] }) }
  const used = { 'ci-failed#3': { used: 2, firstSeenAt: ago(MINUTE) } }

  it('climbs from the agent to the orchestrator to a person', () => {
    const first = { seen: red, known: { budgets: used }, company: LED }
    expect(due(first)).toMatchObject([{ action: 'tellOrchestrator', cause: 'ci-failed#3' }])
    const known = after(first)
    expect(dueReactions(input({ ...first, known })).nextAt).toBe(NOW.getTime() + 30 * MINUTE)
    const budgets = { 'ci-failed#3': { ...used['ci-failed#3'], orchestratorAt: ago(30 * MINUTE) } }
    expect(due({ ...first, known: { ...known, budgets } })).toMatchObject([
      {
        action: 'notify',
        why: 'check unit failed on ccccccc and still stands after 30m with the orchestrator',
      },
    ])
  })

  it('by a count calls somebody after a while where the agent may not have got its message, and only there', () => {
    const object = workerWith('ci-failed', { escalateAfter: 2 })
    const signature = `${HEAD_SHA}:unit`
    const known = (over: object): Partial<SessionRecord> => ({
      handled: { 'ci-failed#3': signature },
      budgets: { 'ci-failed#3': { used: 1, firstSeenAt: ago(90 * MINUTE), ...over } },
    })
    expect(dueReactions(input({ seen: red, object, known: known({}) })).nextAt).toBeUndefined()
    const soon = known({ unheardSince: ago(29 * MINUTE) })
    expect(dueReactions(input({ seen: red, object, known: soon })).nextAt).toBe(
      NOW.getTime() + MINUTE,
    )
    expect(
      due({ seen: red, object, known: known({ unheardSince: ago(30 * MINUTE) }) }),
    ).toMatchObject([
      { action: 'notify', why: expect.stringContaining('may not have got what it was told') },
    ])
    const next = { review: review({ checks: 'failing', failed: [failedCheck('other')] }) }
    expect(due({ seen: next, object, known: soon })[0]?.budget).toEqual({
      used: 2,
      firstSeenAt: ago(90 * MINUTE),
    })
  })

  it('goes straight to a person where nobody leads', () => {
    expect(due({ seen: red, known: { budgets: used } })).toMatchObject([{ action: 'notify' }])
  })

  it('calls the channels that the reaction names', () => {
    const object = workerWith('ci-failed', { retries: 0, notifiers: ['ops'], priority: 'urgent' })
    expect(due({ seen: red, object })).toMatchObject([
      { action: 'notify', notifiers: ['ops'], priority: 'urgent' },
    ])
  })
})

describe('a pull request that was closed', () => {
  it('is told to a person once', () => {
    const seen = { review: review({ state: 'closed' }) }
    expect(due({ seen })).toMatchObject([
      { reaction: 'pr-closed', action: 'notify', signature: HEAD_SHA },
    ])
    expect(due({ seen, known: after({ seen }) })).toEqual([])
  })
})

describe('several pull requests that could be meant', () => {
  const urls = ['https://a.example/3', 'https://a.example/4']
  const both = {
    review: { state: 'ambiguous', numbers: [4, 3], branch: 'ao/app-1', urls },
  } as const
  const told = {
    reaction: 'approved-and-green',
    action: 'notify',
    priority: 'action',
    signature: '3,4',
    text: expect.stringMatching(/#4, #3 .*ao pr claim N app-1 \(https.*\/3, https.*\/4\)/),
    next: 'ao pr claim N app-1',
  }

  it('are told to a person once for each set of them', () => {
    expect(due({ seen: both })).toMatchObject([told])
    const known = after({ seen: both })
    expect(due({ seen: both, known })).toEqual([])
    const third = { review: { ...both.review, numbers: [3, 4, 5] } }
    expect(due({ seen: third, known })).toMatchObject([{ signature: '3,4,5' }])
  })

  it('are told again when it was clear meanwhile, and what was told is over by then', () => {
    const known = record(worker(), after({ seen: both }))
    const cause = due({ seen: both }).map(each => each.cause)
    const unseen = { review: { state: 'unknown', reason: 'x' } } as const
    for (const seen of [both, unseen]) {
      expect(answersAfter(known, running(seen), {})).toBe(known.handled)
      expect(goneCauses(input({ seen, known }), cause)).toEqual([])
    }
    const clear = { review: review({}) }
    expect(answersAfter(known, running(clear), {})).toEqual({})
    expect(goneCauses(input({ seen: clear, known }), cause)).toEqual(cause)
  })

  it('are nobody’s concern while the worker rests', () => {
    const object = worker('app-1', { overrides: { state: 'Suspended' } })
    expect(due({ seen: both, object })).toEqual([])
  })
})

describe('an agent that rests', () => {
  const idle = (ms: number, over: Partial<SessionFacts> = {}): Partial<SessionFacts> => ({
    activity: 'idle',
    lastSignAt: NOW.getTime() - ms,
    ...over,
  })

  it('is asked to go on after the threshold when no pull request is open', () => {
    expect(dueReactions(input({ seen: idle(14 * MINUTE) })).nextAt).toBe(NOW.getTime() + MINUTE)
    expect(due({ seen: idle(15 * MINUTE) })).toMatchObject([
      { reaction: 'agent-idle', action: 'sendToAgent', text: expect.stringContaining('ao/app-1') },
    ])
  })

  it('is left alone while others have the next move', () => {
    const waiting = { review: review({ checks: 'passing' }) }
    expect(due({ seen: idle(60 * MINUTE, waiting) })).toEqual([])
    expect(due({ seen: idle(60 * MINUTE, { review: { state: 'unknown', reason: 'x' } }) })).toEqual(
      [],
    )
  })

  it('is not disturbed while a person types, which the decision log says', () => {
    const seen = idle(60 * MINUTE, { process: alive(1, { personTyping: true }) })
    expect(dueReactions(input({ seen }))).toMatchObject({
      due: [],
      held: [{ reaction: 'agent-idle', why: 'a person is typing' }],
    })
  })
})

describe('an agent that asks', () => {
  it.each(['needs-input', 'needs-permission'] as const)('%s calls a person', activity => {
    const asking = (ms: number): Partial<SessionFacts> => ({
      activity,
      lastSignAt: NOW.getTime() - ms,
    })
    expect(due({ seen: asking(29_000) })).toEqual([])
    expect(due({ seen: asking(30_000) })).toMatchObject([
      { reaction: 'agent-needs-input', action: 'notify', priority: 'urgent' },
    ])
  })
})

describe('an agent that was started', () => {
  it('and never said a word is told of as such, not as stuck', () => {
    const known = launched(1, 'x', ago(20 * MINUTE))
    const seen = { activity: 'unknown', lastSignAt: NOW.getTime() - 20 * MINUTE } as const
    expect(due({ seen, known }).map(({ reaction }) => reaction)).toEqual(['report-no-acknowledge'])
  })
})

describe('a project whose workers are all done', () => {
  const company = { orchestrator: true, workers: ['a', 'b'], done: ['b', 'a'] }
  const object = orchestrator()

  it('is told once for each set of workers', () => {
    const situation = { seen: {}, object, company }
    expect(due(situation)).toMatchObject([
      { reaction: 'all-complete', priority: 'info', signature: 'a,b' },
    ])
    expect(due({ ...situation, known: after(situation) })).toEqual([])
  })

  it('is not while one works on, or where there is none', () => {
    expect(due({ seen: {}, object, company: { ...company, done: ['a'] } })).toEqual([])
    expect(due({ seen: {}, object, company: ALONE })).toEqual([])
  })
})

describe('a message of the manifest', () => {
  it('takes the evidence where it says so, else before it', () => {
    const seen = { review: review({ checks: 'failing', failed: [failedCheck('unit', 'boom')] }) }
    const told = (message: string): string =>
      due({ seen, object: workerWith('ci-failed', { message }) })[0]?.text ?? ''
    expect(told('#{{number}} of {{session}}: {{details}} Be quick.')).toMatch(
      /^#3 of app-1: CI failed[\s\S]*boom[\s\S]* Be quick\.$/,
    )
    expect(told('Look at {{url}}.')).toMatch(/^Look at ao:\/\/app\/pulls\/3\.\n\nCI failed/)
  })

  it('of what people are told stands instead of why', () => {
    const object = workerWith('pr-closed', { message: '{{session}} lost #{{number}}' })
    expect(due({ seen: { review: review({ state: 'closed' }) }, object })).toMatchObject([
      { text: 'app-1 lost #3' },
    ])
  })
})

describe('what lasts too long', () => {
  it('is no longer waited for: a check that runs on hides no failure for ever', () => {
    const pending = review({ checks: 'pending', failed: [failedCheck('unit')] })
    const since = (ms: number): ReactionInput => ({
      ...input({ seen: { review: pending } }),
      since: { [`head:${HEAD_SHA}`]: ago(ms) },
    })
    expect(dueReactions(since(29 * MINUTE))).toEqual({
      due: [],
      held: [],
      nextAt: NOW.getTime() + MINUTE,
    })
    expect(dueReactions(since(30 * MINUTE)).due).toMatchObject([{ reaction: 'ci-failed' }])
  })

  it('ends with a person: an agent that answers as one is not told for ever', () => {
    const budgets = {
      'changes-requested#3': { used: 20, firstSeenAt: ago(MINUTE), escalatedAt: ago(MINUTE) },
    }
    const again = due({ seen: said(thread({ lastId: 'c99' })), known: { budgets } })
    expect(again.map(({ action }) => action)).toEqual(['notify'])
  })

  it('gives applications their time: their budget comes back after a quarter of an hour', () => {
    const quiet = running({ review: review({ checks: 'passing' }) })
    const known = (ms: number): SessionRecord =>
      record(worker(), {
        budgets: {
          'bugbot-comments#3': { used: 2, firstSeenAt: ago(60 * MINUTE), greenSince: ago(ms) },
        },
      })
    const early = known(14 * MINUTE)
    expect(settleBudgets(early, quiet, NOW.getTime())).toBe(early.budgets)
    expect(settleBudgets(known(15 * MINUTE), quiet, NOW.getTime())).toEqual({})
  })
})

describe('a pull request that left the merge queue', () => {
  it('is told to a person once, and not put there again', () => {
    const object = workerWith('approved-and-green', { auto: true })
    const seen = { review: review({ checks: 'passing', approved: true, review: 'approved' }) }
    const left = (known: Partial<SessionRecord>): ReactionInput => ({
      ...input({ seen, object, known }),
      since: { [`queued:${HEAD_SHA}`]: ago(MINUTE) },
    })
    const first = left({ handled: { 'approved-and-green#3': HEAD_SHA } })
    expect(dueReactions(first).due).toMatchObject([
      { action: 'notify', why: expect.stringContaining('left the merge queue') },
    ])
    const told = { handled: { 'approved-and-green#3': `${HEAD_SHA}:left-queue` } }
    expect(dueReactions(left(told)).due).toEqual([])
  })
})

describe('a pull request that was closed again', () => {
  it('is told again', () => {
    const closed = record(worker(), { handled: { 'pr-closed#3': HEAD_SHA } })
    const reopened = running({ review: review({ checks: 'pending' }) })
    expect(answersAfter(closed, reopened, {})).toEqual({})
    const still = running({ review: review({ state: 'closed' }) })
    expect(answersAfter(closed, still, {})).toBe(closed.handled)
  })
})
