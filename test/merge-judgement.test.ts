import { describe, expect, it } from 'vitest'

import type { PullRequestFact, ThreadFact } from '../src/lifecycle/facts.ts'
import {
  isMergeable,
  machinesMove,
  obstacleTo,
  reservationOf,
} from '../src/lifecycle/merge-judgement.ts'
import { mergeRefused } from '../src/lifecycle/reaction-merge.ts'
import type { DueReaction, ReactionInput } from '../src/lifecycle/reaction.ts'
import { dueReactions } from '../src/lifecycle/reactions.ts'
import { reviewSince } from '../src/lifecycle/since.ts'
import { pullRequestFact } from '../src/observe/pull-request.ts'
import type { CheckResult, PullRequest } from '../src/plugins/scm.ts'
import type { MergePolicy } from '../src/resource/spec.ts'
import type { Failure } from '../src/status/condition.ts'
import {
  ALONE,
  BASE_SHA,
  HEAD_SHA,
  NOW,
  ago,
  pullRequest,
  reactionsWith,
  record,
  running,
  worker,
} from './support/builders.ts'

const MINUTE = 60_000
const GREEN = { checks: 'passing', review: 'approved', approved: true } as const
const CAUSE = 'approved-and-green#3'

function thread(id: string, isBot: boolean): ThreadFact {
  const comments = [{ author: 'ann', body: 'Why?' }]
  return { id, path: 'a.ts', line: 1, url: undefined, isBot, lastId: id, comments }
}

function judged(
  over: Partial<PullRequestFact>,
  policy: Partial<MergePolicy> = {},
  more: {
    readonly handled?: Readonly<Record<string, string>>
    readonly since?: Readonly<Record<string, string>>
    readonly state?: 'Running' | 'Suspended'
  } = {},
): ReactionInput {
  const reactions = reactionsWith('approved-and-green', { auto: true, ...policy })
  const object = worker('app-1', { spec: { reactions, state: more.state ?? 'Running' } })
  const seen = { state: 'found', pullRequest: pullRequest(over), others: [] } as const
  return {
    object,
    record: record(object, { handled: more.handled ?? {} }),
    facts: running({ review: seen }),
    company: ALONE,
    since: more.since ?? {},
    now: NOW.getTime(),
  }
}

function answersOf(about: ReactionInput): readonly DueReaction[] {
  return dueReactions(about).due.filter(({ reaction }) => reaction === 'approved-and-green')
}

describe('the word of a person that nobody answered', () => {
  const policies = [{ require: 'approval' }, { require: 'label' }, { require: 'none' }] as const

  it.each(policies)('holds the merge, whatever else is asked for: %j', policy => {
    const ready = { ...GREEN, labels: ['automerge'] }
    const threads = [thread('t1', false), thread('t2', true)]
    expect(answersOf(judged(ready, policy))).toMatchObject([{ action: 'merge' }])
    const open = judged({ ...ready, threads }, policy)
    expect(answersOf(open)).toEqual([])
    expect(dueReactions(open).held).toContainEqual({
      reaction: 'approved-and-green',
      cause: CAUSE,
      why: expect.stringContaining('green, but 1 comment waits for an answer'),
    })
    expect(isMergeable(open, pullRequest({ ...ready, threads }))).toBe(false)
  })

  it('is no application’s', () => {
    const threads = [thread('t1', true)]
    expect(answersOf(judged({ ...GREEN, threads }))).toMatchObject([{ action: 'merge' }])
    expect(obstacleTo(judged({}), pullRequest({ checks: 'passing', threads }))).toBe(
      '1 comment waits for an answer',
    )
  })
})

describe('what is ready', () => {
  it.each([
    [{ touchesManifests: ['.ao/a.yaml'] }, {}, 'Running', 'it changes ".ao/a.yaml"'],
    [{}, { auto: false }, 'Running', 'approved-and-green.auto is false'],
    [{ touchesManifests: ['.ao/a.yaml'] }, {}, 'Suspended', 'it changes ".ao/a.yaml"'],
  ] as const)('is a person’s to merge: %j %j %s', (over, policy, state, why) => {
    const about = judged({ ...GREEN, ...over }, policy, { state })
    expect(answersOf(about)).toMatchObject([
      { action: 'notify', why: expect.stringContaining(why) },
    ])
  })

  it.each([
    [{}, 'Suspended', 'app-1 is suspended'],
    [{ stackedOn: 2 }, 'Running', 'it is built on #2'],
  ] as const)('rests, and nobody is called: %j %s', (over, state, why) => {
    const about = judged({ ...GREEN, ...over }, {}, { state })
    expect(answersOf(about)).toEqual([])
    expect(dueReactions(about).held).toMatchObject([{ why: expect.stringContaining(why) }])
    expect(reservationOf(about, pullRequest(over))?.isPersons).toBe(false)
  })
})

describe('checks of the head', () => {
  const check = (name: string, over: Partial<CheckResult> = {}): CheckResult => ({
    name,
    sha: HEAD_SHA,
    state: 'success',
    required: true,
    ...over,
  })
  const factOf = (...checks: readonly CheckResult[]): PullRequestFact => {
    const pull: PullRequest = {
      number: 3,
      url: 'https://forge.test/acme/app/pull/3',
      title: 'A change',
      body: '',
      state: 'open',
      draft: false,
      author: 'operator',
      head: { branch: 'ao/app-1', sha: HEAD_SHA, foreign: false },
      base: { branch: 'main', sha: BASE_SHA },
      checks,
      reviews: [],
      threads: [],
      comments: [],
      labels: [],
      approvals: { have: 1, need: 1 },
      reviewDecision: 'approved',
      mergeable: 'clean',
      queued: false,
      createdAt: ago(0),
      touched: [],
    }
    return pullRequestFact(pull, [])
  }
  const optional = { required: false } as const

  it.each([
    ['passing', [check('test', { state: 'skipped' })]],
    ['passing', [check('test'), check('docs', { state: 'skipped' })]],
    ['passing', [check('test'), check('soak', { ...optional, state: 'running' })]],
    ['passing', [check('test'), check('lint', { ...optional, state: 'failure' })]],
    ['pending', [check('test', { state: 'cancelled' })]],
    ['pending', [check('test', { state: 'failure' }), check('lint', { state: 'running' })]],
    ['failing', [check('test', { state: 'failure' }), check('docs', { state: 'skipped' })]],
    // Nobody knows which of them matter.
    ['pending', [check('soak', { ...optional, state: 'running' })]],
    ['none', [check('docs', { ...optional, state: 'skipped' })]],
    ['none', [check('test', { sha: BASE_SHA })]],
  ] as const)('are %s: %j', (verdict, checks) => {
    expect(factOf(...checks).checks).toBe(verdict)
  })

  it.each([
    [
      [check('test', { state: 'pending', unreported: true })],
      'check test, which has not reported yet',
    ],
    [[check('test', { state: 'cancelled' })], 'check test, which was cancelled'],
    [
      [check('a\u001B[31m"b"\n', { state: 'pending', unreported: true })],
      `check "a'b'", which has not reported yet`,
    ],
  ] as const)(
    'that nobody is at are named, and a person is called in the end: %j',
    (checks, words) => {
      const fact = factOf(...checks)
      expect(obstacleTo(judged({}), fact)).toBe(`waits for required ${words}`)
      // Also before anybody approves: reviewers wait for them, too.
      expect(machinesMove(judged({}), { ...fact, approved: false })).toContain(words)
    },
  )

  it('that run are waited for, and nobody is called before all else is there', () => {
    const fact = factOf(check('test', { state: 'running' }), check('lint', { state: 'cancelled' }))
    expect(obstacleTo(judged({}), fact)).toBe('waiting for checks')
    expect(machinesMove(judged({}), { ...fact, approved: false })).toBeUndefined()
    expect(machinesMove(judged({}), fact)).toBe('waiting for checks')
  })
})

describe('machines that do not get on', () => {
  const unknown = { ...GREEN, mergeable: 'unknown' } as const
  const waits = `waits:${HEAD_SHA}`

  it('are a person’s concern after `escalateAfter`, once for each head', () => {
    const policy = { escalateAfter: '10m' }
    const early = judged(unknown, policy, { since: { [waits]: ago(9 * MINUTE) } })
    expect(dueReactions(early)).toMatchObject({ due: [], nextAt: NOW.getTime() + MINUTE })
    const since = { [waits]: ago(10 * MINUTE) }
    const [told, ...rest] = answersOf(judged(unknown, policy, { since }))
    expect(rest).toEqual([])
    expect(told).toMatchObject({
      action: 'notify',
      cause: 'merge-waits#3',
      signature: HEAD_SHA,
      why: 'pull request #3 does not get on: not known yet whether it merges cleanly, and that for 10m',
      next: 'ao pr view 3 --project app',
    })
    const handled = { 'merge-waits#3': HEAD_SHA }
    expect(answersOf(judged(unknown, policy, { since, handled }))).toEqual([])
    // What was told of waiting stands in the way of nothing.
    expect(answersOf(judged(GREEN, policy, { since, handled }))).toMatchObject([
      { action: 'merge' },
    ])
  })

  it.each([
    [{ ...unknown, checks: 'failing' }, 'Running'],
    [{ ...unknown, review: 'changes-requested' }, 'Running'],
    [{ ...unknown, threads: [thread('t1', false)] }, 'Running'],
    [{ ...unknown, state: 'draft' }, 'Running'],
    [{ ...unknown, queued: true }, 'Running'],
    [{ ...unknown, approved: false }, 'Running'],
    [{ ...GREEN, mergeable: 'conflicting' }, 'Running'],
    [unknown, 'Suspended'],
  ] as const)('are not what it waits for, where it is somebody’s move: %j %s', (over, state) => {
    const since = { [waits]: ago(60 * MINUTE) }
    const about = judged(over, {}, { state, since })
    expect(machinesMove(about, pullRequest(over))).toBeUndefined()
    expect(answersOf(about)).toEqual([])
  })

  it('have been at it since they were first seen so, through restarts and silence of the forge', () => {
    const { object, facts } = judged(unknown)
    const known = { [waits]: ago(MINUTE), [`head:${HEAD_SHA}`]: ago(MINUTE) }
    expect(reviewSince({ object, facts }, known, NOW.getTime())).toEqual(known)
    const silent = { ...facts, review: { state: 'unknown', reason: 'no answer' } as const }
    expect(reviewSince({ object, facts: silent }, known, NOW.getTime())).toEqual(known)
    const { facts: ready } = judged(GREEN)
    expect(reviewSince({ object, facts: ready }, known, NOW.getTime())).not.toHaveProperty([waits])
  })
})

describe('a merge that was refused', () => {
  const failure: Omit<Failure, 'count'> = {
    code: 'Conflict',
    message: 'squash is off',
    retryable: false,
  }
  const tell = (
    handled: Readonly<Record<string, string>>,
    over: Partial<typeof failure> = {},
    head = HEAD_SHA,
  ): DueReaction | undefined => {
    const about = judged({ ...GREEN, headSha: head }, {}, { handled })
    const [due] = answersOf(about)
    return due?.action === 'merge' ? mergeRefused(about, due, { ...failure, ...over }) : undefined
  }

  it('is told once for each reason that a head gets, and is due all the same', () => {
    const first = tell({})
    expect(first).toMatchObject({
      action: 'notify',
      cause: CAUSE,
      why: 'merging pull request #3 was refused: squash is off',
    })
    const handled = { [CAUSE]: first?.signature ?? '' }
    expect(tell(handled)).toBeUndefined()
    const second = tell(handled, { message: 'not by you' })
    expect(second?.why).toContain('not by you')
    const both = { [CAUSE]: second?.signature ?? '' }
    expect(tell(both)).toBeUndefined()
    expect(tell(both, { message: 'not by you' })).toBeUndefined()
    expect(tell(both, {}, BASE_SHA)?.why).toContain('squash is off')
    expect(answersOf(judged(GREEN, {}, { handled: both }))).toMatchObject([{ action: 'merge' }])
  })

  it('is no news while trying again may mend it', () => {
    expect(tell({}, { retryable: true })).toBeUndefined()
  })
})
