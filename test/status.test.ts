import { describe, expect, it } from 'vitest'

import type { SessionFacts } from '../src/lifecycle/facts.ts'
import { launchDigest } from '../src/plan/launch.ts'
import { planSession } from '../src/plan/session.ts'
import type {
  Condition,
  ConditionStatus,
  ConditionType,
  Reason,
} from '../src/resource/conditions.ts'
import { REASONS, findCondition } from '../src/resource/conditions.ts'
import type { SessionRecord } from '../src/resource/record.ts'
import type { DesiredSession } from '../src/resource/spec.ts'
import type { Failure, SessionConditionsInput } from '../src/status/condition.ts'
import { checkConditions } from '../src/status/invariants.ts'
import { sessionConditions } from '../src/status/session.ts'
import { standingOf } from '../src/status/wait.ts'
import {
  GONE,
  HEAD_SHA,
  NOW,
  NO_WORK,
  OURS,
  ago,
  alive,
  exited,
  facts,
  failedCheck,
  launched,
  orchestrator,
  planInput,
  prepared,
  record,
  review,
  running,
  worker,
} from './support/builders.ts'

function conditionsOf(
  seen: SessionFacts,
  known: Partial<SessionRecord> = {},
  over: Partial<SessionConditionsInput> & { readonly object?: DesiredSession } = {},
): readonly Omit<Condition, 'lastTransitionTime'>[] {
  const { object = worker(), ...about } = over
  const before = record(object, { ...launched(1, launchDigest(object)), ...known })
  const view = { object, record: before, facts: seen }
  const action = planSession(planInput(view))
  return sessionConditions({
    view,
    action,
    failure: undefined,
    agentReports: true,
    stuck: false,
    ...about,
  })
}

/** The conditions as short words, such as `Ready=False/Waiting`. */
function words(
  conditions: readonly Omit<Condition, 'lastTransitionTime'>[],
  ...types: ConditionType[]
): readonly string[] {
  return types.flatMap(type =>
    conditions
      .filter(condition => condition.type === type)
      .map(({ status, reason }) => `${type}=${status}/${reason}`),
  )
}

const SUMMARY = ['Ready', 'Reconciling', 'Stalled', 'Suspended'] as const
const failure: Failure = {
  code: 'Unreachable',
  message: 'no answer',
  retryable: true,
  count: 1,
}
const merged = {
  state: 'Merged',
  at: ago(1),
  pullRequest: 3,
  mergeSha: HEAD_SHA,
  preserved: [],
} as const
const suspended = worker('app-1', { overrides: { state: 'Suspended' } })
const leaving = worker('app-1', { deletionTimestamp: ago(1) })

describe('what a session’s Ready says', () => {
  it.each([
    ['runs', running(), {}, {}, ['Ready=True/Running']],
    [
      'is made',
      facts(),
      { launches: [], attempt: 0 },
      {},
      ['Ready=False/Progressing', 'Reconciling=True/Progressing'],
    ],
    [
      'can’t be looked at',
      running({ process: { state: 'unknown', reason: 'no server' } }),
      {},
      {},
      ['Ready=False/RuntimeUnknown', 'Reconciling=True/RuntimeUnknown'],
    ],
    [
      'is in the way of another',
      running({ process: { state: 'foreign', handle: '%1' } }),
      {},
      {},
      ['Ready=False/NameTaken', 'Stalled=True/NameTaken'],
    ],
    [
      'failed and is tried again',
      running(),
      {},
      { failure },
      ['Ready=False/ProgressingWithRetry', 'Reconciling=True/ProgressingWithRetry'],
    ],
    [
      'failed for good',
      running(),
      {},
      { failure: { ...failure, code: 'BranchTaken', retryable: false } },
      ['Ready=False/BranchTaken', 'Stalled=True/BranchTaken'],
    ],
    [
      'failed with a code that is no reason',
      running(),
      {},
      { failure: { ...failure, code: 'Internal', retryable: false } },
      ['Ready=False/Failed', 'Stalled=True/Failed'],
    ],
    [
      'is to be suspended',
      running(),
      {},
      { object: suspended },
      ['Ready=False/Suspending', 'Reconciling=True/Suspending'],
    ],
    [
      'is suspended',
      running({ process: GONE }),
      {},
      { object: suspended },
      ['Ready=True/Suspended', 'Suspended=True/Suspended'],
    ],
    [
      'waits for its pause',
      running({ process: GONE }),
      { restarts: 2, lastExit: { attempt: 1, at: ago(1), reason: 'ProcessGone' } },
      {},
      ['Ready=False/CrashLoopBackOff', 'Reconciling=True/CrashLoopBackOff'],
    ],
    [
      'ended too early',
      running({ process: exited(1, { exitCode: 0 }) }),
      {},
      {},
      ['Ready=False/ExitedBeforeDone', 'Stalled=True/ExitedBeforeDone'],
    ],
    [
      'has two pull requests',
      running({ review: { state: 'ambiguous', numbers: [3, 4] } }),
      {},
      {},
      ['Ready=False/AmbiguousPullRequest', 'Stalled=True/AmbiguousPullRequest'],
    ],
    [
      'had its pull request closed',
      running({ review: review({ state: 'closed' }) }),
      {},
      {},
      ['Ready=False/ClosedByUser', 'Stalled=True/ClosedByUser'],
    ],
    [
      'is done',
      running({ process: GONE, risk: { state: 'none' } }),
      { outcome: merged },
      {},
      ['Ready=True/Done'],
    ],
    [
      'is being deleted',
      running({ risk: NO_WORK }),
      {},
      { object: leaving },
      ['Ready=False/Deleting', 'Reconciling=True/Deleting'],
    ],
    [
      'can’t be deleted',
      running({ risk: { ...NO_WORK, nested: ['lib'] } as typeof NO_WORK }),
      {},
      { object: leaving },
      ['Ready=False/NestedRepository', 'Stalled=True/NestedRepository'],
    ],
    [
      'failed to be deleted',
      running({ risk: NO_WORK }),
      {},
      { object: leaving, failure },
      ['Ready=False/ProgressingWithRetry', 'Reconciling=True/ProgressingWithRetry'],
    ],
  ] as const)('when it %s', (_what, seen, known, over, expected) => {
    const conditions = conditionsOf(seen, known, over)
    expect(words(conditions, ...SUMMARY)).toEqual(expected)
    const stamped = conditions.map(condition => ({
      ...condition,
      lastTransitionTime: NOW.toISOString(),
    }))
    expect(checkConditions(stamped, 1, 1)).toEqual([])
  })

  const messageOf = (conditions: ReturnType<typeof conditionsOf>): string =>
    conditions.find(condition => condition.type === 'Ready')?.message ?? ''

  it('tells how often it was tried, and the command that lifts an obstacle', () => {
    expect(messageOf(conditionsOf(running(), {}, { failure }))).toBe('no answer; tried once')
    expect(messageOf(conditionsOf(running(), {}, { failure: { ...failure, count: 3 } }))).toBe(
      'no answer; tried 3 times',
    )
    expect(
      messageOf(conditionsOf(running({ workspace: { state: 'foreign', path: '/w', owner: 'x' } }))),
    ).toBe('/w is in use by x; unblock: move /w away')
  })

  it.each([
    [{}, '#3: waiting for checks'],
    [{ checks: 'failing' }, '#3: checks are failing'],
    [{ review: 'changes-requested' }, '#3: changes requested'],
    [
      { review: 'changes-requested', answered: true, checks: 'passing' },
      '#3: requested changes are answered, waiting for review',
    ],
    [{ review: 'changes-requested', answered: true }, '#3: waiting for checks'],
    [{ mergeable: 'conflicting' }, '#3: conflicts with its base'],
    [{ checks: 'passing' }, '#3: waiting for review'],
    [{ checks: 'passing', approved: true }, '#3: approved'],
    [{ state: 'merged' }, '#3 merged'],
  ] as const)('tells how the pull request stands: %j', (over, message) => {
    expect(messageOf(conditionsOf(running({ review: review(over) })))).toBe(message)
  })

  it('tells who suspended it and that it is silent', () => {
    expect(messageOf(conditionsOf(running({ process: GONE }), {}, { object: suspended }))).toBe(
      'ao resume app-1 lets it run again',
    )
    const declared = worker('app-1', { spec: { state: 'Suspended' } })
    expect(messageOf(conditionsOf(running({ process: GONE }), {}, { object: declared }))).toBe(
      'suspended by its manifest',
    )
    expect(messageOf(conditionsOf(running(), {}, { stuck: true }))).toBe(
      'running, but gives no sign of life',
    )
  })

  it('of a done worker tells why it is not cleaned up', () => {
    const done = (
      over: Partial<SessionFacts>,
      about: Partial<SessionConditionsInput> = {},
      outcome: SessionRecord['outcome'] = merged,
    ): string =>
      messageOf(
        conditionsOf(
          running({ process: GONE, risk: NO_WORK, ...over }),
          outcome === undefined ? {} : { outcome },
          about,
        ),
      )
    expect(done({})).toBe('merged #3 as ccccccc')
    expect(done({ risk: { ...NO_WORK, nested: ['lib'] } as typeof NO_WORK })).toContain(
      'unblock: move lib away',
    )
    expect(done({}, { failure })).toBe('merged #3 as ccccccc; cleaning up failed: no answer')
    expect(done({}, {}, { state: 'Merged', at: ago(1), preserved: [] })).toBe('merged as ?')
    expect(done({}, {}, { state: 'Exited', at: ago(1), preserved: [] })).toBe('done: Exited')
  })
})

describe('the other conditions of a session', () => {
  it('say why merging failed, with the command that comes next', () => {
    const mergeFailure = 'main is checked out at /repos/app; git switch another'
    const seen = conditionsOf(running({ review: review({}) }), {}, { mergeFailure })
    expect(seen.find(({ type }) => type === 'Merged')).toMatchObject({
      status: 'False',
      reason: 'MergeFailed',
      message: mergeFailure,
    })
    expect(words(conditionsOf(running({ review: review({}) })), 'Merged')).toEqual([
      'Merged=False/NotMerged',
    ])
  })

  it.each([
    [{ state: 'absent' }, 'WorkspaceReady=False/Waiting'],
    [{ state: 'partial', path: '/w' }, 'WorkspaceReady=False/Preparing'],
    [{ state: 'added', path: '/w', branch: 'b' }, 'WorkspaceReady=False/Preparing'],
    [{ state: 'populated', path: '/w', branch: 'b' }, 'WorkspaceReady=False/Preparing'],
    [prepared(), 'WorkspaceReady=True/Succeeded'],
    [{ state: 'gone', path: '/w' }, 'WorkspaceReady=False/DirectoryMissing'],
    [{ state: 'foreign', path: '/w', owner: 'x' }, 'WorkspaceReady=False/PathTaken'],
    [{ state: 'unknown', reason: '?' }, 'WorkspaceReady=Unknown/RepositoryUnknown'],
  ] as const)('tell of the workspace: %j is %s', (workspace, expected) => {
    expect(words(conditionsOf(running({ workspace })), 'WorkspaceReady')).toEqual([expected])
  })

  it.each([
    [alive(), {}, 'SessionRunning=True/Running'],
    [exited(), {}, 'SessionRunning=False/Exited'],
    [exited(1, {}), {}, 'SessionRunning=False/Exited'],
    [exited(1, { signal: 9 }), {}, 'SessionRunning=False/KilledBySignal'],
    [{ state: 'foreign', handle: '%1' }, {}, 'SessionRunning=False/NameTaken'],
    [{ state: 'unknown', reason: '?' }, {}, 'SessionRunning=Unknown/RuntimeUnknown'],
    [GONE, {}, 'SessionRunning=False/ProcessGone'],
    [{ state: 'absent', serverGone: true }, {}, 'SessionRunning=False/ServerGone'],
    [GONE, { launches: [] }, 'SessionRunning=False/Waiting'],
    [
      GONE,
      { lastExit: { attempt: 1, at: ago(1), reason: 'Stopped' } },
      'SessionRunning=False/Suspended',
    ],
    [
      GONE,
      { lastExit: { attempt: 0, at: ago(1), reason: 'Stopped' } },
      'SessionRunning=False/ProcessGone',
    ],
    [GONE, { outcome: merged }, 'SessionRunning=False/Done'],
  ] as const)('tell of the process: %j, %j', (process, known, expected) => {
    expect(words(conditionsOf(running({ process }), known), 'SessionRunning')).toEqual([expected])
  })

  it.each([
    ['working', 'True/Working'],
    ['idle', 'True/Idle'],
    ['needs-input', 'True/NeedsInput'],
    ['needs-permission', 'True/NeedsPermission'],
    ['rate-limited', 'True/RateLimited'],
    ['unknown', 'Unknown/ActivityUnknown'],
  ] as const)('tell what the agent does: %s', (activity, expected) => {
    expect(words(conditionsOf(running({ activity })), 'AgentResponsive')).toEqual([
      `AgentResponsive=${expected}`,
    ])
    expect(
      words(conditionsOf(running({ activity }), {}, { stuck: true }), 'AgentResponsive'),
    ).toEqual(['AgentResponsive=False/Stuck'])
    expect(words(conditionsOf(running({ activity, process: GONE })), 'AgentResponsive')).toEqual([
      'AgentResponsive=Unknown/ActivityUnknown',
    ])
  })

  it('tell an agent that is quiet by nature from one that has not spoken yet', () => {
    const text = (agentReports: boolean): string | undefined =>
      conditionsOf(running({ activity: 'unknown' }), {}, { agentReports }).find(
        ({ type }) => type === 'AgentResponsive',
      )?.message
    expect([text(true), text(false)]).toEqual([
      'has said nothing yet',
      'this agent does not say what it does',
    ])
  })

  it.each([
    [{ state: 'none' }, ['PullRequestOpen=False/NoPullRequest']],
    [{ state: 'unknown', reason: 'offline' }, ['PullRequestOpen=Unknown/RepositoryUnknown']],
    [{ state: 'ambiguous', numbers: [3, 4] }, ['PullRequestOpen=Unknown/AmbiguousPullRequest']],
    [
      review({ checks: 'none' }),
      ['PullRequestOpen=True/Open', 'ChecksPassing=Unknown/NoChecks', 'Merged=False/NotMerged'],
    ],
    [
      review({ state: 'draft' }),
      [
        'PullRequestOpen=True/Draft',
        'ChecksPassing=Unknown/ChecksPending',
        'Merged=False/NotMerged',
      ],
    ],
    [
      review({ checks: 'failing', failed: [failedCheck('unit')] }),
      ['PullRequestOpen=True/Open', 'ChecksPassing=False/ChecksFailing', 'Merged=False/NotMerged'],
    ],
    [
      review({ checks: 'passing', state: 'closed' }),
      [
        'PullRequestOpen=False/ClosedByUser',
        'ChecksPassing=True/ChecksPassing',
        'Merged=False/NotMerged',
      ],
    ],
    [
      review({ checks: 'passing', state: 'merged', mergeSha: HEAD_SHA }),
      ['PullRequestOpen=False/Merged', 'ChecksPassing=True/ChecksPassing', 'Merged=True/Merged'],
    ],
    [
      review({ checks: 'passing', state: 'merged' }),
      ['PullRequestOpen=False/Merged', 'ChecksPassing=True/ChecksPassing', 'Merged=True/Merged'],
    ],
  ] as const)('tell of the pull request: %j', (seen, expected) => {
    const types = ['PullRequestOpen', 'ChecksPassing', 'Merged'] as const
    expect(words(conditionsOf(running({ review: seen })), ...types)).toEqual(expected)
    const coordinator = conditionsOf(running({ review: seen }), {}, { object: orchestrator() })
    expect(words(coordinator, ...types)).toEqual([])
  })

  it('tell whether the prompt was handed over, and that a workspace went with a merge', () => {
    expect(words(conditionsOf(facts(), { launches: [] }), 'PromptDelivered')).toEqual([
      'PromptDelivered=False/NotDelivered',
    ])
    expect(words(conditionsOf(running()), 'PromptDelivered')).toEqual([
      'PromptDelivered=True/Delivered',
    ])
    const cleaned = conditionsOf(facts({ branch: OURS }), { outcome: merged })
    expect(words(cleaned, 'WorkspaceReady')).toEqual(['WorkspaceReady=False/Deleted'])
  })
})

function stands(
  type: ConditionType,
  status: ConditionStatus,
  reason: Reason,
  observedGeneration = 1,
): Condition {
  return {
    type,
    status,
    reason,
    message: '',
    observedGeneration,
    lastTransitionTime: NOW.toISOString(),
  }
}

const ready = stands('Ready', 'True', 'Running')
const notReady = stands('Ready', 'False', 'Progressing')
const reconciling = stands('Reconciling', 'True', 'Progressing')
const stalled = stands('Stalled', 'True', 'Progressing')

describe('the rules of conditions', () => {
  it.each([
    ['nothing wrong', [ready], []],
    ['progress', [notReady, reconciling], []],
    ['no Ready', [], ['Ready is missing']],
    [
      'no Ready beside Stalled',
      [stalled],
      [
        'Ready is missing',
        'Ready is missing while Stalled is True',
        'Ready says nothing, Stalled says Progressing',
      ],
    ],
    [
      'one that is kept while False',
      [ready, stands('Suspended', 'False', 'Suspended')],
      ['Suspended is False; it is there only while True'],
    ],
    [
      'two that exclude each other',
      [notReady, reconciling, stalled],
      ['Reconciling and Stalled at once'],
    ],
    [
      'Ready while stalled',
      [stands('Ready', 'True', 'Progressing'), stalled],
      ['Ready is True while Stalled is True'],
    ],
    [
      'two reasons',
      [stands('Ready', 'False', 'Failed'), reconciling],
      ['Ready says Failed, Reconciling says Progressing'],
    ],
    [
      'Ready for an older generation',
      [stands('Ready', 'True', 'Running', 0)],
      ['Ready is True for generation 0, not 1'],
    ],
    ['one type twice', [ready, ready], ['a condition type stands twice']],
  ] as const)('find %s', (_what, conditions, problems) => {
    expect(checkConditions(conditions, 1, 1)).toEqual(problems)
  })

  it('find a status that is ahead of its object', () => {
    expect(checkConditions([ready], 1, 2)).toEqual([
      'observedGeneration 2 is ahead of generation 1',
    ])
  })

  it('list no reason twice', () => {
    expect(new Set(REASONS).size).toBe(REASONS.length)
    expect(findCondition([ready], 'Stalled')).toBeUndefined()
  })
})

describe('how an object stands', () => {
  it.each([
    ['Ready', [ready], 1],
    ['InProgress', [ready], 0],
    ['InProgress', [notReady, reconciling], 1],
    ['Stalled', [notReady, stalled], 1],
    ['Waiting', [stands('Ready', 'False', 'Waiting')], 1],
    ['InProgress', [stands('Ready', 'Unknown', 'Accepted')], 1],
    ['InProgress', [], 1],
  ] as const)('is %s: %j, observed %i', (standing, conditions, observed) => {
    expect(standingOf(conditions, 1, observed)).toBe(standing)
  })
})
