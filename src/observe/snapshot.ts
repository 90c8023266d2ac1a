import type { ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import type { Observation } from '../resource/observation.ts'
import { unknown } from '../resource/observation.ts'
import type { DesiredSession, ProjectSpec } from '../resource/spec.ts'
import type { Registry } from '../plugins/registry.ts'
import type { RuntimeListing } from '../plugins/runtime.ts'
import type { PullRequests, PullRequestsWanted, ScmProject } from '../plugins/scm.ts'
import type { RepositoryFacts, WorkspaceRisk, WorkspaceTarget } from '../plugins/workspace.ts'

/** A project as the rest of the program works with it: paths expanded, branch known. */
export interface ProjectContext {
  readonly name: string
  readonly spec: ProjectSpec
  /** Absolute path of the main checkout. */
  readonly repository: string
  /** Absolute directory of its manifest. */
  readonly baseDir: string
  /** Why it can't be told where the repository is: then nothing is known of it. */
  readonly problem?: string
}

/** One look at the world, shared by everybody in a cycle, never changed. */
export interface Snapshot {
  /** Milliseconds since the epoch. */
  readonly takenAt: number
  readonly runtimes: ReadonlyMap<string, Observation<RuntimeListing>>
  /** By project. */
  readonly repositories: ReadonlyMap<string, Observation<RepositoryFacts>>
  /** By project. */
  readonly pullRequests: ReadonlyMap<string, Observation<PullRequests>>
  /** Only of sessions that may be taken away. */
  readonly risks: ReadonlyMap<ResourceKey, Observation<WorkspaceRisk>>
}

/** What a project's sessions want to know of its pull requests. */
export type Reviewed = Pick<PullRequestsWanted, 'branches' | 'numbers' | 'notBefore'>

export interface ObserveInput {
  readonly registry: Registry
  readonly projects: readonly ProjectContext[]
  /** Runtimes that are declared or were used. */
  readonly runtimes: readonly string[]
  /** Sessions that may be taken away: their workspaces are inspected. */
  readonly leaving: readonly {
    readonly session: DesiredSession
    readonly target: WorkspaceTarget
  }[]
  /** Paths of manifest sources, to tell pull requests that change them. */
  readonly sourcePaths: readonly string[]
  /** What may be asked of forges, and of which pull requests. */
  readonly forge: Pick<PullRequestsWanted, 'ask' | 'news'>
  /** By project. */
  readonly reviewed: ReadonlyMap<string, Reviewed>
  /** A project's forge, where it did not answer when it was looked at last. */
  readonly silent: (project: string) => SilentForge | undefined
  readonly home: string
  /** A look made a moment ago, with nothing done since: what it found of this machine is not looked at again. */
  readonly seen?: Snapshot | undefined
  readonly now: () => number
  readonly signal: AbortSignal
}

/** A forge that did not answer, whoever asked it. */
export interface SilentForge {
  /** Milliseconds since the epoch. */
  readonly since: number
  readonly reason: string
}

/** Looks at runtimes, repositories and forges side by side; what can't be looked at is unknown and hides nothing else. */
export async function observe(input: ObserveInput): Promise<Snapshot> {
  const takenAt = input.seen?.takenAt ?? input.now()
  const [runtimes, repositories] = await Promise.all([
    observeRuntimes(input),
    observeRepositories(input),
  ])
  const [pullRequests, risks] = await Promise.all([
    gather(
      input.projects.map(project => project.name),
      async name => observePullRequests(input, name, repositories.get(name)),
    ),
    observeRisks(input, repositories),
  ])
  return { takenAt, runtimes, repositories, pullRequests, risks }
}

/** The branch that a project's work starts from and ends in. */
export function defaultBranchOf(spec: ProjectSpec, repository: RepositoryFacts): string {
  return spec.defaultBranch ?? repository.originHead ?? repository.headBranch ?? 'main'
}

/** Where the default branch stands: as origin has it, else locally. */
export function baseOf(
  spec: ProjectSpec,
  repository: RepositoryFacts,
): { readonly ref: string; readonly sha: string } | undefined {
  const branch = defaultBranchOf(spec, repository)
  const remote = repository.refs.get(`refs/remotes/origin/${branch}`)
  if (remote !== undefined) return { ref: `origin/${branch}`, sha: remote }
  const local = repository.refs.get(`refs/heads/${branch}`)
  return local === undefined ? undefined : { ref: branch, sha: local }
}

/** The manifest sources that lie in a repository, relative to it: a pull request that changes one of them is a person's to merge. */
export function watchPathsOf(
  { path }: RepositoryFacts,
  sourcePaths: readonly string[],
): readonly string[] {
  const prefix = `${path}/`
  return sourcePaths
    .filter(source => source.startsWith(prefix))
    .map(source => source.slice(prefix.length))
}

/** Refs whose commits count as saved elsewhere. */
export function baseRefsOf(spec: ProjectSpec, repository: RepositoryFacts): readonly string[] {
  const branch = defaultBranchOf(spec, repository)
  return [`refs/heads/${branch}`, `refs/remotes/origin/${branch}`].filter(ref =>
    repository.refs.has(ref),
  )
}

export function scmProject(
  context: ProjectContext,
  repository: RepositoryFacts,
  home: string,
): ScmProject {
  return {
    project: context.name,
    repository: context.repository,
    repo: context.spec.repo,
    defaultBranch: defaultBranchOf(context.spec, repository),
    config: context.spec.scm,
    home,
  }
}

async function observeRuntimes(
  input: ObserveInput,
): Promise<ReadonlyMap<string, Observation<RuntimeListing>>> {
  return gather(input.runtimes, async name => {
    const seen = input.seen?.runtimes.get(name)
    if (seen?.state === 'found') return seen
    return input.registry.get('runtime', name).list(input.signal)
  })
}

async function observeRepositories(
  input: ObserveInput,
): Promise<ReadonlyMap<string, Observation<RepositoryFacts>>> {
  const workspace = input.registry.get('workspace', 'worktree')
  // Projects may share a repository: it is looked at once.
  const told = input.projects.filter(project => project.problem === undefined)
  const paths = [...new Set(told.map(project => project.repository))]
  const seen = [...(input.seen?.repositories.values() ?? [])]
  const byPath = await gather(paths, async path => {
    const known = seen.find(one => one.state === 'found' && one.value.path === path)
    return known ?? workspace.observe(path, input.signal)
  })
  return new Map(
    input.projects.map(project => [
      project.name,
      project.problem === undefined
        ? (byPath.get(project.repository) ?? unknown<RepositoryFacts>('not looked at'))
        : unknown<RepositoryFacts>(`Project/${project.name}: ${project.problem}`),
    ]),
  )
}

async function observePullRequests(
  input: ObserveInput,
  name: string,
  repository: Observation<RepositoryFacts> | undefined,
): Promise<Observation<PullRequests>> {
  const project = input.projects.find(candidate => candidate.name === name)
  if (project === undefined || repository?.state !== 'found') {
    return unknown('its repository could not be read')
  }
  const scm = input.registry.get('scm', project.spec.scm.plugin)
  const about = scmProject(project, repository.value, input.home)
  const wanted = {
    ...wantedOf(input, name, repository.value),
    watchPaths: watchPathsOf(repository.value, input.sourcePaths),
  }
  const seen = await scm.observe(about, repository.value, wanted, input.signal)
  return withoutHidden(seen, input.silent(name))
}

/** What a silent forge had before it fell silent is not told as if it were so, also by a process that has not asked it yet. */
function withoutHidden(
  seen: Observation<PullRequests>,
  silent: SilentForge | undefined,
): Observation<PullRequests> {
  if (seen.state === 'unknown' && silent !== undefined) {
    // Who has not asked yet knows nothing else.
    const isAsked = seen.isPassing === true || seen.needsPerson === true
    return isAsked ? seen : { ...seen, reason: silent.reason, isPassing: true }
  }
  if (seen.state !== 'found') return seen
  const { hidden, asOf, listedAt = asOf } = seen.value
  if (hidden !== undefined) return hidden
  return silent === undefined || listedAt > silent.since
    ? seen
    : unknown(silent.reason, { isPassing: true, knownAt: asOf })
}

/** Sessions are on the branches they were given, or on what their agents renamed them to: their workspaces say. */
function wantedOf(
  { forge, reviewed }: ObserveInput,
  project: string,
  repository: RepositoryFacts,
): Omit<PullRequestsWanted, 'watchPaths'> {
  const { branches = [], ...more } = reviewed.get(project) ?? { numbers: [] }
  const checkedOut = repository.worktrees.flatMap(({ owner, branch }) =>
    owner?.purpose === 'session' && branch !== undefined ? [branch] : [],
  )
  return { ...forge, ...more, branches: [...new Set([...branches, ...checkedOut])].sort() }
}

async function observeRisks(
  input: ObserveInput,
  repositories: ReadonlyMap<string, Observation<RepositoryFacts>>,
): Promise<ReadonlyMap<ResourceKey, Observation<WorkspaceRisk>>> {
  const entries = await Promise.all(
    input.leaving.map(async ({ session, target }) => {
      const key = keyOf(session.kind, session.name)
      const repository = repositories.get(session.spec.project)
      const project = input.projects.find(candidate => candidate.name === session.spec.project)
      if (repository?.state !== 'found' || project === undefined) {
        return [key, unknown<WorkspaceRisk>('its repository could not be read')] as const
      }
      const workspace = input.registry.get('workspace', session.spec.workspace.plugin)
      const bases = baseRefsOf(project.spec, repository.value)
      return [
        key,
        await orUnknown(async () => workspace.inspect(target, bases, input.signal)),
      ] as const
    }),
  )
  return new Map(entries)
}

async function gather<T>(
  names: readonly string[],
  look: (name: string) => Promise<Observation<T>>,
): Promise<ReadonlyMap<string, Observation<T>>> {
  const entries = await Promise.all(
    names.map(async name => [name, await orUnknown(async () => look(name))] as const),
  )
  return new Map(entries)
}

async function orUnknown<T>(look: () => Promise<Observation<T>>): Promise<Observation<T>> {
  try {
    return await look()
  } catch (error) {
    return unknown(error instanceof Error ? error.message : String(error))
  }
}
