import { expandPath } from '../manifest/variables.ts'
import type { SessionView } from '../lifecycle/facts.ts'
import { wanted } from '../lifecycle/facts.ts'
import type { Company } from '../lifecycle/reaction.ts'
import type { OthersFact } from '../observe/facts.ts'
import { sessionFacts } from '../observe/facts.ts'
import type { ProjectContext, Snapshot } from '../observe/snapshot.ts'
import { baseOf, observe } from '../observe/snapshot.ts'
import { toHouseError } from '../errors.ts'
import type { PlannedBase } from '../plan/action.ts'
import type { Registry } from '../plugins/registry.ts'
import type { PullRequestsWanted } from '../plugins/scm.ts'
import type { WorkspaceTarget } from '../plugins/workspace.ts'
import type { ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import { isAccomplished, needsNothing } from '../resource/record.ts'
import type { Desired, DesiredSession } from '../resource/spec.ts'
import { isSession } from '../resource/spec.ts'
import type { HomePaths } from '../store/paths.ts'
import { worktreePath } from '../store/paths.ts'
import type { AgentNews } from './reports.ts'
import { reviewedBy } from './reviewed.ts'
import { silentForge } from './settle-project.ts'
import type { State } from './state.ts'
import { newRecord, sessionStatus } from './state.ts'

/** What a look needs besides the state. */
export interface Eyes {
  readonly registry: Registry
  readonly paths: HomePaths
  readonly env: Readonly<Record<string, string | undefined>>
  readonly userHome: string
  /** Absolute paths of manifest sources. */
  readonly sourcePaths: readonly string[]
  /** What may be asked of forges that are not on this machine. */
  readonly forge: Pick<PullRequestsWanted, 'ask' | 'news'>
  readonly now: () => Date
  /** What agents said that no status holds yet, by uid. */
  readonly news?: ReadonlyMap<string, AgentNews>
  /** Sessions that are being worked on: nothing is decided about them now, so what their removal would touch need not be known. */
  readonly isBusy?: (key: ResourceKey) => boolean
  /** When the clock was last set while we looked, milliseconds since the epoch: silence from before that is not counted. */
  readonly jumpedAt?: number | undefined
}

/** One look, with what it says of every session. */
export interface World {
  readonly snapshot: Snapshot
  readonly projects: ReadonlyMap<string, ProjectContext>
  readonly views: ReadonlyMap<ResourceKey, SessionView>
  /** By project. */
  readonly companies: ReadonlyMap<string, Company>
  readonly bases: readonly PlannedBase[]
}

export interface LookInput {
  readonly objects: readonly Desired[]
  /** Sessions that may be taken away, besides those being deleted. */
  readonly leaving: ReadonlySet<ResourceKey>
  /** As for `observe`. */
  readonly seen?: Snapshot | undefined
  readonly signal: AbortSignal
}

/** Looks at everything the given objects are about. */
export async function look(eyes: Eyes, state: State, input: LookInput): Promise<World> {
  const { objects, leaving, seen, signal } = input
  const projects = projectContexts(eyes, objects)
  const sessions = objects.filter(isSession)
  const snapshot = await observe({
    registry: eyes.registry,
    projects: [...projects.values()],
    runtimes: runtimesInUse(state, sessions),
    leaving: sessions
      .filter(session => eyes.isBusy?.(keyOf(session.kind, session.name)) !== true)
      .filter(session => mayLeave(state, session, leaving))
      .flatMap(session => targetsOf(eyes, projects, session)),
    sourcePaths: eyes.sourcePaths,
    forge: eyes.forge,
    reviewed: reviewedBy(state, sessions, eyes.now().getTime()),
    silent: name => silentForge(state.status(keyOf('Project', name))),
    home: eyes.paths.root,
    seen,
    now: () => eyes.now().getTime(),
    signal,
  })
  const claims = claimsOf(sessions)
  const views = new Map(
    sessions.map(session => [
      keyOf(session.kind, session.name),
      viewOf(eyes, state, { projects, snapshot, claims }, session),
    ]),
  )
  const companies = companiesOf([...views.values()])
  return { snapshot, projects, views, companies, bases: basesOf(projects, snapshot) }
}

/** By project: whose each claimed pull request and each declared branch is. */
type Claims = ReadonlyMap<
  string,
  { readonly numbers: ReadonlyMap<number, string>; readonly branches: ReadonlyMap<string, string> }
>

function claimsOf(sessions: readonly DesiredSession[]): Claims {
  const claims = new Map<string, { numbers: Map<number, string>; branches: Map<string, string> }>()
  for (const { uid, spec, overrides } of sessions) {
    const entry = claims.get(spec.project) ?? { numbers: new Map(), branches: new Map() }
    if (overrides.pullRequest !== undefined) entry.numbers.set(overrides.pullRequest, uid)
    if (spec.branch !== undefined) entry.branches.set(spec.branch, uid)
    claims.set(spec.project, entry)
  }
  return claims
}

function othersOf(claims: Claims, { uid, spec }: DesiredSession): OthersFact {
  const { numbers, branches } = claims.get(spec.project) ?? {}
  const isOthers = (owner: string | undefined): boolean => owner !== undefined && owner !== uid
  return {
    hasClaimed: number => isOthers(numbers?.get(number)),
    wasGiven: branch => isOthers(branches?.get(branch)),
  }
}

/** Where the workspace of a session is, or would be. */
export function workspaceTarget(
  paths: HomePaths,
  project: ProjectContext,
  session: DesiredSession,
): WorkspaceTarget {
  return {
    repository: project.repository,
    home: paths.root,
    session: session.name,
    uid: session.uid,
    path: worktreePath(paths, project.name, session.name),
    branch: session.spec.branch,
  }
}

/** What one session looks like in a snapshot, with its newest record. */
function viewOf(
  eyes: Eyes,
  state: State,
  {
    projects,
    snapshot,
    claims,
  }: Pick<World, 'projects' | 'snapshot'> & { readonly claims: Claims },
  object: DesiredSession,
): SessionView {
  const record = state.record(object.uid) ?? newRecord(object)
  const status = sessionStatus(state, keyOf(object.kind, object.name))
  const fresh = eyes.news?.get(object.uid)
  const news = fresh !== undefined && fresh.attempt >= record.attempt ? fresh : undefined
  const current = status !== undefined && status.attempt === record.attempt
  const facts = sessionFacts({
    object,
    record,
    project: projects.get(object.spec.project),
    snapshot,
    workspacePath: worktreePath(eyes.paths, object.spec.project, object.name),
    namesakes: () => state.records().filter(({ name }) => name === object.name),
    others: othersOf(claims, object),
    activity: news?.activity ?? (current ? status.agent.activity : 'unknown'),
    lastSignAt: lastSign(eyes, object, [
      record.launches.at(-1)?.at,
      status?.since['sign'],
      news?.at,
    ]),
  })
  return { object, record, facts }
}

/** The newest of the given moments; undefined for an agent that never says anything. */
function lastSign(
  eyes: Eyes,
  object: DesiredSession,
  moments: readonly (string | undefined)[],
): number | undefined {
  if (eyes.registry.find('agent', object.spec.agent.plugin)?.reports !== true) return undefined
  const times = moments.flatMap(time => (time === undefined ? [] : [Date.parse(time)]))
  return times.length === 0 ? undefined : Math.max(...times, eyes.jumpedAt ?? -Infinity)
}

function projectContexts(
  eyes: Eyes,
  objects: readonly Desired[],
): ReadonlyMap<string, ProjectContext> {
  const contexts = new Map<string, ProjectContext>()
  for (const object of objects) {
    if (object.kind !== 'Project') continue
    contexts.set(object.name, {
      name: object.name,
      spec: object.spec,
      baseDir: object.baseDir,
      ...repositoryOf(eyes, object.spec.path),
    })
  }
  return contexts
}

/** A variable that is not set in whoever looks makes one project unknown, and stops nobody else. */
function repositoryOf(
  eyes: Eyes,
  path: string,
): Pick<ProjectContext, 'repository'> | Pick<ProjectContext, 'repository' | 'problem'> {
  try {
    return { repository: expandPath(path, eyes.env, eyes.userHome) }
  } catch (error) {
    const { message, next } = toHouseError(error)
    const help = next === undefined ? '' : `; ${next}`
    return { repository: path, problem: `spec.path: ${message}${help}` }
  }
}

export const NO_COMPANY: Company = { orchestrator: false, workers: [], done: [] }

/** Who else there is in each project. */
export function companiesOf(views: readonly SessionView[]): ReadonlyMap<string, Company> {
  const companies = new Map<string, { orchestrator: boolean; workers: string[]; done: string[] }>()
  for (const { object, record, facts } of views) {
    const { project } = object.spec
    const company = companies.get(project) ?? { orchestrator: false, workers: [], done: [] }
    if (object.kind === 'Orchestrator') {
      company.orchestrator = wanted(object) === 'running' && facts.process.state === 'alive'
    } else {
      company.workers.push(object.name)
      if (isAccomplished(record.outcome)) company.done.push(object.name)
    }
    companies.set(project, company)
  }
  return companies
}

function runtimesInUse(state: State, sessions: readonly DesiredSession[]): readonly string[] {
  const names = sessions.flatMap(session => {
    const last = state.record(session.uid)?.launches.at(-1)?.runtime
    return [session.spec.runtime.plugin, ...(last === undefined ? [] : [last])]
  })
  return [...new Set(names)].sort()
}

/** Whether the session's workspace may be taken away in this pass, so that what that touches must be known. */
function mayLeave(
  state: State,
  session: DesiredSession,
  leaving: ReadonlySet<ResourceKey>,
): boolean {
  if (wanted(session) === 'deleted' || leaving.has(keyOf(session.kind, session.name))) return true
  return needsNothing(state.record(session.uid)?.outcome) && session.finalizers.length > 0
}

function targetsOf(
  eyes: Eyes,
  projects: ReadonlyMap<string, ProjectContext>,
  session: DesiredSession,
): readonly { readonly session: DesiredSession; readonly target: WorkspaceTarget }[] {
  const project = projects.get(session.spec.project)
  return project === undefined
    ? []
    : [{ session, target: workspaceTarget(eyes.paths, project, session) }]
}

function basesOf(
  projects: ReadonlyMap<string, ProjectContext>,
  snapshot: Snapshot,
): readonly PlannedBase[] {
  return [...projects.values()].flatMap(project => {
    const repository = snapshot.repositories.get(project.name)
    if (repository?.state !== 'found') return []
    const base = baseOf(project.spec, repository.value)
    if (base === undefined) return []
    const { fetchedAt } = repository.value
    const fetched = fetchedAt === undefined ? {} : { fetchedAt: new Date(fetchedAt).toISOString() }
    return [{ project: project.name, ...base, ...fetched }]
  })
}
