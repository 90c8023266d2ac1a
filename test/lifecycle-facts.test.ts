/**
 * Everything one look can show of a session, in every combination that the planner, the chart and the conditions look at together.
 */
import { describe, expect, it } from 'vitest'

import { advance } from '../src/lifecycle/advance.ts'
import type {
  BranchFact,
  ProcessFact,
  ReviewFact,
  SessionFacts,
  SessionView,
  WorkspaceFact,
} from '../src/lifecycle/facts.ts'
import { isDone, wanted } from '../src/lifecycle/facts.ts'
import type { PlannedAction, StepName, Verb } from '../src/plan/action.ts'
import { ADOPTED, launchDigest } from '../src/plan/launch.ts'
import { planSession } from '../src/plan/session.ts'
import { mergeConditions } from '../src/resource/conditions.ts'
import { keyOf } from '../src/resource/key.ts'
import type { SessionRecord } from '../src/resource/record.ts'
import type { DeletionPolicy, DesiredSession } from '../src/resource/spec.ts'
import type { LifecycleValue, OrchestratorLifecycleValue } from '../src/resource/status.ts'
import { ACTIVITIES } from '../src/resource/status.ts'
import type { Failure } from '../src/status/condition.ts'
import { displayOf } from '../src/status/display.ts'
import { checkConditions } from '../src/status/invariants.ts'
import { sessionConditions } from '../src/status/session.ts'
import {
  GONE,
  ALONE,
  NOW,
  NO_WORK,
  OURS,
  HEAD_SHA,
  BASE_SHA,
  ago,
  alive,
  exited,
  facts,
  launched,
  orchestrator,
  planInput,
  prepared,
  record,
  review,
  worker,
} from './support/builders.ts'
import { SimulatedWorld } from './support/simulated-world.ts'

const UNKNOWN = { state: 'unknown', reason: 'cannot look' } as const
const PATH = '/home/worktrees/app/app-1'

const PROCESSES: readonly ProcessFact[] = [
  GONE,
  { state: 'absent', serverGone: true },
  alive(1),
  exited(1, { exitCode: 0 }),
  exited(1, { exitCode: 1 }),
  exited(1, { signal: 9 }),
  exited(1, {}),
  { state: 'foreign', handle: '%7' },
  UNKNOWN,
]

const WORKSPACES: readonly SessionFacts['workspace'][] = [
  { state: 'absent' },
  { state: 'partial', path: PATH },
  { state: 'added', path: PATH, branch: 'ao/app-1' },
  { state: 'populated', path: PATH, branch: 'ao/app-1' },
  prepared(),
  { state: 'prepared', path: PATH, branch: undefined },
  { state: 'gone', path: PATH },
  { state: 'foreign', path: PATH, owner: 'other (uid 12345678)' },
  UNKNOWN,
]

const BRANCHES: readonly SessionFacts['branch'][] = [
  { state: 'absent' },
  OURS,
  { state: 'missing', baseSha: BASE_SHA },
  { state: 'taken', sha: HEAD_SHA, where: 'local' },
  { state: 'taken', sha: HEAD_SHA, where: 'remote' },
  { state: 'left', sha: HEAD_SHA, where: 'reopened', baseSha: BASE_SHA, ref: 'refs/ao/kept/x' },
  UNKNOWN,
]

const REVIEWS: readonly ReviewFact[] = [
  { state: 'none' },
  UNKNOWN,
  { state: 'ambiguous', numbers: [3, 4] },
  review({ state: 'draft' }),
  review({ checks: 'none', requiredChecks: 0 }),
  review({ checks: 'pending' }),
  review({ checks: 'failing' }),
  review({ checks: 'passing' }),
  review({ checks: 'passing', review: 'changes-requested' }),
  review({ checks: 'passing', mergeable: 'conflicting' }),
  review({ checks: 'pending', review: 'approved', approved: true }),
  review({ checks: 'passing', review: 'approved', approved: true }),
  review({ state: 'merged', mergeSha: HEAD_SHA }),
  review({ state: 'closed' }),
]

const WANTED: readonly Partial<DesiredSession>[] = [
  {},
  { overrides: { state: 'Suspended' } },
  { deletionTimestamp: ago(1000) },
]

function recordsOf(object: DesiredSession): readonly SessionRecord[] {
  const digest = launchDigest(object)
  const once = launched(1, digest)
  const stopped = { attempt: 1, at: ago(2000), reason: 'Stopped' } as const
  return [
    record(object),
    record(object, once),
    record(object, { ...once, lastExit: stopped }),
    record(object, { ...launched(2, digest), lastExit: stopped }),
    record(object, {
      ...once,
      lastExit: { attempt: 1, at: ago(2000), exitCode: 1, reason: 'Exited' },
    }),
    record(object, {
      ...once,
      lastExit: { attempt: 1, at: ago(2000), signal: 9, reason: 'KilledBySignal' },
    }),
    record(object, {
      ...once,
      restarts: 5,
      lastExit: { attempt: 1, at: ago(2000), reason: 'ProcessGone' },
    }),
    record(object, {
      ...once,
      restarts: 3,
      lastExit: { attempt: 1, at: ago(2000), reason: 'ServerGone' },
    }),
    record(object, launched(1, 'another')),
    record(object, launched(1, ADOPTED)),
    record(object, {
      ...once,
      outcome: {
        state: 'Merged',
        at: ago(1000),
        mergeSha: HEAD_SHA,
        pullRequest: 3,
        preserved: [],
      },
    }),
    record(object, { ...once, outcome: { state: 'Exited', at: ago(1000), preserved: [] } }),
    record(object, {
      ...once,
      pullRequestClosed: { number: 3, at: ago(1000), until: ago(-60_000) },
    }),
    record(object, {
      ...once,
      outcome: { state: 'Closed', at: ago(1000), pullRequest: 3, preserved: [] },
    }),
  ]
}

function* views(): Generator<SessionView> {
  for (const want of WANTED) {
    for (const kind of [worker, orchestrator]) {
      const object = kind('app-1', want)
      const branches = kind === worker ? BRANCHES : [{ state: 'none' } as const]
      for (const known of recordsOf(object)) {
        for (const process of PROCESSES) {
          for (const workspace of WORKSPACES) {
            for (const branch of branches) {
              const risk =
                object.deletionTimestamp === undefined && !isDone(known) ? undefined : NO_WORK
              yield { object, record: known, facts: facts({ process, workspace, branch, risk }) }
            }
          }
        }
      }
    }
  }
}

const LOOKED: readonly (keyof SessionFacts & ('process' | 'workspace' | 'branch'))[] = [
  'process',
  'workspace',
  'branch',
]

function isBlind({ facts: seen }: SessionView): boolean {
  return LOOKED.some(name => seen[name].state === 'unknown')
}

function isForeign({ facts: seen }: SessionView): boolean {
  return (
    seen.process.state === 'foreign' ||
    seen.workspace.state === 'foreign' ||
    seen.branch.state === 'taken' ||
    seen.branch.state === 'missing'
  )
}

/** The verbs that fit what is wanted, told without looking at how the planner decides. */
function verbsFor(view: SessionView): readonly Verb[] {
  const { object, record: known } = view
  const { process } = view.facts
  if (wanted(object) === 'deleted') return isBlind(view) ? ['unknown'] : ['delete']
  if (isDone(known))
    return isBlind(view) ? ['unknown', 'update', 'unchanged'] : ['update', 'unchanged']
  if (isBlind(view)) return ['unknown']
  if (isForeign(view)) return ['blocked']
  const present = process.state === 'alive' || process.state === 'exited'
  if (wanted(object) === 'suspended') return present ? ['suspend'] : ['unchanged']
  if (process.state === 'alive') return ['unchanged', 'restart']
  if (known.launches.length === 0 && !present) return ['create']
  const stopped = known.lastExit?.reason === 'Stopped' && known.lastExit.attempt === known.attempt
  return stopped ? ['resume'] : ['restart', 'wait', 'blocked']
}

function describeView({ object, record: known, facts: seen }: SessionView): string {
  return [
    object.kind,
    wanted(object),
    seen.process.state,
    seen.workspace.state,
    seen.branch.state,
    `launches ${known.launches.length}`,
    `last exit ${known.lastExit?.reason ?? 'none'}`,
    `outcome ${known.outcome?.state ?? 'none'}`,
  ].join(', ')
}

describe('of everything that can be seen of a session', () => {
  const all = [...views()].map(view => ({ view, action: planSession(planInput(view)) }))

  it('each combination has exactly one action, and one that fits what is wanted', () => {
    expect(all.length).toBeGreaterThan(15_000)
    const wrong = all.filter(({ view, action }) => !verbsFor(view).includes(action.action))
    expect(wrong.map(({ view, action }) => `${describeView(view)}: ${action.action}`)).toEqual([])
  })

  it('nothing is done to what could not be looked at, and nothing is started that is not wanted', () => {
    const wrong = all.flatMap(({ view, action }) =>
      sinsOf(view, new Set(action.steps.map(step => step.step))).map(
        sin => `${describeView(view)}: ${sin}`,
      ),
    )
    expect(wrong).toEqual([])
  })

  it('a blocked or unknown one says why, and a blocked one which command lifts it', () => {
    for (const { action } of all) {
      expect(action.reason).not.toBe('')
      if (action.action !== 'blocked') continue
      expect(action.guards.find(guard => !guard.passed)?.unblock).toMatch(/\S/)
      expect(action.blockedVerb).toBeDefined()
    }
  })

  it('conditions always agree with each other', () => {
    const wrong = all.flatMap(({ view, action }) =>
      FAILURES.flatMap(failure =>
        problemsOf(view, action, failure).map(problem => `${describeView(view)}: ${problem}`),
      ),
    )
    expect(wrong).toEqual([])
    for (const seen of REVIEWS) {
      for (const activity of ACTIVITIES) {
        for (const stuck of [true, false]) {
          const object = worker()
          const running = facts({
            review: seen,
            activity,
            process: alive(1),
            workspace: prepared(),
            branch: OURS,
          })
          const view = {
            object,
            record: record(object, launched(1, launchDigest(object))),
            facts: running,
          }
          expect(problemsOf(view, planSession(planInput(view)), undefined, stuck)).toEqual([])
        }
      }
    }
  })

  it('doing what is planned reaches what is wanted, or what only a person can lift, within four passes', () => {
    for (const start of starts()) {
      const { world, key, text } = start
      let last: PlannedAction | undefined
      for (let pass = 0; pass < 4; pass += 1) {
        last = world.cycle().actions.find(action => action.key === key)
        world.now += last?.retryAfterMs ?? 0
      }
      const left = world.plan().actions.find(action => action.key === key)
      expect([text, left?.steps ?? []]).toEqual([text, []])
      expect([text, left?.action ?? 'gone']).toEqual([
        text,
        expect.stringMatching(/^(unchanged|blocked|gone)$/),
      ])
      expect([text, world.violations]).toEqual([text, []])
    }
  })
})

/** What a plan for this view must never contain. */
function sinsOf(view: SessionView, steps: ReadonlySet<StepName>): readonly string[] {
  const { object, record: known, facts: seen } = view
  const starts = steps.has('session.start')
  const sins: readonly (readonly [boolean, string])[] = [
    [isBlind(view) && !isDone(known) && steps.size > 0, 'acts blindly'],
    [seen.process.state === 'unknown' && steps.size > 0, 'acts beside what may run'],
    [starts && (wanted(object) !== 'running' || isDone(known)), 'starts what is to rest'],
    [starts && seen.process.state === 'alive' && !steps.has('session.stop'), 'starts a second one'],
    [seen.process.state === 'foreign' && steps.has('session.stop'), 'stops a foreign session'],
    [
      seen.workspace.state === 'foreign' && steps.has('workspace.remove'),
      'removes a foreign checkout',
    ],
    [seen.branch.state === 'taken' && steps.has('branch.delete'), 'deletes a foreign branch'],
    [steps.has('workspace.remove') && !steps.has('workspace.preserve'), 'removes unsaved work'],
  ]
  return sins.flatMap(([sinned, sin]) => (sinned ? [sin] : []))
}

const FAILURES: readonly (Failure | undefined)[] = [
  undefined,
  { code: 'Unreachable', message: 'no', retryable: true, count: 1 },
  { code: 'BranchTaken', message: 'no', retryable: false, count: 2 },
]

function problemsOf(
  view: SessionView,
  action: PlannedAction,
  failure: Failure | undefined,
  stuck = false,
): readonly string[] {
  const { generation } = view.object
  const about = { view, action, failure, agentReports: true, stuck }
  const conditions = mergeConditions([], sessionConditions(about), NOW)
  return checkConditions(conditions, generation, generation)
}

interface Start {
  readonly world: SimulatedWorld
  readonly key: 'Worker/app-1'
  readonly text: string
}

/** Worlds in which one session is in any state that steps, crashes and accidents can leave it in. */
function* starts(): Generator<Start> {
  const key = keyOf('Worker', 'app-1') as 'Worker/app-1'
  for (const want of WANTED) {
    for (const deletionPolicy of ['Archive', 'Delete', 'Orphan'] satisfies DeletionPolicy[]) {
      const object = worker('app-1', { ...want, spec: { deletionPolicy, restartPolicy: 'Always' } })
      for (const known of recordsOf(object)) {
        for (const process of PROCESSES.slice(0, 7)) {
          for (const workspace of [
            'absent',
            'partial',
            'added',
            'populated',
            'prepared',
            'gone',
          ] as const) {
            for (const branch of ['absent', 'ours', 'missing', 'taken'] as const) {
              if (!couldBe(known, process, workspace, branch)) continue
              const world = new SimulatedWorld()
              world.desired.set(key, object)
              world.records.set(object.uid, known)
              world.places.set(object.uid, {
                branch,
                workspace,
                process,
                review: { state: 'none' },
                unsaved: false,
              })
              const text = [
                wanted(object),
                deletionPolicy,
                process.state,
                workspace,
                branch,
                JSON.stringify(known),
              ].join(' ')
              yield { world, key, text }
            }
          }
        }
      }
    }
  }
}

/** A checkout stands on a branch that was there once; a process runs in one that was prepared. */
function couldBe(
  known: SessionRecord,
  process: ProcessFact,
  workspace: WorkspaceFact['state'],
  branch: BranchFact['state'],
): boolean {
  if (workspace !== 'absent' && branch === 'absent') return false
  const present = process.state === 'alive' || process.state === 'exited'
  if (present && workspace !== 'prepared' && workspace !== 'gone') return false
  return known.attempt < 2 || !present
}

describe('the chart', () => {
  const SESSIONS: readonly LifecycleValue['session'][] = [
    'pending',
    'waiting',
    'suspended',
    'starting',
    'detecting',
    'exited',
    'lost',
    ...[...ACTIVITIES, 'stuck'].map(activity => ({ alive: activity })),
  ]

  /** What the chart calls unexpected: only a record that was lost makes a session that ran look as if it never had. */
  const RAN = ['exited', 'lost', 'alive']

  it('goes where the facts point from any state before, and is surprised only by a lost record', () => {
    const wrong: string[] = []
    for (const kind of [worker, orchestrator]) {
      for (const want of WANTED) {
        const object = kind('app-1', want)
        for (const known of recordsOf(object)) {
          for (const process of PROCESSES) {
            for (const waiting of [false, true]) {
              for (const session of kind === worker ? [...SESSIONS, 'closed'] : SESSIONS) {
                const view = { object, record: known, facts: facts({ process, activity: 'idle' }) }
                const previous = kind === worker ? { session, review: 'none' } : { session }
                const moved = move(view, previous, waiting)
                const name = nameOf(moved.value.session)
                const text = `${describeView(view)}, ${nameOf(session)} to ${name}`
                if (name !== allowed(view, waiting, nameOf(session))) wrong.push(text)
                const ran = RAN.includes(nameOf(session).split('.')[0]!)
                const surprising = kind === worker && name === 'waiting' && ran
                if ((moved.unexpected !== undefined) !== surprising) wrong.push(`${text}!`)
              }
            }
          }
        }
      }
    }
    expect(wrong).toEqual([])
  })

  it('follows the pull request from any state before, and is surprised only by what follows a merge', () => {
    const object = worker()
    const before = [
      'none',
      'draft',
      'open',
      'ci-failing',
      'changes-requested',
      'conflicting',
      'approved',
      'mergeable',
      'merged',
      'closed',
    ]
    const after = REVIEWS.map(seen => {
      const view = {
        object,
        record: record(object, launched(1, 'x')),
        facts: facts({ review: seen, process: alive(1) }),
      }
      return before.map(was => {
        const moved = move(view, { session: { alive: 'idle' }, review: was }, false)
        const is = 'review' in moved.value ? moved.value.review : ''
        expect([was, is, moved.unexpected !== undefined]).toEqual([
          was,
          is,
          was === 'merged' && is !== 'merged',
        ])
        return is
      })
    })
    expect(after.map(states => [...new Set(states)])).toEqual([
      ['none'],
      before,
      ['none'],
      ['draft'],
      ['open'],
      ['open'],
      ['ci-failing'],
      ['open'],
      ['changes-requested'],
      ['conflicting'],
      ['approved'],
      ['mergeable'],
      ['merged'],
      ['closed'],
    ])
  })

  it('is done for good', () => {
    const object = worker()
    const over = record(object, { outcome: { state: 'Exited', at: ago(0), preserved: [] } })
    for (const process of PROCESSES) {
      const view = { object, record: over, facts: facts({ process }) }
      const moved = move(view, { session: 'done', review: 'none' }, false)
      expect([moved.value.session, moved.unexpected]).toEqual(['done', undefined])
    }
  })

  it('calls a done worker merged only when its pull request is', () => {
    const value = { session: 'done', review: 'none' }
    const about = { message: '', observedGeneration: 1, lastTransitionTime: NOW.toISOString() }
    const merged = { ...about, type: 'Merged', status: 'True', reason: 'Merged' } as const
    expect(displayOf(value, [])).toBe('Done')
    expect(displayOf(value, [merged])).toBe('Merged')
    const alive = { session: { alive: 'idle' }, review: 'none' }
    const ready = { ...about, type: 'Ready', status: 'False' } as const
    expect(displayOf(alive, [{ ...ready, reason: 'Deleting' }])).toBe('Deleting')
    expect(displayOf(alive, [{ ...ready, reason: 'CrashLoopBackOff' }])).toBe('Backoff')
    const stalled = { ...about, type: 'Stalled', status: 'True', reason: 'Failed' } as const
    expect(displayOf(alive, [stalled])).toBe('Stalled')
  })
})

function move(
  view: SessionView,
  previous: LifecycleValue | OrchestratorLifecycleValue,
  waiting: boolean,
): ReturnType<typeof advance> {
  return advance({
    ...view,
    company: ALONE,
    since: {},
    now: NOW.getTime(),
    previous,
    waiting,
    reacting: true,
  })
}

function nameOf(session: LifecycleValue['session']): string {
  return typeof session === 'string' ? session : `alive.${session['alive'] ?? ''}`
}

/** The one state the facts point at. */
function allowed(view: SessionView, waiting: boolean, before: string): string {
  const { object, record: known, facts: seen } = view
  if (isDone(known) && object.kind === 'Worker') {
    return known.outcome?.state === 'Closed' ? 'closed' : 'done'
  }
  switch (seen.process.state) {
    case 'unknown':
      return 'detecting'
    case 'alive':
      return 'alive.idle'
    case 'exited':
      return wanted(object) === 'suspended' ? 'suspended' : 'exited'
    case 'absent':
    case 'foreign':
      break
  }
  if (wanted(object) === 'deleted') return before
  if (wanted(object) === 'suspended') return 'suspended'
  if (known.launches.length === 0) return waiting ? 'waiting' : 'starting'
  const stopped = known.lastExit?.reason === 'Stopped' && known.lastExit.attempt === known.attempt
  return stopped ? 'starting' : 'lost'
}
