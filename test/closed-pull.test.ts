import { describe, expect, it } from 'vitest'

import { advance } from '../src/lifecycle/advance.ts'
import { goneCauses } from '../src/lifecycle/causes.ts'
import type { SessionFacts, SessionView } from '../src/lifecycle/facts.ts'
import type { ReactionInput } from '../src/lifecycle/reaction.ts'
import { dueReactions } from '../src/lifecycle/reactions.ts'
import type { PlannedAction } from '../src/plan/action.ts'
import { planSession } from '../src/plan/session.ts'
import type { Recorded } from '../src/reconcile/record-facts.ts'
import { recordAfterLook } from '../src/reconcile/record-facts.ts'
import type { SessionRecord } from '../src/resource/record.ts'
import { isAccomplished } from '../src/resource/record.ts'
import type { SessionSpec } from '../src/resource/spec.ts'
import { checkConditions } from '../src/status/invariants.ts'
import { sessionConditions } from '../src/status/session.ts'
import {
  ALONE,
  BASE_SHA,
  GONE,
  HEAD_SHA,
  NOW,
  NO_WORK,
  OURS,
  ago,
  facts,
  launched,
  orchestrator,
  planInput,
  projectSpec,
  record,
  review,
  running,
  worker,
} from './support/builders.ts'

const MINUTE = 60_000
const closedPull = review({ state: 'closed' })
const project = projectSpec({ cleanup: { grace: '10m' } })
/** First seen closed three minutes ago. */
const closing = { number: 3, at: ago(3 * MINUTE), until: ago(-7 * MINUTE) }
const WORDS = 'pull request #3 was closed unmerged; cleaned up at 2026-01-02T03:11:05Z unless'
const OUTCOME = {
  state: 'Closed',
  at: ago(MINUTE),
  pullRequest: 3,
  pullRequestUrl: 'ao://app/pulls/3',
  preserved: [],
} as const
/** It had ended by itself before it was cleaned up. */
const ended = {
  outcome: OUTCOME,
  lastExit: { attempt: 1, at: ago(2 * MINUTE), reason: 'Exited', exitCode: 0 },
} as const
/** What cleaning up leaves of it where origin has its branch. */
const cleaned = facts({ review: closedPull })

interface Given {
  readonly seen?: SessionFacts
  readonly known?: Partial<SessionRecord>
  readonly spec?: Partial<SessionSpec>
  readonly object?: SessionView['object']
}

function viewOf({
  seen = running({ review: closedPull }),
  known = {},
  ...more
}: Given): SessionView {
  const object = more.object ?? worker('app-1', { spec: more.spec ?? {} })
  return { object, record: record(object, { ...launched(1, 'adopted'), ...known }), facts: seen }
}

function after(given: Given, minutes = 0): Recorded {
  return recordAfterLook(viewOf(given), new Date(NOW.getTime() + minutes * MINUTE), { project })
}

const reasons = ({ events }: Recorded): readonly string[] => events.map(({ reason }) => reason)

describe('a pull request that is closed', () => {
  it('is written down when it is first seen, with the moment until which it may be opened again', () => {
    const first = after({})
    expect(first.record.pullRequestClosed).toEqual({
      number: 3,
      at: ago(0),
      until: ago(-10 * MINUTE),
    })
    expect(first.events).toMatchObject([
      { reason: 'PullRequestClosed', type: 'Warning', cause: 'pr-closed#3' },
    ])
    expect(first.events[0]?.message).toContain('cleaned up at 2026-01-02T03:14:05Z unless')
    const second = after({ known: first.record }, 1)
    expect([second.changed, reasons(second)]).toEqual([false, []])
  })

  it('goes by the grace of now, and by itself: another number or a clock that was set back begins anew', () => {
    const known = { pullRequestClosed: closing }
    const shorter = projectSpec({ cleanup: { grace: '4m' } })
    const { record: short } = recordAfterLook(viewOf({ known }), NOW, { project: shorter })
    expect(short.pullRequestClosed).toEqual({ ...closing, until: ago(-MINUTE) })
    const other = after({
      known,
      seen: running({ review: review({ state: 'closed', number: 4 }) }),
    })
    expect(other.record.pullRequestClosed).toMatchObject({ number: 4, at: ago(0) })
    const future = { pullRequestClosed: { ...closing, at: ago(-MINUTE) } }
    expect(after({ known: future }).record.pullRequestClosed).toMatchObject({ at: ago(0) })
  })

  it.each([
    ['open again', review(), ['PullRequestReopened']],
    ['a draft by now', review({ state: 'draft' }), ['PullRequestReopened']],
    ['merged after all', review({ state: 'merged' }), ['Done']],
    ['another’s by a claim', { state: 'none' }, []],
    ['of another branch', review({ state: 'closed', headBranch: 'fix/it' }), []],
  ] as const)('is forgotten when it is %s', (_what, seen, told) => {
    const late = { pullRequestClosed: { ...closing, until: ago(MINUTE) } }
    const { record: known, ...rest } = after({ known: late, seen: running({ review: seen }) })
    expect(known).not.toHaveProperty('pullRequestClosed')
    expect(reasons({ record: known, ...rest })).toEqual(told)
    expect(known.outcome?.state).not.toBe('Closed')
  })

  it('ends nothing as long as nobody can look', () => {
    const unknown = running({ review: { state: 'unknown', reason: 'offline' } })
    const late = { pullRequestClosed: { ...closing, until: ago(MINUTE) } }
    expect(after({ known: late, seen: unknown })).toMatchObject({ changed: false, events: [] })
  })

  it('ends nothing before it was seen closed when the grace was over', () => {
    const late = { pullRequestClosed: { ...closing, until: ago(MINUTE) } }
    const seenAt = (minutesAgo: number): SessionFacts =>
      running({ review: review({ state: 'closed', asOf: NOW.getTime() - minutesAgo * MINUTE }) })
    const short = projectSpec({ cleanup: { grace: '2m' } })
    const stateAt = (minutesAgo: number): string | undefined =>
      recordAfterLook(viewOf({ known: late, seen: seenAt(minutesAgo) }), NOW, { project: short })
        .record.outcome?.state
    expect([stateAt(2), stateAt(1), stateAt(0)]).toEqual([undefined, 'Closed', 'Closed'])
  })

  it.each([
    ['a worker that is to be kept', { spec: { onPullRequestClosed: 'keep' } }],
    ['one that is done when it says so', { spec: { doneWhen: 'reported' } }],
    ['one that is done when it exits', { spec: { doneWhen: 'exited' } }],
    ['an orchestrator', { object: orchestrator() }],
    ['one that is being deleted', { object: worker('app-1', { deletionTimestamp: ago(0) }) }],
  ] as const)('is not the end of %s', (_whom, given) => {
    const { record: known } = after(given, 60)
    expect([known.pullRequestClosed, known.outcome]).toEqual([undefined, undefined])
  })

  it('ends its worker after the grace, which is not done by that', () => {
    const end = after({ known: { pullRequestClosed: closing } }, 7)
    expect(end.record.outcome).toMatchObject({ state: 'Closed', pullRequest: 3 })
    expect(end.record).not.toHaveProperty('pullRequestClosed')
    expect(reasons(end)).toEqual(['Closed'])
    expect(isAccomplished(end.record.outcome)).toBe(false)
  })
})

describe('an end by a closed pull request', () => {
  it('is withdrawn when that is opened again, and what was ended is to run again', () => {
    const back = after({ known: ended, seen: facts({ review: review() }) })
    expect(back.record).not.toHaveProperty('outcome')
    expect(back.record).toMatchObject({ reopened: 3, lastExit: { attempt: 1, reason: 'Stopped' } })
    expect(back.events).toMatchObject([
      { reason: 'PullRequestReopened', message: 'Pull request #3 is open again: app-1 goes on' },
    ])
  })

  it('is withdrawn while the agent still lives, which goes on', () => {
    const seen = running({ review: review() })
    const back = after({ known: { outcome: OUTCOME }, seen })
    expect(back.record).not.toHaveProperty('outcome')
    expect(back.record).not.toHaveProperty('lastExit')
  })

  it('stands as long as nobody can look, or its worker is being deleted', () => {
    const process = { state: 'unknown', reason: 'no tmux' } as const
    const known = ended
    expect(after({ known, seen: facts({ review: review(), process }) }).changed).toBe(false)
    const blind = facts({ review: { state: 'unknown', reason: 'offline' } })
    expect(after({ known, seen: blind }).changed).toBe(false)
    const object = worker('app-1', { deletionTimestamp: ago(0) })
    expect(after({ known, object, seen: facts({ review: review() }) }).changed).toBe(false)
  })

  it('gives way to a merge', () => {
    const merged = facts({ review: review({ state: 'merged', mergeSha: HEAD_SHA }) })
    const end = after({ known: ended, seen: merged })
    expect(end.record.outcome).toMatchObject({ state: 'Merged', mergeSha: HEAD_SHA })
    expect(reasons(end)).toEqual(['Done'])
  })
})

function planOf(given: Given): PlannedAction {
  return planSession(planInput(viewOf(given), { project }))
}

describe('the plan of a worker whose pull request is closed', () => {
  it('lets everything go on until the grace is over, and looks again then', () => {
    expect(planOf({ known: { pullRequestClosed: closing } })).toMatchObject({
      action: 'unchanged',
      code: 'Grace',
      reason: `${WORDS} it is reopened`,
      retryAfterMs: 7 * MINUTE,
      steps: [],
    })
    const seen = running({ review: closedPull, process: GONE })
    const restarted = planOf({ known: { pullRequestClosed: closing }, seen })
    expect(restarted.action).not.toBe('unchanged')
    expect(restarted.retryAfterMs).toBeLessThanOrEqual(7 * MINUTE)
  })

  it.each([
    ['goes where origin has it', { ...OURS, originSha: HEAD_SHA }, false],
    ['goes where origin has another state of it', { ...OURS, originSha: BASE_SHA }, false],
    ['stays where it is nowhere else', OURS, true],
  ] as const)('cleans up: its branch %s', (_how, branch, keepBranch) => {
    const seen = running({ review: closedPull, branch, risk: NO_WORK, activity: 'idle' })
    const action = planOf({ known: { outcome: OUTCOME }, seen })
    expect(action).toMatchObject({
      action: 'update',
      code: 'Closed',
      reason: 'closed; cleaning up',
    })
    expect(action.steps).toMatchObject([
      { step: 'session.stop' },
      { step: 'workspace.preserve' },
      { step: 'workspace.remove' },
      { step: 'branch.delete', keepBranch },
    ])
  })

  it('leaves an agent that works the grace, as after a merge', () => {
    const seen = running({ review: closedPull, risk: NO_WORK, activity: 'working' })
    const action = planOf({ known: { outcome: OUTCOME }, seen })
    expect(action).toMatchObject({ code: 'Grace', retryAfterMs: 9 * MINUTE })
    expect(action.reason).toMatch(/^closed; its agent still works/)
  })

  it('takes up again what origin has, in a new attempt', () => {
    const left = {
      state: 'left',
      where: 'reopened',
      sha: HEAD_SHA,
      baseSha: BASE_SHA,
      ref: 'refs/ao/kept/app-1/uid-app-',
    } as const
    const lastExit = { attempt: 1, at: ago(0), reason: 'Stopped' } as const
    const seen = facts({ review: review(), branch: left })
    const action = planOf({ known: { reopened: 3, lastExit, baseSha: BASE_SHA }, seen })
    expect(action).toMatchObject({
      action: 'resume',
      reason: 'pull request #3 is open; a new attempt on its branch',
    })
    expect(action.details[0]).toEqual(['branch', 'ao/app-1 at ccccccc, as origin has it'])
    expect(action.steps).toMatchObject([
      { step: 'branch.create', left: { where: 'reopened', sha: HEAD_SHA } },
      { step: 'workspace.add' },
      { step: 'workspace.populate' },
      { step: 'workspace.prepare' },
      { step: 'session.start', attempt: 2 },
    ])
  })
})

function conditionsOf(given: Given): ReturnType<typeof sessionConditions> {
  return sessionConditions({
    view: viewOf(given),
    action: planOf(given),
    failure: undefined,
    agentReports: true,
    stuck: false,
  })
}

describe('what is told of a worker whose pull request is closed', () => {
  it.each([
    ['in the grace', { known: { pullRequestClosed: closing } }, `${WORDS} it is reopened`],
    [
      'when it is over',
      { known: { outcome: OUTCOME }, seen: cleaned },
      'pull request #3 was closed unmerged; reopen it to go on, or ao delete Worker/app-1',
    ],
    [
      'where it is kept',
      { spec: { onPullRequestClosed: 'keep' } },
      'pull request #3 was closed unmerged; ao delete Worker/app-1, or open another',
    ],
  ] as const)('%s is that a person is needed', (_when, given, message) => {
    const conditions = conditionsOf(given)
    const said = conditions.map(each => ({ ...each, lastTransitionTime: ago(0) }))
    expect(checkConditions(said, 1, 1)).toEqual([])
    expect(conditions.slice(0, 2)).toMatchObject([
      { type: 'Ready', status: 'False', reason: 'ClosedByUser', message },
      { type: 'Stalled', status: 'True', reason: 'ClosedByUser', message },
    ])
  })

  it('is told also of one that rests, and beside what else is the matter', () => {
    const spec = { state: 'Suspended' } as const
    const known = { pullRequestClosed: closing }
    const seen = facts({ review: closedPull, branch: OURS })
    const conditions = conditionsOf({ spec, known, seen })
    expect(conditions[0]?.message).toContain(`; ${WORDS}`)
    const open = conditions.find(({ type }) => type === 'PullRequestOpen')
    expect(open?.message).toMatch(/^#3; cleaned up at .* unless it is reopened$/)
  })

  it('asks a person, once, with what will happen, also after it happened', () => {
    const about = (given: Given): ReactionInput => ({
      ...viewOf(given),
      company: ALONE,
      since: {},
      now: NOW.getTime(),
    })
    const due = (given: Given): readonly string[] =>
      dueReactions(about(given)).due.map(({ reaction, why }) => `${reaction}: ${why}`)
    const what = 'pr-closed: pull request #3 was closed without being merged'
    const known = { pullRequestClosed: closing }
    expect(due({ known })).toEqual([
      `${what}; cleaned up at 2026-01-02T03:11:05Z unless it is reopened`,
    ])
    expect(due({ known: { outcome: OUTCOME }, seen: cleaned })).toEqual([what])
    const handled = { 'pr-closed#3': HEAD_SHA }
    expect(due({ known: { outcome: OUTCOME, handled }, seen: cleaned })).toEqual([])
    const causes = ['pr-closed#3', 'ci-failed#3']
    expect(goneCauses(about({ known: { outcome: OUTCOME }, seen: cleaned }), causes)).toEqual([
      'ci-failed#3',
    ])
  })

  it('is a state of its own in the chart, which it leaves again without surprise', () => {
    const base = { company: ALONE, since: {}, now: NOW.getTime(), waiting: false, reacting: true }
    const previous = { session: { alive: 'working' }, review: 'closed' }
    const closed = advance({
      ...viewOf({ known: { outcome: OUTCOME }, seen: cleaned }),
      ...base,
      previous,
    })
    expect(closed).toMatchObject({ value: { session: 'closed' }, unexpected: undefined })
    const lastExit = { attempt: 1, at: ago(0), reason: 'Stopped' } as const
    const view = viewOf({ known: { reopened: 3, lastExit }, seen: facts({ review: review() }) })
    const back = advance({ ...view, ...base, previous: closed.value })
    expect(back).toMatchObject({ value: { session: 'starting' }, unexpected: undefined })
  })
})
