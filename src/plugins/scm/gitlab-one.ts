import { HouseError } from '../../errors.ts'
import type { Git } from '../git.ts'
import type { PullRequest, ScmProject } from '../scm.ts'
import type { Signature } from '../../resource/signature.ts'
import type { GitLabClient } from './gitlab-client.ts'
import type { ProjectFacts, WholeMerge } from './gitlab-facts.ts'
import { readProject } from './gitlab-list.ts'
import { authorship, readPeople } from './gitlab-people.ts'
import type { Locate, ProjectPlace } from './gitlab-place.ts'
import { peopleIn, readTails, readTip, readWhole } from './gitlab-read.ts'
import type { RepoReader } from './gitlab-reader.ts'
import { viewMerge } from './gitlab-view.ts'

/** What the parts of this adapter share. */
export interface GitLab {
  readonly git: Git
  readonly locate: Locate
  readonly reader: (project: ScmProject, place: ProjectPlace) => RepoReader
  readonly homeId: () => string | undefined
  readonly now: () => number
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  /** Tells this and other processes that something was done to a project. */
  readonly poke: (reader: RepoReader) => Promise<void>
}

/** A project at its GitLab. */
export interface Desk {
  readonly project: ScmProject
  readonly place: ProjectPlace
  readonly reader: RepoReader
  readonly client: GitLabClient
  /** The id of the home that is worked for. */
  readonly home: string | undefined
}

/** One with the project itself read. */
export interface OpenDesk extends Desk {
  readonly facts: ProjectFacts
}

export async function findDesk(
  { locate, reader, homeId }: GitLab,
  project: ScmProject,
  signal: AbortSignal,
): Promise<Desk> {
  if (signal.aborted) throw new HouseError('Interrupted', 'asking GitLab was interrupted')
  const place = await locate(project, signal)
  const mine = reader(project, place)
  await mine.load()
  return { project, place, reader: mine, client: mine.client, home: homeId() }
}

/** For whoever wants to do something: asks for the project where it isn't known. */
export async function openDesk(
  gitlab: GitLab,
  project: ScmProject,
  signal: AbortSignal,
): Promise<OpenDesk> {
  const desk = await findDesk(gitlab, project, signal)
  const known = desk.reader.facts?.project
  const facts = known ?? (await readProject(desk.client, { name: desk.place.name }, signal))
  return { ...desk, facts }
}

/** One merge request as it is this very moment; undefined when there is none of that number. Throws when it could not be read. */
export async function readMerge(
  desk: OpenDesk,
  { number, watches }: { readonly number: number; readonly watches: boolean },
  signal: AbortSignal,
): Promise<WholeMerge | undefined> {
  const { client, facts } = desk
  const reading = { client, projectId: facts.id }
  const wanted = { before: undefined, isFull: true, watches, baseTip: undefined }
  const merge = await readWhole(reading, number, wanted, signal)
  if (merge === undefined) return undefined
  const baseTip = await readTip(reading, merge.baseBranch, signal)
  return baseTip === undefined ? merge : { ...merge, baseTip }
}

/** The same; throws `NotFound` when there is none. */
export async function needMerge(
  desk: OpenDesk,
  number: number,
  signal: AbortSignal,
): Promise<WholeMerge> {
  const merge = await readMerge(desk, { number, watches: false }, signal)
  if (merge !== undefined) return merge
  throw new HouseError(
    'NotFound',
    `there is no merge request !${number} in ${desk.project.project}`,
    { next: 'ao pr list' },
  )
}

/** As the contract has it, with who its people are and what its failed jobs say. */
export async function showMerge(
  { now }: Pick<GitLab, 'now'>,
  desk: OpenDesk,
  { merge, watchPaths }: { readonly merge: WholeMerge; readonly watchPaths: readonly string[] },
  signal: AbortSignal,
): Promise<PullRequest> {
  const { client, reader, place, facts, home } = desk
  const { people: known = {}, tails = {}, forks = {} } = reader.facts ?? {}
  const about = { projectId: facts.id, known, now: now() }
  return viewMerge(
    {
      settings: place.settings,
      home,
      known: place.known,
      watchPaths,
      project: facts,
      people: await readPeople(client, about, peopleIn(merge), signal),
      forks,
      tails: await readTails(client, merge.jobs, tails, signal),
      tips: {},
    },
    merge,
  )
}

/** Who opened it, by the marker of somebody who may be believed. */
export async function openerOf(
  { now }: Pick<GitLab, 'now'>,
  { client, reader, facts, place, home }: OpenDesk,
  merge: WholeMerge,
  signal: AbortSignal,
): Promise<Signature> {
  const about = { projectId: facts.id, known: reader.facts?.people ?? {}, now: now() }
  const people = await readPeople(client, about, [merge.author], signal)
  return authorship({ people, trust: place.settings.trust, home }, merge.author, merge.body)
}

export function notOpen({ project }: Desk, { number, state }: WholeMerge): HouseError {
  return new HouseError('Conflict', `merge request !${number} of ${project.project} is ${state}`, {
    next: `ao pr view ${number}`,
  })
}
