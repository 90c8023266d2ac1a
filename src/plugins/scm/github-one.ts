import { HouseError } from '../../errors.ts'
import type { PullRequest, ScmProject } from '../scm.ts'
import { awaitMergeable } from './github-decide.ts'
import type { FailedJob, WholePull } from './github-facts.ts'
import type { Forge } from './github-forge.ts'
import type { Place } from './github-guards.ts'
import { readBranch } from './github-guards.ts'
import { readFiles, readJob, unreadJobs } from './github-logs.ts'
import { rulesOf } from './github-memory.ts'
import type { Locate, ProjectPlace } from './github-place.ts'
import { questionKey, readWhole } from './github-read.ts'
import type { RepoReader } from './github-reader.ts'
import { placeOf } from './github-guards.ts'
import { viewPull } from './github-view.ts'

/** What the parts of this adapter share. */
export interface GitHub {
  readonly locate: Locate
  readonly forge: (project: ScmProject, place: ProjectPlace) => Forge
  readonly homeId: () => string | undefined
  readonly now: () => number
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  /** Tells this and other processes that something was done to a repository. */
  readonly poke: (reader: RepoReader) => Promise<void>
}

/** A project at its forge. */
export interface Desk {
  readonly project: ScmProject
  readonly place: ProjectPlace
  readonly forge: Forge
  readonly reader: RepoReader
  readonly at: Place
  /** The id of the home that is worked for. */
  readonly home: string | undefined
}

export async function openDesk(
  { locate, forge, homeId }: GitHub,
  project: ScmProject,
  signal: AbortSignal,
): Promise<Desk> {
  if (signal.aborted) throw new HouseError('Interrupted', 'asking GitHub was interrupted')
  const place = await locate(project, signal)
  const mine = forge(project, place)
  const reader = mine.repo(place.name)
  await reader.load()
  return { project, place, forge: mine, reader, at: placeOf(reader.name), home: homeId() }
}

/** One pull request as it is this very moment; undefined when there is none of that number. Throws when it could not be read. */
export async function readPull(
  { wait }: GitHub,
  { forge, at }: Desk,
  number: number,
  signal: AbortSignal,
): Promise<WholePull | undefined> {
  const question = { owner: at.owner, name: at.repo, number }
  const { batches } = forge
  const key = questionKey(question)
  const reads = await readWhole(forge, [question], signal)
  const read = reads.get(key)
  if (read?.state === 'found') {
    const { pull } = read
    if (pull.state !== 'open' || pull.mergeable !== 'unknown') return pull
    const decided = await awaitMergeable({ batches, wait }, [question], signal)
    return { ...pull, mergeable: decided.get(key) ?? 'unknown' }
  }
  if (read?.state === 'failed') throw read.error
  return undefined
}

/** The same; throws `NotFound` when there is none. */
export async function needPull(
  github: GitHub,
  desk: Desk,
  number: number,
  signal: AbortSignal,
): Promise<WholePull> {
  const pull = await readPull(github, desk, number, signal)
  if (pull !== undefined) return pull
  throw new HouseError(
    'NotFound',
    `there is no pull request #${number} in ${desk.project.project}`,
    { next: 'ao pr list' },
  )
}

/** As the contract has it, with what its branch asks for and what its failed checks say. */
export async function showPull(
  { forge, reader, place, at, home }: Desk,
  pull: WholePull,
  watchPaths: readonly string[],
  signal: AbortSignal,
): Promise<PullRequest> {
  const { client } = forge
  const guards = reader.facts?.guards
  const isKnown = guards?.rules[pull.baseBranch] !== undefined
  const rules = rulesOf(isKnown ? guards : await readBranch(client, at, pull.baseBranch, signal))
  const jobs: Record<string, FailedJob> = { ...reader.facts?.jobs }
  for (const job of pull.state === 'open' ? unreadJobs(pull.contexts, jobs) : []) {
    const said = await readJob(client, at, job, signal)
    if (said !== undefined && job.runId !== undefined) jobs[job.runId] = said
  }
  const { settings, known } = place
  const isWatched = watchPaths.length > 0 && pull.state === 'open'
  const files = isWatched ? { files: await readFiles(client, at, pull, signal) } : {}
  return viewPull({ settings, home, known, watchPaths, rules, jobs }, { ...pull, ...files })
}

export function notOpen({ project }: Desk, { number, state }: WholePull): HouseError {
  return new HouseError('Conflict', `pull request #${number} of ${project.project} is ${state}`, {
    next: `ao pr view ${number}`,
  })
}
