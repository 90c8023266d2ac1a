import { DEFAULT_REACTIONS } from '../../src/resource/reactions.ts'
import type { Plan, PlannedAction } from '../../src/plan/action.ts'
import { summarize } from '../../src/plan/action.ts'
import type { Condition } from '../../src/resource/conditions.ts'
import type { Kind } from '../../src/resource/key.ts'
import { keyOf } from '../../src/resource/key.ts'
import type { SessionRecord } from '../../src/resource/record.ts'
import type {
  DesiredNotifier,
  DesiredProject,
  DesiredSession,
  Position,
} from '../../src/resource/spec.ts'
import type { SessionStatus } from '../../src/resource/status.ts'
import type { Event, JournalEntry, OutboxItem } from '../../src/store/types.ts'

export const NOW = new Date('2026-03-01T12:00:00Z')

/** RFC 3339 of so many seconds before NOW. */
export function ago(seconds: number): string {
  return new Date(NOW.getTime() - seconds * 1000).toISOString()
}

export function at(line: number, col = 1, file = '/home/ada/shop/.ao/workers.yaml'): Position {
  return { file, line, col }
}

export function action(
  verb: PlannedAction['action'],
  kind: Kind,
  name: string,
  more: Partial<PlannedAction> = {},
): PlannedAction {
  return {
    action: verb,
    kind,
    name,
    key: keyOf(kind, name),
    code: 'Declared',
    reason: '',
    changes: [],
    unchangedFields: 0,
    details: [],
    keeps: [],
    loses: [],
    guards: [],
    after: [],
    steps: [],
    ...more,
  }
}

export function plan(actions: readonly PlannedAction[], more: Partial<Plan> = {}): Plan {
  return {
    actions,
    drift: [],
    unknown: [],
    summary: summarize(actions),
    observedAt: ago(2),
    bases: [
      {
        project: 'shop',
        ref: 'origin/main',
        sha: '9f2c1d04b7a1e5d3c2b1a0f9e8d7c6b5a4938271',
        fetchedAt: ago(12 * 60),
      },
    ],
    ...more,
  }
}

/** One row of every sort that a plan for people has to show. */
export function fullPlan(): Plan {
  return plan(
    [
      action('unchanged', 'Project', 'shop'),
      action('unchanged', 'Orchestrator', 'shop-orchestrator'),
      action('create', 'Worker', 'shop-metrics', {
        reason: 'declared and not there',
        position: at(12),
        details: [
          ['branch', 'ao/shop-metrics from origin/main@9f2c1d0'],
          ['worktree', '~/.ao/worktrees/shop/shop-metrics'],
          ['agent', 'claude-code, prompt 412 chars (3be1a9)'],
        ],
        after: ['Worker/shop-login'],
      }),
      action('update', 'Worker', 'shop-login', {
        reason: 'its manifest changed',
        changes: [
          { path: 'priority', before: '0', after: '10', position: at(31, 15) },
          { path: 'reactions.ci-failed.retries', after: '3', position: at(34, 18) },
        ],
        unchangedFields: 9,
      }),
      action('restart', 'Worker', 'shop-deps', {
        reason: 'agent cannot change while running',
        changes: [{ path: 'agent', before: 'claude-code', after: 'custom', position: at(44, 12) }],
        keeps: ['branch ao/shop-deps (2 commits ahead), worktree, PR #218'],
        loses: ['conversation of 1h04m (a claude-code session cannot be resumed by custom)'],
      }),
      action('prune', 'Worker', 'shop-done', {
        reason: 'no longer declared',
        guards: [{ guard: 'UnpushedWork', passed: true, message: 'everything is pushed' }],
        keeps: ['branch ao/shop-done'],
        loses: ['worktree (2 ignored files)'],
      }),
      action('blocked', 'Worker', 'shop-spike', {
        blockedVerb: 'delete',
        reason: 'deletion was asked',
        guards: [
          {
            guard: 'UnpushedWork',
            passed: false,
            message: '2 unpushed commits on ao/shop-spike',
            unblock: 'ao delete Worker/shop-spike --force',
          },
        ],
      }),
      action('wait', 'Worker', 'shop-docs', {
        reason: 'waits until Worker shop-login is Done',
        position: at(52),
      }),
      action('unknown', 'Worker', 'web-landing', { reason: 'could not look' }),
    ],
    {
      drift: [
        {
          key: 'Worker/shop-login',
          reason: 'UncommittedFiles',
          message: '3 uncommitted files in the worktree',
          consequence: 'left alone',
        },
        {
          key: 'Worker/shop-deps',
          reason: 'ServerGone',
          message: 'tmux server restarted 4m ago, pane gone',
          consequence: 'will be restarted',
        },
      ],
      unknown: [
        {
          key: 'Worker/web-landing',
          reason: 'RepositoryUnknown',
          message: 'repository ~/src/web is not readable (EACCES)',
        },
      ],
    },
  )
}

export function project(): DesiredProject {
  return {
    kind: 'Project',
    name: 'shop',
    labels: {},
    annotations: {},
    origin: at(3, 1, '/home/ada/shop/.ao/project.yaml'),
    fields: {},
    own: [],
    baseDir: '/home/ada/shop/.ao',
    spec: {
      path: '/home/ada/shop',
      sessionPrefix: 'shop',
      scm: { plugin: 'local' },
      workspace: {
        symlinks: ['.env'],
        postCreate: ['npm ci'],
        postCreateTimeout: '5m',
        freshBase: true,
        fetchTimeout: '30s',
      },
      limits: { maxActive: 4 },
      interval: '30s',
    },
    ...stored('a1b2c3d4-0000-4000-8000-000000000001'),
  }
}

export function notifier(): DesiredNotifier {
  return {
    kind: 'Notifier',
    name: 'oncall',
    labels: {},
    annotations: {},
    origin: at(40, 1, '/home/ada/shop/.ao/project.yaml'),
    fields: {},
    own: [],
    baseDir: '/home/ada/shop/.ao',
    spec: {
      plugin: 'webhook',
      config: { url: '${ONCALL_URL}' },
      routes: ['urgent', 'action'],
    },
    ...stored('a1b2c3d4-0000-4000-8000-000000000002'),
  }
}

export function session(
  kind: 'Worker' | 'Orchestrator',
  name: string,
  more: Partial<DesiredSession> = {},
): DesiredSession {
  return {
    kind,
    name,
    labels: { team: 'checkout' },
    annotations: {},
    origin: at(12),
    fields: { 'spec.reactions.ci-failed.retries': at(20, 16) },
    own: [],
    baseDir: '/home/ada/shop/.ao',
    spec: {
      project: 'shop',
      prompt: 'Add a login form. The password is never logged.',
      ...(kind === 'Worker' ? { branch: `ao/${name}` } : {}),
      agent: { plugin: 'claude-code' },
      permissions: 'default',
      runtime: { plugin: 'tmux' },
      workspace: { plugin: 'worktree' },
      rules: ['Write tests.'],
      env: { API_TOKEN: '${API_TOKEN}' },
      dependsOn: [],
      priority: 0,
      state: 'Running',
      restartPolicy: 'OnFailure',
      doneWhen: 'merged',
      deletionPolicy: 'Archive',
      reactions: {
        ...DEFAULT_REACTIONS,
        'ci-failed': { auto: true, retries: 3, escalateAfter: '30m', priority: 'action' },
        'changes-requested': { auto: true, retries: 3, priority: 'action' },
        'agent-exited': { auto: true, retries: 5, priority: 'warning' },
        'agent-stuck': { auto: true, threshold: '10m', priority: 'urgent' },
      },
    },
    ...stored('7c1e44aa-0000-4000-8000-000000000003'),
    finalizers: ['agent', 'runtime', 'workspace', 'branch'],
    ...more,
  }
}

export function condition(
  type: Condition['type'],
  status: Condition['status'],
  reason: Condition['reason'],
  message: string,
): Condition {
  return {
    type,
    status,
    reason,
    message,
    observedGeneration: 2,
    lastTransitionTime: ago(41 * 60),
  }
}

export function status(
  display: string,
  ready: Condition,
  more: Partial<SessionStatus> = {},
): SessionStatus {
  return {
    observedGeneration: 2,
    conditions: [ready],
    lifecycle: { session: { alive: 'working' }, review: 'open' },
    display,
    attempt: 2,
    branch: 'ao/shop-login',
    baseSha: '9f2c1d04b7a1e5d3c2b1a0f9e8d7c6b5a4938271',
    workspace: '/home/ada/.ao/worktrees/shop/shop-login',
    runtime: { plugin: 'tmux', handle: '%4', pid: 4711 },
    agent: { plugin: 'claude-code', activity: 'working', sessionId: '3be1a9d0' },
    since: {},
    ...more,
  }
}

export const REVIEWED: SessionStatus = status(
  'Reviewing',
  condition('Ready', 'True', 'Running', 'waiting for review'),
  {
    conditions: [
      condition('Ready', 'True', 'Running', 'waiting for review'),
      condition('SessionRunning', 'True', 'Running', 'pane %4, pid 4711'),
      condition('ChecksPassing', 'True', 'ChecksPassing', 'all 2 checks pass'),
    ],
    pullRequest: {
      number: 12,
      url: 'file:///home/ada/shop.git#12',
      state: 'open',
      headSha: '41ce09a0b7a1e5d3c2b1a0f9e8d7c6b5a4938271',
      checks: 'passing',
      review: 'none',
    },
  },
)

export const RECORD: SessionRecord = {
  uid: '7c1e44aa-0000-4000-8000-000000000003',
  kind: 'Worker',
  name: 'shop-login',
  project: 'shop',
  source: '/home/ada/shop/.ao',
  attempt: 2,
  launches: [
    {
      attempt: 1,
      at: ago(3 * 3600),
      promptDigest: '3be1a9d0c4',
      specDigest: 'aa',
      runtime: 'tmux',
    },
    { attempt: 2, at: ago(41 * 60), promptDigest: '3be1a9d0c4', specDigest: 'aa', runtime: 'tmux' },
  ],
  restarts: 1,
  lastExit: { attempt: 1, at: ago(42 * 60), exitCode: 1, reason: 'Exited' },
  budgets: { 'ci-failed#12': { used: 1, firstSeenAt: ago(20 * 60) } },
  handled: {},
  preserved: [],
}

export const OUTBOX: readonly OutboxItem[] = [
  {
    id: 'm1',
    type: 'message',
    createdAt: ago(20 * 60),
    tries: 1,
    to: '7c1e44aa-0000-4000-8000-000000000003',
    session: 'shop-login',
    text: 'The check "test" fails:\n\u001b[31m1 of 20 tests failed\u001b[0m',
    origin: 'automatic',
    cause: 'ci-failed#12',
    state: 'accepted',
    attempt: 2,
    digest: 'ff',
    updatedAt: ago(19 * 60),
  },
  {
    id: 'm2',
    type: 'message',
    createdAt: ago(10),
    tries: 0,
    to: 'somebody-else',
    session: 'shop-docs',
    text: 'not for this session',
    origin: 'person',
    state: 'queued',
    digest: 'ee',
    updatedAt: ago(10),
  },
]

export const JOURNAL: readonly JournalEntry[] = [
  entry('begin', 'session.start', 41 * 60 + 1),
  { ...entry('end', 'session.start', 41 * 60), message: 'pane %4' },
]

export const EVENTS: readonly Event[] = [
  event(41, 'Normal', 'Started', 41 * 60, 'attempt 2 runs in pane %4'),
  {
    ...event(42, 'Warning', 'ChecksFailing', 12 * 60, 'check "test" fails at 41ce09a'),
    count: 3,
    firstTime: ago(20 * 60),
  },
  { ...event(43, 'Normal', 'Merged', 5, 'as 88aa11b'), object: 'Worker/shop-docs' },
]

function entry(phase: JournalEntry['phase'], step: string, seconds: number): JournalEntry {
  return {
    id: 'j1',
    phase,
    time: ago(seconds),
    bootId: 'boot',
    object: 'Worker/shop-login',
    uid: '7c1e44aa-0000-4000-8000-000000000003',
    attempt: 2,
    step,
  }
}

function event(
  seq: number,
  type: Event['type'],
  reason: string,
  seconds: number,
  message: string,
): Event {
  return {
    seq,
    time: ago(seconds),
    type,
    reason,
    object: 'Worker/shop-login',
    attempt: 2,
    message,
    count: 1,
    firstTime: ago(seconds),
  }
}

function stored(uid: string) {
  return {
    uid,
    generation: 2,
    source: '/home/ada/shop/.ao',
    creationTimestamp: ago(3 * 3600),
    finalizers: [],
    overrides: {},
  } as const
}
