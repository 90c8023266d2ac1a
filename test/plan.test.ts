import { describe, expect, it } from 'vitest'

import type { SessionFacts, SessionView } from '../src/lifecycle/facts.ts'
import type { PlannedAction, Verb } from '../src/plan/action.ts'
import { VERBS, isDestructive, isDifference, plannedAction, summarize } from '../src/plan/action.ts'
import type { AdmissionInput, Admitted } from '../src/plan/admit.ts'
import { admit } from '../src/plan/admit.ts'
import { compareSpecs } from '../src/plan/changes.ts'
import { launchDigest, launchFields, restartFields } from '../src/plan/launch.ts'
import { describeText, fingerprint, stable } from '../src/plan/fingerprint.ts'
import { inOrder } from '../src/plan/order.ts'
import type { PlanInput } from '../src/plan/plan.ts'
import { plan } from '../src/plan/plan.ts'
import type { SessionPlanInput } from '../src/plan/session-input.ts'
import { planSession } from '../src/plan/session.ts'
import type { ResourceKey } from '../src/resource/key.ts'
import { keyOf, parseKind, splitKey } from '../src/resource/key.ts'
import type { SessionRecord } from '../src/resource/record.ts'
import type { Desired, DesiredSession } from '../src/resource/spec.ts'
import {
  BASE_SHA,
  GONE,
  HEAD_SHA,
  NOW,
  NO_WORK,
  OURS,
  REPOSITORY,
  ago,
  alive,
  exited,
  facts,
  launched,
  notifier,
  orchestrator,
  planInput,
  prepared,
  project,
  record,
  running,
  worker,
} from './support/builders.ts'

function view(
  seen: SessionFacts,
  object: DesiredSession = worker(),
  known: Partial<SessionRecord> = {},
): SessionView {
  return {
    object,
    record: record(object, { ...launched(1, launchDigest(object)), ...known }),
    facts: seen,
  }
}

function decide(
  seen: SessionFacts,
  over: Partial<SessionPlanInput> = {},
  object?: DesiredSession,
  known?: Partial<SessionRecord>,
): PlannedAction {
  return planSession(planInput(view(seen, object, known), over))
}

const FRESH = { attempt: 0, launches: [] } as const
const UNKNOWN = { state: 'unknown', reason: 'cannot look' } as const

describe('what stands in the way of a session', () => {
  it.each([
    [
      'ProjectMissing',
      { repository: { state: 'undeclared' } },
      'Project/app is not declared',
      'ao get projects',
    ],
    [
      'RepositoryMissing',
      { repository: { state: 'absent', path: '/repos/app', repo: 'acme/app' } },
      'no git repository at /repos/app',
      'git clone https://github.com/acme/app.git /repos/app',
    ],
    [
      'RepositoryMissing',
      { repository: { state: 'absent', path: '/repos/app', repo: 'git@host:app.git' } },
      'no git repository at /repos/app',
      'git clone git@host:app.git /repos/app',
    ],
    [
      'RepositoryMissing',
      { repository: { state: 'absent', path: '/repos/app', repo: undefined } },
      'no git repository at /repos/app',
      'git clone <url> /repos/app',
    ],
    [
      'NameTaken',
      { process: { state: 'foreign', handle: '%7' } },
      'a tmux session named app-1 exists that is not ours (%7)',
      'rename it, or give the worker another name',
    ],
    [
      'BranchTaken',
      { branch: { state: 'taken', sha: HEAD_SHA, where: 'local' } },
      'branch ao/app-1 exists at ccccccc and is not ours',
      'git branch -m ao/app-1 ao/app-1-old, or set spec.branch of app-1 to another name',
    ],
    [
      'BranchTaken',
      { branch: { state: 'taken', sha: HEAD_SHA, where: 'remote' } },
      'branch ao/app-1 exists on origin at ccccccc and is not ours',
      'git push origin --delete ao/app-1 if nobody needs it there, or set spec.branch of app-1 to another name',
    ],
    [
      'BranchTaken',
      {
        branch: { state: 'taken', sha: HEAD_SHA, where: 'local' },
        repository: { ...REPOSITORY, base: { ref: 'origin/ao/app-1', sha: HEAD_SHA } },
      },
      'branch ao/app-1 exists at ccccccc and is not ours',
      'set spec.branch of app-1 to another name',
    ],
    [
      'BranchMissing',
      { branch: { state: 'missing', baseSha: BASE_SHA } },
      'branch ao/app-1 was deleted; it is not made again silently, for it may have held commits',
      'git branch ao/app-1 <sha from: git reflog --all | grep ao/app-1>, or ao delete Worker/app-1 --force',
    ],
    [
      'PathTaken',
      { workspace: { state: 'foreign', path: '/w', owner: 'app-2' } },
      '/w is in use by app-2',
      'move /w away',
    ],
    [
      'BaseMissing',
      { repository: { ...REPOSITORY, base: undefined, defaultBranch: 'trunk' } },
      'branch trunk has no commit to start from',
      'make a first commit there, or set spec.defaultBranch of Project/app',
    ],
    [
      'BaseMissing',
      { repository: { ...REPOSITORY, base: undefined } },
      'no default branch was found: origin names none, and the checkout is on none',
      'set spec.defaultBranch of Project/app',
    ],
  ] as const)('is told with the command that lifts it: %s', (code, seen, reason, unblock) => {
    const action = decide(facts(seen), {}, worker(), FRESH)
    expect(action).toMatchObject({
      action: 'blocked',
      code,
      reason,
      blockedVerb: 'create',
      steps: [],
    })
    expect(action.guards).toEqual([{ guard: code, passed: false, message: reason, unblock }])
  })

  it.each([
    ['RuntimeUnknown', { process: UNKNOWN, branch: UNKNOWN }],
    ['RepositoryUnknown', { repository: UNKNOWN }],
    ['RepositoryUnknown', { workspace: UNKNOWN }],
    ['RepositoryUnknown', { branch: UNKNOWN }],
  ] as const)('may be that nobody could look: %s', (code, seen) => {
    expect(decide(running(seen))).toMatchObject({
      action: 'unknown',
      code,
      reason: 'cannot look',
      steps: [],
    })
  })

  it('is a base only where something has to be made from it', () => {
    expect(
      decide(running({ repository: { ...REPOSITORY, base: undefined } as typeof REPOSITORY }))
        .action,
    ).toBe('unchanged')
  })
})

describe('a workspace that was moved (B8)', () => {
  const moved = {
    state: 'moved',
    path: '/elsewhere/my work',
    expectedPath: '/home/worktrees/app/app-1',
    branch: 'ao/app-1',
  } as const
  const back =
    "git -C '/elsewhere/my work' worktree move '/elsewhere/my work' /home/worktrees/app/app-1"

  it('leaves a living agent where it is', () => {
    expect(decide(running({ workspace: moved })).action).toBe('unchanged')
  })

  it.each([
    ['a first start', facts({ workspace: moved }), FRESH, {}],
    ['a restart after the end', running({ workspace: moved, process: GONE }), {}, {}],
    ['a restart for a change', running({ workspace: moved }), { ...launched(1, 'other') }, {}],
    ['a removal', running({ workspace: moved, risk: NO_WORK }), {}, { removal: 'delete' as const }],
  ])('blocks %s with the command that moves it back', (_what, seen, known, over) => {
    const action = decide(seen, over, undefined, known)
    expect(action).toMatchObject({ action: 'blocked', code: 'Moved', steps: [] })
    expect(action.reason).toContain('moved to /elsewhere/my work')
    expect(action.guards.find(({ passed }) => !passed)?.unblock).toBe(back)
  })
})

describe('the steps of a start', () => {
  const steps = (
    seen: Partial<SessionFacts>,
    over: Partial<SessionPlanInput> = {},
    object?: DesiredSession,
  ): readonly string[] => decide(facts(seen), over, object, FRESH).steps.map(({ step }) => step)

  it.each([
    [
      'everything',
      {},
      [
        'base.fetch',
        'branch.create',
        'workspace.add',
        'workspace.populate',
        'workspace.prepare',
        'session.start',
      ],
    ],
    [
      'the checkout',
      { branch: OURS },
      ['workspace.add', 'workspace.populate', 'workspace.prepare', 'session.start'],
    ],
    [
      'the rest of a checkout',
      { branch: OURS, workspace: { state: 'partial', path: '/w' } },
      ['workspace.add', 'workspace.populate', 'workspace.prepare', 'session.start'],
    ],
    [
      'the files',
      { branch: OURS, workspace: { state: 'added', path: '/w', branch: 'b' } },
      ['workspace.populate', 'workspace.prepare', 'session.start'],
    ],
    [
      'the preparation',
      { branch: OURS, workspace: { state: 'populated', path: '/w', branch: 'b' } },
      ['workspace.prepare', 'session.start'],
    ],
    ['the session', { branch: OURS, workspace: prepared() }, ['session.start']],
  ] as const)('make what is missing: %s', (_what, seen, expected) => {
    expect(steps(seen)).toEqual(expected)
  })

  it('fetch only where there is an origin and a fresh base is asked for', () => {
    expect(
      steps({ repository: { ...REPOSITORY, hasOrigin: false } as typeof REPOSITORY }),
    ).not.toContain('base.fetch')
    expect(steps({}, { project: undefined })).not.toContain('base.fetch')
    const coordinator = orchestrator()
    expect(steps({ branch: { state: 'none' } }, {}, coordinator)).toContain('base.fetch')
    expect(
      steps({ branch: { state: 'none' }, workspace: prepared('x', undefined) }, {}, coordinator),
    ).toEqual(['session.start'])
  })

  it('wait for dependencies first, then for a place', () => {
    const waitsFor = ['Worker/app-0'] as const
    expect(decide(facts(), { waitsFor, hasCapacity: false }, worker(), FRESH)).toMatchObject({
      action: 'wait',
      code: 'WaitingForDependency',
      reason: 'waits for Worker/app-0 to be Done',
      after: waitsFor,
    })
    expect(decide(facts(), { waitsFor, closed: waitsFor }, worker(), FRESH)).toMatchObject({
      action: 'wait',
      reason:
        'waits for Worker/app-0 to be Done; the pull request of Worker/app-0 was closed unmerged: reopen that, or take the worker out of dependsOn',
    })
    expect(decide(facts(), { hasCapacity: false }, worker(), FRESH)).toMatchObject({
      code: 'WaitingForCapacity',
      reason: 'all workers of app are active (limits.maxActive)',
    })
  })

  it('tell what will be made, and from where', () => {
    const object = worker('app-1', { spec: { issue: '42' } })
    expect(decide(facts(), {}, object, FRESH).details).toEqual([
      ['branch', 'ao/app-1 from origin/main@bbbbbbb'],
      ['session', 'tmux app-1'],
      ['agent', `script, issue 42, prompt ${describeText('Do it.')}`],
    ])
    expect(
      decide(facts({ branch: OURS, workspace: prepared() }), {}, object, FRESH).details[0],
    ).toEqual(['branch', 'ao/app-1 at ccccccc'])
  })
})

describe('a session that runs', () => {
  it('is restarted for what it was not started with, named', () => {
    const object = worker('app-1', { spec: { model: 'large' } })
    const before = { launches: launched(1, launchDigest(worker())).launches }
    const changes = [
      { path: 'spec.model', class: 'restart' },
      { path: 'spec.priority', class: 'mutable' },
    ] as const
    expect(decide(running(), { changes }, object, before)).toMatchObject({
      action: 'restart',
      reason: 'model cannot change while running',
      steps: [
        { step: 'session.stop', why: 'Restart' },
        { step: 'session.start', attempt: 2 },
      ],
    })
    expect(decide(running(), {}, object, before).reason).toBe(
      'what it was started with cannot change while running',
    )
  })

  it('says by their names what changed of what it was started with, whenever it is asked', () => {
    const object = (env: Record<string, string>, model: string): DesiredSession =>
      worker('app-1', { spec: { env, model } })
    const old = object({ TOKEN: 'before', KEPT: 'x', GONE: 'y' }, 'small')
    const { launches } = launched(1, launchDigest(old))
    const before = { launches: launches.map(one => ({ ...one, fields: launchFields(old) })) }
    const now = object({ TOKEN: 'after', KEPT: 'x', MORE: 'z' }, 'large')
    const { reason } = decide(running(), {}, now, before)
    expect(reason).toBe('env.GONE, env.MORE, env.TOKEN, model cannot change while running')
  })

  it('is restarted when asked, once, also when it had ended', () => {
    const object = worker('app-1', { restartRequestedAt: ago(1) })
    expect(decide(running(), {}, object).reason).toBe('ao restart asked for it')
    expect(decide(running({ process: GONE }), {}, object, { restarts: 5 }).reason).toBe(
      'ao restart asked for it',
    )
    expect(decide(running(), {}, object, { restartHandled: ago(1) }).action).toBe('unchanged')
  })

  it('is restarted when its directory was deleted, and updated in place otherwise', () => {
    const gone = decide(running({ workspace: { state: 'gone', path: '/w' } }))
    expect(gone.steps.map(({ step }) => step)).toEqual([
      'session.stop',
      'workspace.add',
      'workspace.populate',
      'workspace.prepare',
      'session.start',
    ])
    const changes = [{ path: 'spec.priority', class: 'mutable' }] as const
    expect(decide(running(), { changes })).toMatchObject({
      action: 'update',
      code: 'Changed',
      steps: [],
    })
    const rests = worker('app-1', { spec: { state: 'Suspended' } })
    expect(decide(running({ process: GONE }), { changes }, rests)).toMatchObject({
      action: 'update',
      reason: 'suspended by its manifest; update in place',
    })
  })

  it('that we stopped and did not get rid of is resumed, not judged', () => {
    const lastExit = { attempt: 1, at: ago(1), reason: 'Stopped' } as const
    expect(
      decide(running({ process: exited(1, { exitCode: 0 }) }), {}, worker(), { lastExit }),
    ).toMatchObject({ action: 'resume' })
  })
})

describe('a worker that is done', () => {
  const resting = (over: Parameters<typeof running>[0] = {}): ReturnType<typeof running> =>
    running({ activity: 'idle', ...over })
  const merged = { outcome: { state: 'Merged', at: ago(1), preserved: [] } } as const

  it.each([
    [
      'is cleaned up by a reconcile',
      {},
      resting({ risk: NO_WORK }),
      { action: 'update', code: 'Merged', reason: 'merged; cleaning up' },
    ],
    [
      'is looked at before',
      {},
      resting(),
      { action: 'update', reason: 'merged; looking at what is left', steps: [] },
    ],
    [
      'is left by an apply',
      { reacting: false },
      resting({ risk: NO_WORK }),
      { action: 'unchanged', reason: 'done: Merged; ao reconcile cleans up' },
    ],
    [
      'tells what is in the way',
      {},
      resting({ risk: { ...NO_WORK, nested: ['lib'] } as typeof NO_WORK }),
      { action: 'blocked', code: 'NestedRepository', steps: [] },
    ],
    [
      'is left where nobody can look',
      {},
      resting({ risk: NO_WORK, process: UNKNOWN }),
      { action: 'unknown', steps: [] },
    ],
  ] as const)('by a merge %s', (_what, over, seen, expected) => {
    expect(decide(seen, over, worker(), merged)).toMatchObject(expected)
  })

  it('is let go of with deletionPolicy Orphan, but its session ends', () => {
    const object = worker('app-1', { spec: { deletionPolicy: 'Orphan' } })
    expect(decide(resting({ risk: NO_WORK }), {}, object, merged).steps).toEqual([
      { step: 'session.stop', why: 'Done' },
    ])
    expect(decide(resting({ process: GONE }), {}, object, merged)).toMatchObject({
      action: 'unchanged',
      steps: [],
    })
  })

  it.each([
    ['while it works', running({ risk: NO_WORK }), 1, 'Grace'],
    ['not once the time is up', running({ risk: NO_WORK }), 6 * 60_000, 'Merged'],
    ['not when its process is gone', running({ risk: NO_WORK, process: GONE }), 1, 'Merged'],
    ['not while it rests', running({ risk: NO_WORK, activity: 'idle' }), 1, 'Merged'],
    [
      'while it waits for an answer',
      running({ risk: NO_WORK, activity: 'needs-input' }),
      1,
      'Grace',
    ],
    ['when nobody knows what it does', running({ risk: NO_WORK, activity: 'unknown' }), 1, 'Grace'],
  ] as const)('keeps its agent for the grace %s', (_when, seen, ms, code) => {
    const over = { outcome: { state: 'Merged', at: ago(ms), preserved: [] } } as const
    const action = decide(seen, {}, worker(), over)
    expect(action.code).toBe(code)
    expect(action.retryAfterMs).toBe(code === 'Grace' ? 5 * 60_000 - ms : undefined)
  })
})

describe('an agent that tells nothing', () => {
  it.each([
    ['an issue that was closed', 'IssueClosed', 'Grace'],
    ['its own report', 'Reported', 'Done'],
    ['a pull request that was closed for long', 'Closed', 'Closed'],
  ] as const)('is left its time after %s: %s gives %s', (_end, state, code) => {
    const over = { outcome: { state, at: ago(1), preserved: [] } } as const
    const seen = running({ risk: NO_WORK, activity: 'unknown' })
    expect(decide(seen, {}, worker(), over).code).toBe(code)
  })
})

describe('a removal', () => {
  const leaving = (over: Parameters<typeof worker>[1] = {}): DesiredSession =>
    worker('app-1', { deletionTimestamp: ago(1), ...over })
  const work = {
    ...NO_WORK,
    uncommitted: ['a'],
    untracked: ['b'],
    ignored: ['x', 'y', 'z', 'q'],
    unpushed: 1,
  } as typeof NO_WORK

  it('says what is kept, where, and what is lost', () => {
    const action = decide(running({ risk: work }), {}, leaving())
    expect(action).toMatchObject({ action: 'delete', code: 'DeletionRequested' })
    expect(action.keeps).toEqual([
      '2 uncommitted or untracked files, in refs/ao/preserved/app-1/uid-app--<n>',
      '1 unpushed commit, in refs/ao/preserved/app-1/uid-app--<n>',
      'branch ao/app-1',
    ])
    expect(action.loses).toEqual([
      'ignored files (x, y, z, …)',
      'what the agent is doing right now',
      'the workspace directory',
    ])
    expect(action.steps.map(({ step }) => step)).toEqual([
      'session.stop',
      'workspace.preserve',
      'workspace.remove',
      'branch.delete',
    ])
  })

  it.each([
    ['Archive', 1, undefined, true, true],
    ['Archive', 0, undefined, true, true],
    ['Delete', 0, undefined, true, false],
    ['Delete', 2, undefined, false, undefined],
    ['Delete', 2, true, true, false],
  ] as const)(
    'with %s and %i unpushed commits (forced: %s) passes: %s, keeps the branch: %s',
    (deletionPolicy, unpushed, forced, passes, keeps) => {
      const object = leaving({
        spec: { deletionPolicy },
        ...(forced === undefined ? {} : { deletionForced: forced }),
      })
      const action = decide(
        running({ risk: { ...NO_WORK, unpushed } as typeof NO_WORK }),
        {},
        object,
      )
      expect(action.action).toBe(passes ? 'delete' : 'blocked')
      const branch = action.steps.find(step => step.step === 'branch.delete')
      expect(branch).toEqual(
        keeps === undefined
          ? undefined
          : { step: 'branch.delete', keepBranch: keeps, expectedSha: HEAD_SHA },
      )
      if (!passes)
        expect(action.guards.at(-1)?.unblock).toBe(
          'ao delete Worker/app-1 --force, or deletionPolicy: Archive',
        )
    },
  )

  it('takes nothing that is not ours', () => {
    const seen = facts({
      process: { state: 'foreign', handle: '%1' },
      workspace: { state: 'foreign', path: '/w', owner: 'x' },
      branch: { state: 'taken', sha: HEAD_SHA, where: 'local' },
      risk: { state: 'none' },
    })
    expect(decide(seen, {}, leaving())).toMatchObject({ steps: [], loses: [], keeps: [] })
  })

  it('lets go of the mark of a branch that is gone, and makes way for a replacement', () => {
    const missing = decide(
      facts({ branch: { state: 'missing', baseSha: BASE_SHA } }),
      {},
      leaving(),
    )
    expect(missing.steps).toEqual([
      { step: 'branch.delete', keepBranch: false, expectedSha: undefined },
    ])
    const replaced = decide(running({ risk: work }), {}, leaving({ replacement: worker() }))
    expect(replaced).toMatchObject({ reason: 'a new one of the same name takes its place' })
    expect(replaced.loses).toContain('branch ao/app-1 (at ccccccc)')
  })

  it('with Orphan lets go of everything as it is', () => {
    expect(
      decide(running({ process: UNKNOWN }), {}, leaving({ spec: { deletionPolicy: 'Orphan' } })),
    ).toMatchObject({ action: 'delete', code: 'Orphaned', steps: [] })
  })

  it.each([
    ['process', { process: UNKNOWN }],
    ['repository', { repository: UNKNOWN }],
    ['workspace', { workspace: UNKNOWN }],
    ['branch', { branch: UNKNOWN }],
    ['risk', { risk: UNKNOWN }],
  ] as const)('waits while nobody can look at the %s', (_what, seen) => {
    expect(decide(running({ risk: NO_WORK, ...seen }), {}, leaving())).toMatchObject({
      action: 'unknown',
      steps: [],
    })
  })
})

describe('a plan', () => {
  const planned = (
    objects: readonly Desired[],
    over: Partial<PlanInput> = {},
  ): ReturnType<typeof plan> => {
    const views = objects.flatMap(object =>
      object.kind === 'Worker'
        ? [[keyOf(object.kind, object.name), view(running(), object)] as const]
        : [],
    )
    return plan({
      objects,
      admitted: new Map(),
      conflicts: [],
      pruned: new Set(),
      pruneHeld: undefined,
      views: new Map(views),
      known: new Set(objects.map(object => keyOf(object.kind, object.name))),
      done: new Set(),
      bases: [],
      reacting: true,
      now: NOW,
      ...over,
    })
  }
  const verbs = (made: ReturnType<typeof plan>): Record<string, string> =>
    Object.fromEntries(made.actions.map(action => [action.key, `${action.action}/${action.code}`]))

  it('prunes what its source no longer declares, and keeps what says never', () => {
    const objects = [
      project(),
      notifier(),
      worker('app-1'),
      worker('app-2', { annotations: { 'ao.dev/prune': 'never' } }),
    ]
    const pruned = new Set<ResourceKey>(['Notifier/hook', 'Worker/app-1', 'Worker/app-2'])
    const made = planned(objects, { pruned })
    expect(verbs(made)).toEqual({
      'Project/app': 'unchanged/Unchanged',
      'Notifier/hook': 'prune/NotDeclared',
      'Worker/app-1': 'prune/NotDeclared',
      'Worker/app-2': 'blocked/PruneAnnotation',
    })
    expect(made.actions.find(({ key }) => key === 'Worker/app-2')?.guards[0]?.unblock).toBe(
      'ao delete Worker/app-2 --force',
    )
  })

  it('prunes nothing while that is held back, and says why', () => {
    const pruneHeld = { guard: 'EmptySet', message: 'nothing is declared', unblock: 'ao delete' }
    const made = planned([project(), notifier(), worker()], {
      pruned: new Set(['Project/app', 'Notifier/hook', 'Worker/app-1']),
      pruneHeld,
    })
    expect(new Set(Object.values(verbs(made)))).toEqual(new Set(['blocked/EmptySet']))
    expect(
      made.actions.every(action => action.blockedVerb === 'prune' && action.steps.length === 0),
    ).toBe(true)
  })

  it('deletes a project after its sessions', () => {
    const deletionTimestamp = ago(1)
    const made = planned([
      project('app', { deletionTimestamp }),
      worker('app-1', { deletionTimestamp }),
    ])
    expect(made.actions.map(action => [action.key, action.after])).toEqual([
      ['Worker/app-1', []],
      ['Project/app', ['Worker/app-1']],
    ])
  })

  it('has one action for an object two sources declare', () => {
    const conflicts = [
      { key: 'Worker/app-1', message: 'declared twice', next: 'ao delete' },
    ] as const
    const made = planned([project(), worker()], { conflicts })
    expect(verbs(made)).toEqual({
      'Worker/app-1': 'blocked/Conflict',
      'Project/app': 'unchanged/Unchanged',
    })
    expect(made.summary).toMatchObject({ blocked: 1, unchanged: 1 })
  })

  it('lets no more workers run than a project allows, the more important first', () => {
    const limited = project('app', { spec: { limits: { maxActive: 2 } } })
    const objects = [
      limited,
      worker('app-1'),
      worker('app-2'),
      worker('app-3', { spec: { priority: 9 } }),
    ]
    const views = new Map<ResourceKey, SessionView>([
      ['Worker/app-1', view(running(), worker('app-1'))],
      ['Worker/app-2', view(facts(), worker('app-2'), FRESH)],
      ['Worker/app-3', view(facts(), worker('app-3'), FRESH)],
    ])
    expect(verbs(planned(objects, { views }))).toMatchObject({
      'Worker/app-1': 'unchanged/Unchanged',
      'Worker/app-2': 'wait/WaitingForCapacity',
      'Worker/app-3': 'create/NotThere',
    })
  })

  it('lets the next one in for a worker that only a person can start again (F12)', () => {
    const limited = project('app', { spec: { limits: { maxActive: 1 } } })
    const gaveUp = {
      restarts: 5,
      lastExit: { attempt: 1, at: ago(1), reason: 'ProcessGone' },
    } as const
    const backsOff = { ...gaveUp, restarts: 1 }
    const seen = (object: DesiredSession, known: Partial<SessionRecord>): object =>
      verbs(
        planned([limited, object, worker('app-2')], {
          views: new Map<ResourceKey, SessionView>([
            ['Worker/app-1', view(running({ process: GONE }), object, known)],
            ['Worker/app-2', view(facts(), worker('app-2'), FRESH)],
          ]),
        }),
      )
    expect(seen(worker('app-1'), backsOff)).toMatchObject({
      'Worker/app-1': 'wait/CrashLoopBackOff',
      'Worker/app-2': 'wait/WaitingForCapacity',
    })
    expect(seen(worker('app-1'), gaveUp)).toMatchObject({
      'Worker/app-1': 'blocked/RestartsExhausted',
      'Worker/app-2': 'create/NotThere',
    })
    // Asked to run again it is one of those who want the place, in plan order.
    const asked = worker('app-1', { restartRequestedAt: ago(1), spec: { priority: -1 } })
    expect(seen(asked, gaveUp)).toMatchObject({
      'Worker/app-1': 'wait/WaitingForCapacity',
      'Worker/app-2': 'create/NotThere',
    })
  })

  it('restarts after an end only whom it is told, where a pass is to do no more than it printed', () => {
    const views = new Map<ResourceKey, SessionView>([
      ['Worker/app-1', view(running({ process: exited(1) }))],
    ])
    const objects = [project(), worker()]
    const verbsWith = (restartable: PlanInput['restartable']): object =>
      verbs(planned(objects, { views, restartable }))
    expect(verbsWith(undefined)).toMatchObject({ 'Worker/app-1': 'restart/RestartNeeded' })
    const [first, second] = [1, 2].map(
      attempt => new Map<ResourceKey, number>([['Worker/app-1', attempt]]),
    )
    expect(verbsWith(first)).toMatchObject({ 'Worker/app-1': 'restart/RestartNeeded' })
    expect(verbsWith(second)).toMatchObject({ 'Worker/app-1': 'wait/CrashLoopBackOff' })
    expect(verbsWith(new Map())).toMatchObject({ 'Worker/app-1': 'wait/CrashLoopBackOff' })
  })

  it('shows what changed from outside, and what will be done about it', () => {
    const seen = (
      over: Partial<SessionFacts>,
      object = worker(),
      known: Partial<SessionRecord> = {},
    ): readonly string[] =>
      planned([project(), object], {
        views: new Map([['Worker/app-1', view(running(over), object, known)]]),
      }).drift.map(drift => `${drift.reason}: ${drift.consequence}`)
    const stopped = { lastExit: { attempt: 0, at: ago(1), reason: 'Stopped' } } as const
    expect(seen({})).toEqual([])
    expect(seen({ process: GONE })).toEqual(['ProcessGone: will be restarted'])
    expect(seen({ process: GONE }, worker(), stopped)).toEqual(['ProcessGone: will be restarted'])
    expect(
      seen({ process: { state: 'absent', serverGone: true } }, worker(), {
        restarts: 1,
        lastExit: { attempt: 1, at: NOW.toISOString(), reason: 'ServerGone' },
      }),
    ).toEqual(['ServerGone: will be restarted after a pause'])
    expect(seen({ process: exited(1, { exitCode: 0 }) })).toEqual(['Exited: left alone'])
    expect(seen({ branch: { state: 'missing', baseSha: BASE_SHA } })).toEqual([
      'BranchMissing: left alone',
    ])
    expect(seen({ workspace: { state: 'gone', path: '/w' } })).toEqual([
      'DirectoryMissing: will be checked out again from its branch',
    ])
    expect(seen({ workspace: prepared('app-1', 'other') })).toEqual(['BranchSwitched: left alone'])
    const moved = { state: 'moved', path: '/b', expectedPath: '/a', branch: undefined } as const
    expect(seen({ workspace: moved })).toEqual(['Moved: left alone; git -C /b worktree move /b /a'])
    const indexLock = { file: '/g/index.lock', since: 0, pid: undefined }
    const locked = { state: 'prepared', path: '/w', branch: 'ao/app-1', indexLock } as const
    expect(seen({ workspace: locked })).toEqual(['IndexLocked: left alone; rm /g/index.lock'])
    expect(seen({ workspace: { ...locked, indexLock: { ...indexLock, pid: 7 } } })).toEqual([
      'IndexLocked: left alone; kill 7, then rm /g/index.lock',
    ])
    expect(seen({ workspace: prepared('app-1', undefined) })).toEqual([])
    expect(seen({ workspace: { state: 'prepared', path: '/w', branch: undefined } })).toEqual([
      'BranchSwitched: left alone',
    ])
    expect(seen({}, worker('app-1', { overrides: { state: 'Running' } }))).toEqual([
      'Overridden: left alone; ao suspend app-1 undoes it',
    ])
    expect(seen({ process: GONE }, worker('app-1', { overrides: { state: 'Suspended' } }))).toEqual(
      ['Overridden: left alone; ao resume app-1 undoes it'],
    )
    expect(seen({ process: GONE }, worker('app-1', { deletionTimestamp: ago(1) }))).toEqual([])
  })

  it('tells that a change of a finished worker is ignored', () => {
    const object = worker()
    const outcome = { state: 'Merged', at: ago(1), preserved: [] } as const
    const refused = [{ path: 'spec.prompt', class: 'fixed' }] as const
    const base = { object, previous: object, changes: refused, unchangedFields: 3, replaced: false }
    const made = planned([project(), object], {
      views: new Map([['Worker/app-1', view(running({ process: GONE }), object, { outcome })]]),
      admitted: new Map([['Worker/app-1', { key: 'Worker/app-1', refused, ...base }]]),
      reacting: false,
    })
    expect(made.drift.map(({ reason }) => reason)).toEqual(['ChangedAfterDone'])
    expect(made.actions.every(action => !isDifference(action))).toBe(true)
  })

  it('tells what it could not look at', () => {
    const views = new Map<ResourceKey, SessionView>([
      ['Worker/app-1', view(running({ process: UNKNOWN }))],
    ])
    expect(planned([project(), worker()], { views }).unknown).toEqual([
      { key: 'Worker/app-1', reason: 'RuntimeUnknown', message: 'cannot look' },
    ])
  })

  it('does not change in place what is fixed, of a project neither', () => {
    const object = project()
    const refused = [{ path: 'spec.path', class: 'fixed' }] as const
    const base = { object, previous: object, changes: refused, unchangedFields: 3, replaced: false }
    const admitted = { key: 'Project/app', ...base, refused } as const
    const made = planned([object], { admitted: new Map([['Project/app', admitted]]) })
    expect(made.actions).toMatchObject([
      { action: 'blocked', blockedVerb: 'replace', reason: 'path cannot change in place' },
    ])
    const accepted = (over: Partial<Admitted>): string | undefined =>
      planned([object], {
        admitted: new Map([['Project/app', { ...admitted, refused: [], ...over }]]),
      }).actions[0]?.action
    expect(accepted({})).toBe('update')
    expect(accepted({ changes: [] })).toBe('unchanged')
    expect(accepted({ previous: undefined })).toBe('create')
  })

  it('counts a dependency cycle once, whatever the validation let through', () => {
    const cycle = [
      worker('app-1', { spec: { dependsOn: ['app-2'] } }),
      worker('app-2', { spec: { dependsOn: ['app-1', 'gone'] } }),
    ]
    expect(inOrder(cycle).map(object => object.name)).toHaveLength(2)
  })
})

describe('admission', () => {
  const admission = (
    over: Partial<AdmissionInput> & Pick<AdmissionInput, 'resources'>,
  ): ReturnType<typeof admit> =>
    admit({
      source: '.ao',
      partial: false,
      replace: false,
      existing: new Map(),
      inventory: [],
      records: [],
      now: NOW,
      newUid: () => 'new',
      ...over,
    })
  const existing = (...objects: Desired[]): AdmissionInput['existing'] =>
    new Map(objects.map(object => [keyOf(object.kind, object.name), object]))

  it('keeps an object that says the same, byte for byte', () => {
    const before = worker()
    const { admitted } = admission({ resources: [worker()], existing: existing(before) })
    expect(admitted[0]?.object).toBe(before)
  })

  it('grows the generation with the spec, and with nothing else', () => {
    const before = worker()
    const spec = admission({
      resources: [worker('app-1', { spec: { priority: 3 } })],
      existing: existing(before),
    })
    expect(spec.admitted[0]).toMatchObject({
      object: { generation: 2, uid: 'uid-app-1' },
      changes: [{ path: 'spec.priority', before: '0', after: '3', class: 'mutable' }],
    })
    const moved = admission({
      resources: [worker('app-1', { origin: { file: 'x.yaml', line: 9, col: 1 } })],
      existing: existing(before),
    })
    expect(moved.admitted[0]?.object).toMatchObject({ generation: 1, origin: { line: 9 } })
  })

  it('refuses to change what something was made from, unless it is replaced', () => {
    const before = worker()
    const resources = [worker('app-1', { spec: { prompt: 'Another.' } })]
    const known = record(before, launched(1, 'x'))
    const refused = admission({ resources, existing: existing(before), records: [known] })
    expect(refused.admitted[0]).toMatchObject({
      object: before,
      refused: [{ path: 'spec.prompt' }],
      replaced: false,
    })
    const replaced = admission({
      resources,
      existing: existing(before),
      records: [known],
      replace: true,
    })
    expect(replaced.admitted[0]).toMatchObject({
      replaced: true,
      object: { deletionTimestamp: NOW.toISOString(), replacement: { name: 'app-1' } },
    })
    expect(
      admission({ resources, existing: existing(before), records: [record(before)] }).admitted[0],
    ).toMatchObject({ refused: [], object: { generation: 2 } })
    const moved = admission({
      resources: [project('app', { spec: { path: '/other' } })],
      existing: existing(project()),
    })
    expect(moved.admitted[0]?.refused).toMatchObject([{ path: 'spec.path' }])
  })

  it('replaces what is being deleted once it is gone', () => {
    const before = worker('app-1', { deletionTimestamp: ago(1), source: 'other' })
    expect(
      admission({ resources: [worker()], existing: existing(before) }).admitted[0],
    ).toMatchObject({ replaced: true, object: { replacement: { name: 'app-1' } } })
  })

  it('knows an object again whose desired state was lost', () => {
    const lost = worker()
    const inventory = [{ key: 'Worker/app-1', uid: 'from-inventory' }] as const
    expect(admission({ resources: [lost], inventory }).admitted[0]?.object.uid).toBe(
      'from-inventory',
    )
    expect(admission({ resources: [lost], records: [record(lost)] }).admitted[0]?.object.uid).toBe(
      'uid-app-1',
    )
    const deleted = record(lost, { outcome: { state: 'Deleted', at: ago(1), preserved: [] } })
    expect(admission({ resources: [lost], records: [deleted] }).admitted[0]?.object.uid).toBe('new')
  })

  it('has one owner for each name', () => {
    const { admitted, conflicts } = admission({
      resources: [worker()],
      existing: existing(worker('app-1', { source: 'elsewhere' })),
    })
    expect([admitted, conflicts]).toEqual([
      [],
      [
        {
          key: 'Worker/app-1',
          message: expect.stringContaining('declared by source "elsewhere"'),
          next: expect.stringContaining('ao delete Worker/app-1 --force'),
        },
      ],
    ])
  })

  it('does not choose between a command and a manifest that contradict each other', () => {
    const before = (state: 'Running' | 'Suspended'): Desired =>
      worker('app-1', { overrides: { state } })
    const says = (state: 'Running' | 'Suspended', fields = {}): DesiredSession =>
      worker('app-1', { own: ['spec.state'], fields, spec: { state } })
    const place = { 'spec.state': { file: 'a.yaml', line: 7, col: 3 } }
    const one = admission({
      resources: [says('Running', place)],
      existing: existing(before('Suspended')),
    })
    expect(one.conflicts).toMatchObject([
      {
        message: 'Worker/app-1 is Suspended by command, but .ao/app.yaml:7 says state: Running',
        next: expect.stringContaining('ao resume app-1'),
      },
    ])
    const two = admission({ resources: [says('Suspended')], existing: existing(before('Running')) })
    expect(two.conflicts).toMatchObject([{ next: expect.stringContaining('ao suspend app-1') }])
    const agreed = admission({
      resources: [says('Suspended')],
      existing: existing(before('Suspended')),
    })
    expect(agreed).toMatchObject({ conflicts: [], admitted: [{ object: { overrides: {} } }] })
    expect(
      admission({ resources: [worker()], existing: existing(before('Suspended')) }),
    ).toMatchObject({
      conflicts: [],
      admitted: [{ object: { overrides: { state: 'Suspended' } } }],
    })
  })

  it('finds what its source left out, if it said all it has', () => {
    const all = existing(
      worker('app-1'),
      worker('app-2'),
      worker('app-3', { source: 'other' }),
      worker('app-4', { deletionTimestamp: ago(1) }),
    )
    expect(
      admission({ resources: [worker('app-1')], existing: all }).orphaned.map(
        object => object.name,
      ),
    ).toEqual(['app-2'])
    expect(
      admission({ resources: [worker('app-1')], existing: all, partial: true }).orphaned,
    ).toEqual([])
  })
})

describe('changes', () => {
  it('tell field by field what was and what is, with places, and long texts by their length', () => {
    const place = { file: 'a.yaml', line: 3, col: 5 }
    const after = worker('app-1', {
      labels: { team: 'x' },
      fields: { 'spec.reactions': place },
      spec: {
        prompt: 'Other.',
        model: 'large',
        agent: { plugin: 'custom', command: ['sh'] },
        runtime: { plugin: 'process' },
        reactions: {
          ...worker().spec.reactions,
          'ci-failed': { ...worker().spec.reactions['ci-failed'], retries: 9 },
        },
      },
    })
    const { changes, unchanged } = compareSpecs(worker(), after)
    expect(changes).toEqual([
      { path: 'metadata.labels', class: 'mutable', before: '{}', after: '{"team":"x"}' },
      {
        path: 'spec.agent',
        class: 'restart',
        before: 'script',
        after: '{"command":["sh"],"plugin":"custom"}',
      },
      { path: 'spec.model', class: 'restart', after: 'large' },
      {
        path: 'spec.prompt',
        class: 'fixed',
        before: describeText('Do it.'),
        after: describeText('Other.'),
      },
      {
        path: 'spec.reactions.ci-failed.retries',
        class: 'mutable',
        before: '2',
        after: '9',
        position: place,
      },
      { path: 'spec.runtime', class: 'restart', before: 'tmux', after: 'process' },
    ])
    expect(unchanged).toBeGreaterThan(20)
    expect(compareSpecs(after, worker()).changes.find(({ path }) => path === 'spec.model')).toEqual(
      { path: 'spec.model', class: 'restart', before: 'large' },
    )
    expect(
      compareSpecs(
        notifier(),
        notifier('hook', { spec: { plugin: 'desktop', config: {}, routes: [] } }),
      ).changes.map(change => change.class),
    ).toEqual(['mutable', 'mutable'])
  })

  it('name each variable of env, and never show what may be a secret', () => {
    const env = { A: 'hunter2', B: '${B}', C: 'same', D: 'gone' }
    const { changes } = compareSpecs(
      worker('app-1', { spec: { env } }),
      worker('app-1', { spec: { env: { A: 'hunter3', B: '${OTHER}', C: 'same', E: 'hunter4' } } }),
    )
    const told = changes.map(({ path, before, after }) => [path, before, after])
    expect(told).toEqual([
      ['spec.env.A', 'a value', 'another value'],
      ['spec.env.B', '${B}', '${OTHER}'],
      ['spec.env.D', 'a value', undefined],
      ['spec.env.E', undefined, 'a value'],
    ])
    expect(changes.every(change => change.class === 'restart')).toBe(true)
  })

  it('of plugins show the settings that differ, without the secrets written among them', () => {
    const scm = (over: object): Desired =>
      project('app', { spec: { scm: { plugin: 'github', token: 'hunter2', ...over } } })
    const repo = 'https://sam:hunter2@git.example.org/acme/shop'
    expect(compareSpecs(scm({}), scm({ token: 'hunter3' })).changes).toMatchObject([
      {
        path: 'spec.scm',
        before: '{"token":"…"}',
        after: '{"token":"…"} (another value)',
      },
    ])
    const { changes } = compareSpecs(scm({}), scm({ repo, token: { valueFrom: { env: 'T' } } }))
    expect(changes[0]?.after).toBe(
      '{"repo":"https://…@git.example.org/acme/shop","token":{"valueFrom":{"env":"T"}}}',
    )
    const other = project('app', { spec: { scm: { plugin: 'gitlab', token: 'hunter2' } } })
    expect(compareSpecs(scm({}), other).changes[0]?.after).toBe('{"plugin":"gitlab","token":"…"}')
    const hook = (path: string): Desired =>
      notifier('hook', {
        spec: {
          plugin: 'webhook',
          routes: ['urgent'],
          config: { url: `https://hooks.example.org/${path}`, headers: { From: path } },
        },
      })
    const moved = compareSpecs(hook('T0/hunter2'), hook('T0/hunter3')).changes
    expect(JSON.stringify(moved)).not.toContain('hunter')
    expect(moved[0]?.after).toBe(
      '{"headers":{"From":"…"},"url":"https://hooks.example.org/…"} (another value)',
    )
  })

  it('of a project are called as in its manifest, also what its sessions inherit', () => {
    const given = (over: object): Desired =>
      project('app', { spec: { sessionDefaults: { rules: [], env: {}, reactions: {}, ...over } } })
    const { changes } = compareSpecs(
      given({ workspace: { plugin: 'worktree' } }),
      given({
        workspace: { plugin: 'clone' },
        permissions: 'full',
        env: { TOKEN: 'hunter2' },
        reactions: { 'ci-failed': { retries: 3 } },
      }),
    )
    expect(changes.map(({ path, class: of, after }) => [path, of, after])).toEqual([
      ['spec.defaults.workspace', 'mutable', 'clone'],
      ['spec.env.TOKEN', 'mutable', 'a value'],
      ['spec.permissions', 'mutable', 'full'],
      ['spec.reactions.ci-failed.retries', 'mutable', '3'],
    ])
  })

  it('have fingerprints that do not depend on the order of keys', () => {
    expect(stable({ b: 1, a: { d: [1, { y: 1, x: 2 }], c: null } })).toBe(
      '{"a":{"c":null,"d":[1,{"x":2,"y":1}]},"b":1}',
    )
    expect(stable(undefined)).toBe('undefined')
    expect(fingerprint('')).toBe('811c9d')
    expect(fingerprint('Do it.')).toMatch(/^[0-9a-f]{6}$/)
    expect(restartFields(project())).toEqual({})
    expect(Object.keys(restartFields(worker())).sort()).toEqual([
      'spec.agent',
      'spec.env',
      'spec.permissions',
      'spec.runtime',
    ])
  })
})

describe('verbs', () => {
  const about = (action: Verb): PlannedAction =>
    plannedAction({ action, kind: 'Worker', name: 'app-1', code: 'X', reason: 'x' })

  it('that take something away are destructive; waiting is no difference', () => {
    expect(VERBS.filter(verb => isDestructive(about(verb)))).toEqual(['replace', 'prune', 'delete'])
    expect(VERBS.filter(verb => !isDifference(about(verb)))).toEqual(['wait', 'unchanged'])
    expect(Object.values(summarize(VERBS.map(verb => about(verb))))).toEqual(VERBS.map(() => 1))
  })

  it('are about keys that people and programs can take apart', () => {
    expect(splitKey('Worker/app-1')).toEqual({ kind: 'Worker', name: 'app-1' })
    expect(() => splitKey('Pod/app-1' as ResourceKey)).toThrow('"Pod/app-1" is not a resource key')
    expect([parseKind('Workers'), parseKind('orch'), parseKind('pods')]).toEqual([
      'Worker',
      'Orchestrator',
      undefined,
    ])
  })

  it('of what runs already are none', () => {
    expect(decide(running({ process: alive(1) })).steps).toEqual([])
  })
})
