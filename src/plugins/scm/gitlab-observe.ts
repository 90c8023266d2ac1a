import { HouseError, toHouseError } from '../../errors.ts'
import { formatMoment } from '../../resource/duration.ts'
import type { Observation } from '../../resource/observation.ts'
import { found, unknown } from '../../resource/observation.ts'
import type { ForgeMemory, PullRequest, PullRequests, PullRequestsWanted, Scm } from '../scm.ts'
import type { RepositoryFacts } from '../workspace.ts'
import type { RepoFacts } from './gitlab-memory.ts'
import type { Desk, GitLab } from './gitlab-one.ts'
import { findDesk } from './gitlab-one.ts'
import type { RepoReader, Trouble } from './gitlab-reader.ts'
import { viewMerge } from './gitlab-view.ts'

const ENDED_SHOWN = 50
/** What is older than this, in ages at which all of it is read anew, is not told as if it were so. */
const TOO_OLD = 2
/** Waiting mends none of these. */
const PERMANENT: ReadonlySet<string> = new Set([
  'Refused',
  'EnvironmentMissing',
  'InvalidManifest',
  'NotFound',
])

interface Shown {
  readonly facts: RepoFacts
  readonly key: string
  readonly items: readonly PullRequest[]
}

interface Memories {
  readonly memory: ForgeMemory
  /** What of the branches was pushed, by project. */
  readonly pushed: Map<string, string>
  readonly poked: Map<RepoReader, number>
  readonly shown: Map<string, Shown>
}

/** Answers from what the readers know, and has them look when that is allowed and due. */
export function createObserve(gitlab: GitLab, memory: ForgeMemory): Scm['observe'] {
  const memories: Memories = { memory, pushed: new Map(), poked: new Map(), shown: new Map() }
  return async (project, repository, wanted, signal) => {
    try {
      const desk = await findDesk(gitlab, project, signal)
      const { reader, place } = desk
      reader.wish(project.project, {
        settings: place.settings,
        home: desk.home,
        known: place.known,
        branches: new Set(wanted.branches),
        numbers: new Set(wanted.numbers),
        watches: wanted.watchPaths.length > 0,
      })
      if (wanted.ask !== 'nothing') {
        await heedSigns(memories, desk, { repository, wanted })
        if (reader.isDue()) await ask(reader, wanted, signal)
      }
      if (signal.aborted) throw new HouseError('Interrupted', 'looking at GitLab was interrupted')
      return answer(gitlab, desk, wanted, memories.shown)
    } catch (error) {
      const failure = toHouseError(error)
      if (failure.code === 'Interrupted') throw failure
      return notSeen(told(failure), { error: failure })
    }
  }
}

async function ask(
  reader: RepoReader,
  { ask: how, news }: PullRequestsWanted,
  signal: AbortSignal,
): Promise<void> {
  const looking = reader.refresh(signal)
  if (how === 'now') {
    await looking
    return
  }
  // Nobody waits for it. What goes wrong is kept by the reader; that we were interrupted interests nobody.
  looking.then(
    hasNews => {
      if (hasNews) news()
    },
    () => undefined,
  )
}

function answer(
  { now }: GitLab,
  desk: Desk,
  wanted: PullRequestsWanted,
  shown: Map<string, Shown>,
): Observation<PullRequests> {
  const { reader, place, project, home } = desk
  const { facts, trouble } = reader
  // Moments, not what is left until then: that would be another text every second.
  const again =
    wanted.ask === 'nothing' ? '' : `; it is asked again at ${formatMoment(reader.nextAt())}`
  const isPermanent = trouble !== undefined && PERMANENT.has(trouble.error.code)
  if (facts === undefined || facts.listedAt === 0) {
    const never = `${reader.name} was not asked yet`
    return notSeen(trouble === undefined ? never : `${told(trouble.error)}${again}`, trouble)
  }
  const asOf = reader.asOf()
  const age = now() - asOf
  const old = `what is known of ${reader.name} is of ${formatMoment(asOf)}${again}`
  if (isPermanent || age > TOO_OLD * place.settings.maxAgeMs) {
    return notSeen(trouble === undefined ? old : `${told(trouble.error)}; ${old}`, trouble)
  }
  const key = JSON.stringify([wanted.watchPaths, project.config, home, [...place.known]])
  const before = shown.get(project.project)
  const items =
    before?.facts === facts && before.key === key
      ? before.items
      : itemsOf(desk, facts, wanted.watchPaths)
  shown.set(project.project, { facts, key, items })
  const isNamed = !/^\d+$/.test(place.name)
  const isRenamed = isNamed && reader.name.toLowerCase() !== place.name.toLowerCase()
  return found({
    items,
    asOf,
    listedAt: facts.listedAt,
    ...whyOld(trouble),
    ...(isRenamed ? { renamed: reader.name } : {}),
  })
}

function notSeen(
  why: string,
  trouble: Pick<Trouble, 'error'> | undefined,
): Observation<PullRequests> {
  const code = trouble?.error.code
  return unknown(why, code !== undefined && PERMANENT.has(code), code === 'EnvironmentMissing')
}

function whyOld(trouble: Trouble | undefined): Pick<PullRequests, 'trouble'> {
  return trouble === undefined ? {} : { trouble: told(trouble.error) }
}

/** All open ones, those of the last 50 that ended, and whatever else was read. */
function itemsOf(
  { reader, place, home }: Desk,
  facts: RepoFacts,
  watchPaths: readonly string[],
): readonly PullRequest[] {
  const tips = Object.entries(facts.tips).map(([branch, { value }]) => [branch, value] as const)
  const context = {
    settings: place.settings,
    home,
    known: new Set([...place.known, facts.project.path.toLowerCase()]),
    watchPaths,
    project: facts.project,
    people: facts.people,
    forks: facts.forks,
    tails: facts.tails,
    tips: Object.fromEntries(tips),
  }
  const all = Object.values({ ...facts.listed, ...facts.whole })
  const ended = all
    .filter(merge => merge.state !== 'open')
    .toSorted((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1))
    .slice(0, ENDED_SHOWN)
  return [...all.filter(merge => merge.state === 'open'), ...ended]
    .toSorted((a, b) => a.number - b.number)
    .map(merge => {
      const view = viewMerge(context, merge)
      const isUnread = merge.state === 'open' && !('talk' in merge) && reader.isFollowed(merge)
      return isUnread ? notRead(view) : view
    })
}

/** It is somebody's, and could not be read: nothing may be concluded from what is missing. */
function notRead(pull: PullRequest): PullRequest {
  const { sha } = pull.head
  return { ...pull, checks: [{ name: 'not read yet', sha, state: 'pending', required: true }] }
}

/** What costs nothing and says when to look: branches were pushed or fetched, or another process did something. */
async function heedSigns(
  { memory, pushed, poked }: Memories,
  { reader, project }: Desk,
  {
    repository,
    wanted,
  }: { readonly repository: RepositoryFacts; readonly wanted: PullRequestsWanted },
): Promise<void> {
  const heads = headsOf(repository, [...wanted.branches, project.defaultBranch])
  const before = pushed.get(project.project)
  pushed.set(project.project, heads)
  if (before !== undefined && before !== heads) reader.trigger()
  const value = await memory.read(reader.pokeKey)
  if (typeof value !== 'object' || value === null || !('at' in value)) return
  const { at } = value
  if (typeof at !== 'number' || at === poked.get(reader)) return
  poked.set(reader, at)
  if (at > (reader.facts?.listedAt ?? 0)) reader.trigger()
}

/** Where the branches stand as the checkout knows. */
function headsOf({ refs }: RepositoryFacts, branches: readonly string[]): string {
  const wanted = new Set(branches)
  return [...refs]
    .filter(([ref]) => wanted.has(/^refs\/remotes\/[^/]+\/(.+)$/.exec(ref)?.[1] ?? ''))
    .map(([ref, sha]) => `${ref} ${sha}`)
    .join('\n')
}

function told({ message, next }: HouseError): string {
  return next === undefined ? message : `${message} (${next})`
}
