import type {
  BranchFact,
  ProcessFact,
  PullRequestFact,
  RepositoryFact,
  ReviewFact,
  RiskFact,
  SessionFacts,
  SessionView,
  WorkspaceFact,
} from '../../src/lifecycle/facts.ts'
import type { Company } from '../../src/lifecycle/reaction.ts'
import { DEFAULT_REACTIONS } from '../../src/resource/reactions.ts'
import type { SessionPlanInput } from '../../src/plan/session-input.ts'
import { newRecord } from '../../src/reconcile/state.ts'
import type { SessionKind } from '../../src/resource/key.ts'
import type { SessionRecord } from '../../src/resource/record.ts'
import type {
  DesiredNotifier,
  DesiredProject,
  DesiredSession,
  ProjectSpec,
  ReactionPolicies,
  SessionSpec,
} from '../../src/resource/spec.ts'
import { finalizersOf } from '../../src/resource/spec.ts'

/** The moment at which things built here are looked at. */
export const NOW = new Date('2026-01-02T03:04:05.000Z')
export const BASE_SHA = 'b'.repeat(40)
export const HEAD_SHA = 'c'.repeat(40)

/** What holds when no manifest says anything. */
export const REACTIONS: ReactionPolicies = DEFAULT_REACTIONS

/** A project of nobody else. */
export const ALONE: Company = { orchestrator: false, workers: [], done: [] }

/** A point in time so many milliseconds before `NOW`, RFC 3339. */
export function ago(ms: number): string {
  return new Date(NOW.getTime() - ms).toISOString()
}

export function reactionsWith<R extends keyof ReactionPolicies>(
  reaction: R,
  policy: Partial<ReactionPolicies[R]>,
): ReactionPolicies {
  return { ...REACTIONS, [reaction]: { ...REACTIONS[reaction], ...policy } }
}

export function sessionSpec(
  kind: SessionKind,
  name: string,
  spec: Partial<SessionSpec> = {},
): SessionSpec {
  return {
    project: 'app',
    prompt: 'Do it.',
    ...(kind === 'Worker' ? { branch: `ao/${name}` } : {}),
    agent: { plugin: 'script' },
    permissions: 'default',
    runtime: { plugin: 'tmux' },
    workspace: { plugin: 'worktree' },
    rules: [],
    env: {},
    dependsOn: [],
    priority: 0,
    state: 'Running',
    restartPolicy: 'OnFailure',
    doneWhen: 'merged',
    deletionPolicy: 'Archive',
    reactions: REACTIONS,
    ...spec,
  }
}

/** A session as it stands in `desired/`; only what differs from the usual need be said. */
export function session(
  kind: SessionKind,
  name: string,
  over: Partial<Omit<DesiredSession, 'spec'>> & { readonly spec?: Partial<SessionSpec> } = {},
): DesiredSession {
  return {
    ...common(name),
    finalizers: finalizersOf(kind),
    ...over,
    kind,
    spec: sessionSpec(kind, name, over.spec),
  }
}

export function worker(name = 'app-1', over: Parameters<typeof session>[2] = {}): DesiredSession {
  return session('Worker', name, over)
}

export function orchestrator(
  name = 'app-orchestrator',
  over: Parameters<typeof session>[2] = {},
): DesiredSession {
  return session('Orchestrator', name, over)
}

export function projectSpec(spec: Partial<ProjectSpec> = {}): ProjectSpec {
  return {
    path: '/repos/app',
    defaultBranch: 'main',
    sessionPrefix: 'app',
    scm: { plugin: 'local' },
    workspace: {
      symlinks: [],
      postCreate: [],
      postCreateTimeout: '5m',
      freshBase: true,
      fetchTimeout: '30s',
    },
    limits: {},
    interval: '30s',
    ...spec,
  }
}

export function project(
  name = 'app',
  over: Partial<Omit<DesiredProject, 'spec'>> & { readonly spec?: Partial<ProjectSpec> } = {},
): DesiredProject {
  return { ...common(name), ...over, kind: 'Project', spec: projectSpec(over.spec) }
}

export function notifier(name = 'hook', over: Partial<DesiredNotifier> = {}): DesiredNotifier {
  const spec = { plugin: 'webhook', config: {}, routes: ['urgent', 'action'] } as const
  return { ...common(name), spec, ...over, kind: 'Notifier' }
}

function common(name: string): Omit<DesiredNotifier, 'kind' | 'spec'> {
  return {
    name,
    labels: {},
    annotations: {},
    origin: { file: '.ao/app.yaml', line: 1, col: 1 },
    fields: {},
    own: [],
    baseDir: '/repos/app/.ao',
    uid: `uid-${name}`,
    generation: 1,
    source: '.ao',
    creationTimestamp: ago(3_600_000),
    finalizers: [],
    overrides: {},
  }
}

export function record(object: DesiredSession, over: Partial<SessionRecord> = {}): SessionRecord {
  return { ...newRecord(object), ...over }
}

/** The part of a record that says: attempt so-and-so was started with this. */
export function launched(
  attempt: number,
  specDigest: string,
  at = ago(60_000),
): Pick<SessionRecord, 'attempt' | 'launches'> {
  return {
    attempt,
    launches: [{ attempt, at, promptDigest: 'd'.repeat(64), specDigest, runtime: 'tmux' }],
  }
}

export const REPOSITORY: RepositoryFact = {
  state: 'found',
  hasOrigin: true,
  base: { ref: 'origin/main', sha: BASE_SHA },
  fetchedAt: NOW.getTime() - 5000,
}

export const NO_WORK: RiskFact = {
  state: 'found',
  uncommitted: [],
  untracked: [],
  ignored: [],
  unpushed: 0,
  nested: [],
  busy: undefined,
}

export const OURS: BranchFact = { state: 'ours', sha: HEAD_SHA, baseSha: BASE_SHA }

export function prepared(name = 'app-1', branch: string | undefined = `ao/${name}`): WorkspaceFact {
  return { state: 'prepared', path: `/home/worktrees/app/${name}`, branch }
}

export function alive(
  attempt = 1,
  over: Partial<Extract<ProcessFact, { readonly state: 'alive' }>> = {},
): ProcessFact {
  return {
    state: 'alive',
    runtime: 'tmux',
    handle: '%1',
    pid: 100 + attempt,
    attempt,
    personTyping: false,
    ...over,
  }
}

export function exited(
  attempt = 1,
  how: { readonly exitCode?: number; readonly signal?: number } = { exitCode: 1 },
): ProcessFact {
  return {
    state: 'exited',
    runtime: 'tmux',
    handle: '%1',
    attempt,
    exitCode: how.exitCode,
    signal: how.signal,
  }
}

export const GONE: ProcessFact = { state: 'absent', serverGone: false }

/** Facts of a session of which nothing was made yet. */
export function facts(over: Partial<SessionFacts> = {}): SessionFacts {
  return {
    repository: REPOSITORY,
    branch: { state: 'absent' },
    workspace: { state: 'absent' },
    process: GONE,
    review: { state: 'none' },
    activity: 'unknown',
    lastSignAt: undefined,
    risk: undefined,
    ...over,
  }
}

/** Facts of a session that runs as declared. */
export function running(over: Partial<SessionFacts> = {}): SessionFacts {
  return facts({
    branch: OURS,
    workspace: prepared(),
    process: alive(),
    activity: 'working',
    ...over,
  })
}

export function pullRequest(over: Partial<PullRequestFact> = {}): PullRequestFact {
  return {
    number: 3,
    url: 'ao://app/pulls/3',
    title: 'A change',
    labels: [],
    headBranch: 'ao/app-1',
    baseBranch: 'main',
    stackedOn: undefined,
    state: 'open',
    headSha: HEAD_SHA,
    baseSha: BASE_SHA,
    checks: 'pending',
    failed: [],
    requiredChecks: 1,
    review: 'none',
    answered: false,
    requests: [],
    approved: false,
    threads: [],
    unheard: [],
    queued: false,
    mergeable: 'clean',
    mergeSha: undefined,
    touchesManifests: [],
    ...over,
  }
}

export function review(over: Partial<PullRequestFact> = {}): ReviewFact {
  return { state: 'found', pullRequest: pullRequest(over), others: [] }
}

export function failedCheck(name: string, logTail = 'boom'): PullRequestFact['failed'][number] {
  return { name, step: undefined, logTail, url: undefined }
}

/** What the planner is asked about one session when nothing else stands in the way. */
export function planInput(
  view: SessionView,
  over: Partial<SessionPlanInput> = {},
): SessionPlanInput {
  return {
    view,
    project: projectSpec(),
    changes: [],
    unchangedFields: 0,
    refused: [],
    known: true,
    waitsFor: [],
    closed: [],
    hasCapacity: true,
    mayRestart: true,
    removal: view.object.deletionTimestamp === undefined ? undefined : 'delete',
    reacting: true,
    now: NOW.getTime(),
    ...over,
  }
}
