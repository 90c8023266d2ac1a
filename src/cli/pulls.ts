import { existsSync, realpathSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'

import type { ErrorCode } from '../errors.ts'
import { HouseError, toHouseError } from '../errors.ts'
import { findGitRoot } from '../manifest/load-git.ts'
import { hintFor } from '../manifest/suggest.ts'
import { expandPath } from '../manifest/variables.ts'
import { scmProject } from '../observe/snapshot.ts'
import type { PullRequest, PullRequestsWanted, Scm, ScmProject } from '../plugins/scm.ts'
import type { RepositoryFacts } from '../plugins/workspace.ts'
import { formatMoment } from '../resource/duration.ts'
import type { DesiredProject } from '../resource/spec.ts'
import type { StoreView } from '../store/index.ts'
import { homePaths } from '../store/paths.ts'
import { requireStore } from './ask.ts'
import type { Context } from './context.ts'

/** A project's pull requests, and who is about to work with them. */
export interface Pulls {
  readonly scm: Scm
  readonly project: ScmProject
  readonly repository: RepositoryFacts
  /** The session we are inside of, as it says itself. */
  readonly session: string | undefined
  /** The session whose workspace we stand in, as the workspace says. */
  readonly standsIn: string | undefined
  /** Whom to name as the author: the session, else the person. */
  readonly author: string
  /** What is known from before was not asked for this command; milliseconds since the epoch. */
  readonly since: number
}

/** What was seen of the pull requests there are, in the order of their numbers. */
export interface SeenPulls {
  readonly items: readonly PullRequest[]
  /** Since when and why that is not how they are now. */
  readonly old: string | undefined
  /** Of the others only what a list says is known: not their checks, nor their reviews. */
  readonly isRead: (number: number) => boolean
}

/** Finds the project one means, looks at its repository, and finds out who one is. */
export async function openPulls(context: Context, named: string | undefined): Promise<Pulls> {
  const since = context.now().getTime()
  const store = requireStore(context)
  const object = chooseProject(context, store, named)
  const registry = await context.registry()
  const path = repositoryOf(context, object)
  const look = await registry.get('workspace', 'worktree').observe(path, context.signal)
  if (look.state !== 'found') {
    const why = look.state === 'unknown' ? look.reason : `there is no repository at ${path}`
    throw new HouseError('Unreachable', `Project/${object.name}: ${why}`, { next: 'ao doctor' })
  }
  const repository = look.value
  const about = { name: object.name, spec: object.spec, repository: path, baseDir: object.baseDir }
  const standsIn = ownerOf(context, repository)
  const session = nonEmpty(context.env['AO_SESSION_ID']) ?? standsIn
  return {
    scm: registry.get('scm', object.spec.scm.plugin),
    project: scmProject(about, repository, context.home),
    repository,
    session,
    standsIn,
    author: session ?? (await personName(context, path)),
    since,
  }
}

/** The pull requests there are, also where the forge does not answer just now and they are known from before. */
export async function seePulls(context: Context, pulls: Pulls): Promise<SeenPulls> {
  const { scm, project, repository, since } = pulls
  const seen = await scm.observe(project, repository, allNow(repository), context.signal)
  if (seen.state !== 'found') {
    const isUnknown = seen.state === 'unknown'
    const why = isUnknown ? seen.reason : 'there are none'
    const lacking = isUnknown && seen.isLacking === true ? 'EnvironmentMissing' : 'Stalled'
    const code = isUnknown && seen.needsPerson === true ? lacking : 'Unreachable'
    throw notSeen(context, pulls, code, why)
  }
  const { items, asOf, listedAt = asOf, readAt, trouble } = seen.value
  const isRead = (number: number): boolean => readAt === undefined || number in readAt
  if (listedAt >= since) return { items, old: undefined, isRead }
  const moment = `this is of ${formatMoment(listedAt)}`
  return { items, old: trouble === undefined ? moment : `${moment}: ${trouble}`, isRead }
}

/** The pull requests there are this very moment; throws where that could not be read. */
export async function listPulls(context: Context, pulls: Pulls): Promise<readonly PullRequest[]> {
  const { items, old } = await seePulls(context, pulls)
  if (old === undefined) return items
  const why = `they could not be read now; what is known, ${old}`
  throw notSeen(context, pulls, 'Unreachable', why)
}

/** A person who asks for the list wants it as it is, and whole where sessions are at work. */
function allNow({ worktrees }: RepositoryFacts): PullRequestsWanted {
  const branches = worktrees.flatMap(({ owner, branch }) =>
    owner?.purpose === 'session' && branch !== undefined ? [branch] : [],
  )
  return { watchPaths: [], branches, numbers: [], ask: 'now', news: () => undefined }
}

/** Throws `NotFound` when there is none of that number. `watchPaths`: see `PullRequestsWanted`. */
export async function getPull(
  context: Context,
  pulls: Pulls,
  number: number,
  watchPaths: readonly string[] = [],
): Promise<PullRequest> {
  const { scm, project } = pulls
  try {
    const pull = await scm.get(project, number, { watchPaths }, context.signal)
    if (pull !== undefined) return pull
  } catch (error) {
    const { code, message, next } = toHouseError(error)
    const kind = NOT_ASKED.get(code)
    if (kind === undefined) throw error
    throw notSeen(context, pulls, kind, next === undefined ? message : `${message} (${next})`)
  }
  throw new HouseError('NotFound', `there is no pull request #${number} in ${project.project}`, {
    next: `ao pr list --state all --project ${project.project}`,
  })
}

type NotSeen = 'Unreachable' | 'EnvironmentMissing' | 'Stalled'

/** Nothing was asked that could be refused or not there: it is the forge, its address or its token. */
const NOT_ASKED: ReadonlyMap<ErrorCode, NotSeen> = new Map([
  ['Unreachable', 'Unreachable'],
  ['RateLimited', 'Unreachable'],
  ['EnvironmentMissing', 'EnvironmentMissing'],
  ['Refused', 'Stalled'],
  ['InvalidManifest', 'Stalled'],
  ['NotFound', 'Stalled'],
])

function notSeen(context: Context, { project }: Pulls, code: NotSeen, why: string): HouseError {
  const message = `pull requests of ${project.project}: ${why}`
  if (code === 'Unreachable') {
    return new HouseError(code, message, { next: 'ao doctor', retryable: true })
  }
  if (nonEmpty(context.env['AO_SESSION_ID']) === undefined) {
    return new HouseError(code, message, { next: `ao describe Project/${project.project}` })
  }
  const given = `${message}; an agent has no more of the environment than spec.env gives it`
  return new HouseError(code, given, { next: 'ao explain project.spec.env' })
}

/** `3` or `#3`. */
export function numberOf(text: string): number {
  const [, digits] = /^#?(\d+)$/.exec(text) ?? []
  if (digits !== undefined) return Number(digits)
  throw new HouseError('Usage', `"${text}" is no number of a pull request`, { next: 'ao pr list' })
}

/** Has a watcher look at once, if there is one. */
export function wakeWatcher(context: Pick<Context, 'home' | 'now'>): void {
  const { spool } = homePaths(context.home)
  if (existsSync(spool)) writeFileSync(join(spool, '.wake'), context.now().toISOString())
}

/** `--project`, else the session's own, else the one whose repository one stands in, else the only one. */
function chooseProject(
  context: Context,
  store: StoreView,
  named: string | undefined,
): DesiredProject {
  const projects = [...store.desired.all().values()].filter(object => object.kind === 'Project')
  const name = named ?? nonEmpty(context.env['AO_PROJECT_ID'])
  if (name !== undefined) {
    const found = projects.find(project => project.name === name)
    if (found !== undefined) return found
    const known = projects.map(project => project.name)
    const hint = hintFor(name, known) ?? 'no project is declared'
    throw new HouseError('NotFound', `there is no Project/${name}; ${hint}`, {
      next: 'ao get projects',
    })
  }
  const root = realPath(findGitRoot(context.cwd))
  const here = projects.filter(project => root !== undefined && pathOf(context, project) === root)
  const [only, ...others] = here.length > 0 ? here : projects
  if (only !== undefined && others.length === 0) return only
  const what = projects.length === 0 ? 'no project is declared' : 'several projects are declared'
  throw new HouseError('Usage', `${what}, and this directory belongs to none of them alone`, {
    next: projects.length === 0 ? 'ao apply' : 'name one with --project NAME',
  })
}

/** Inside a session the variables of the path may be missing; the workspace knows its repository by itself. */
function repositoryOf(context: Context, project: DesiredProject): string {
  const path = pathOf(context, project)
  if (path !== undefined) return path
  const root = context.env['AO_PROJECT_ID'] === project.name ? findGitRoot(context.cwd) : undefined
  if (root !== undefined) return root
  return expandPath(project.spec.path, context.env, context.userHome)
}

function pathOf(context: Context, project: DesiredProject): string | undefined {
  try {
    return realPath(expandPath(project.spec.path, context.env, context.userHome))
  } catch {
    return undefined
  }
}

/** What does not exist is given back as it is. */
export function realPath(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  return existsSync(path) ? realpathSync(path) : path
}

function ownerOf(context: Pick<Context, 'cwd'>, repository: RepositoryFacts): string | undefined {
  const here = realPath(context.cwd) ?? context.cwd
  const holding = repository.worktrees.find(
    ({ path }) => here === path || here.startsWith(path + sep),
  )
  return holding?.owner?.purpose === 'session' ? holding.owner.session : undefined
}

async function personName(context: Context, path: string): Promise<string> {
  const git = await context.git()
  const { stdout } = await git(path, ['config', '--get', 'user.name'], { allow: [0, 1] })
  return nonEmpty(stdout.trim()) ?? nonEmpty(context.env['USER']) ?? 'somebody'
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
