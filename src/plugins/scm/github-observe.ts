import { HouseError, toHouseError } from '../../errors.ts'
import { formatMoment } from '../../resource/duration.ts'
import type { Observation } from '../../resource/observation.ts'
import { found, unknown } from '../../resource/observation.ts'
import type { Trouble } from '../forge-trouble.ts'
import { describeFailure, describeTrouble, isPermanent, needsPerson } from '../forge-trouble.ts'
import type { ForgeMemory, PullRequest, PullRequests, PullRequestsWanted, Scm } from '../scm.ts'
import type { RepositoryFacts } from '../workspace.ts'
import type { Forge } from './github-forge.ts'
import type { RepoFacts } from './github-memory.ts'
import { rulesOf } from './github-memory.ts'
import type { Desk, GitHub } from './github-one.ts'
import { openDesk } from './github-one.ts'
import type { RepoReader } from './github-reader.ts'
import { viewPull } from './github-view.ts'

const ENDED_SHOWN = 50
/** What is older than this, in ages at which all of it is read anew, is not told as if it were so. */
const TOO_OLD = 2
interface Observing {
  readonly github: GitHub
  readonly memory: ForgeMemory
}

interface Shown {
  readonly facts: RepoFacts
  readonly trouble: Trouble | undefined
  readonly key: string
  readonly items: readonly PullRequest[]
}

/** Answers from what the readers know, and has them look when that is allowed and due. */
export function createObserve(observing: Observing): Scm['observe'] {
  const { github, memory } = observing
  const pushed = new Map<string, string>()
  const poked = new Map<RepoReader, number>()
  const shown = new Map<string, Shown>()
  const told = new Map<Forge, number>()
  return async (project, repository, wanted, signal) => {
    try {
      const desk = await openDesk(github, project, signal)
      const { reader, place, home } = desk
      reader.wish(project.project, {
        settings: place.settings,
        home,
        known: place.known,
        branches: new Set(wanted.branches),
        numbers: new Set(wanted.numbers),
        watches: wanted.watchPaths.length > 0,
      })
      if (wanted.ask !== 'nothing') {
        const heads = headsOf(repository, [...wanted.branches, project.defaultBranch])
        const before = pushed.get(project.project)
        pushed.set(project.project, heads)
        if (before !== undefined && before !== heads) reader.trigger()
        await heedPoke(memory, reader, poked)
        if (reader.isDue()) await ask(told, desk.forge, wanted, signal)
      }
      return answer(github, desk, { wanted, shown }, signal)
    } catch (error) {
      const failure = toHouseError(error)
      if (failure.code === 'Interrupted') throw failure
      return unknown(describeFailure(failure), isPermanent(failure), isLacking({ error: failure }))
    }
  }
}

function isLacking(trouble: { readonly error: HouseError } | undefined): boolean {
  return trouble?.error.code === 'EnvironmentMissing'
}

async function ask(
  told: Map<Forge, number>,
  forge: Forge,
  { ask: how, news }: PullRequestsWanted,
  signal: AbortSignal,
): Promise<void> {
  if (!told.has(forge)) told.set(forge, forge.version())
  const tell = (): void => {
    const version = forge.version()
    if (told.get(forge) === version) return
    told.set(forge, version)
    if (how !== 'now') news()
  }
  const look = async (): Promise<void> => {
    await forge.refresh(signal)
    // What GitHub has yet to work out keeps nobody from what it knows.
    tell()
    await forge.decide(signal)
    tell()
  }
  if (how === 'now') return look()
  // Nobody waits for it. What goes wrong is kept by the reader; that we were interrupted interests nobody.
  void look().catch(() => undefined)
}

function answer(
  { now }: GitHub,
  desk: Desk,
  { wanted, shown }: { readonly wanted: PullRequestsWanted; readonly shown: Map<string, Shown> },
  signal: AbortSignal,
): Observation<PullRequests> {
  const { reader, place, project, home } = desk
  const { facts, trouble } = reader
  if (signal.aborted) throw new HouseError('Interrupted', 'looking at GitHub was interrupted')
  const again =
    wanted.ask === 'nothing' ? '' : `; it is asked again at ${formatMoment(reader.nextAt())}`
  const isStalled = trouble !== undefined && needsPerson(trouble)
  if (facts === undefined || facts.listedAt === 0) {
    const never = `${reader.name} was not asked yet`
    const why = trouble === undefined ? never : `${describeTrouble(trouble)}${again}`
    return unknown(why, isStalled, isLacking(trouble))
  }
  const asOf = reader.asOf()
  const age = now() - asOf
  const old = `what is known of ${reader.name} is of ${formatMoment(asOf)}`
  if (isStalled || age > TOO_OLD * place.settings.maxAgeMs) {
    const why = trouble === undefined ? '' : `${describeTrouble(trouble)}; `
    return unknown(`${why}${old}${again}`, isStalled, isLacking(trouble))
  }
  const key = JSON.stringify([wanted.watchPaths, project.config, home, [...place.known]])
  const before = shown.get(project.project)
  const items =
    before?.facts === facts && before.key === key && before.trouble === trouble
      ? before.items
      : itemsOf(desk, facts, wanted.watchPaths)
  shown.set(project.project, { facts, trouble, key, items })
  const isRenamed = reader.name.toLowerCase() !== place.name.toLowerCase()
  return found({
    items,
    asOf,
    listedAt: facts.listedAt,
    ...whyOld(trouble),
    ...(isRenamed ? { renamed: reader.name } : {}),
  })
}

function whyOld(trouble: Trouble | undefined): Pick<PullRequests, 'trouble'> {
  return trouble === undefined ? {} : { trouble: describeTrouble(trouble) }
}

/** All open ones, those of the last 50 that ended, and whatever else was read. */
function itemsOf(
  { reader, place, home }: Desk,
  facts: RepoFacts,
  watchPaths: readonly string[],
): readonly PullRequest[] {
  const { settings, known } = place
  const context = {
    settings,
    home,
    known,
    watchPaths,
    rules: rulesOf(facts.guards),
    jobs: facts.jobs,
  }
  const all = Object.values({ ...facts.listed, ...facts.whole })
  const ended = all
    .filter(pull => pull.state !== 'open')
    .toSorted((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1))
    .slice(0, ENDED_SHOWN)
  const shown = [...all.filter(pull => pull.state === 'open'), ...ended]
  return shown
    .toSorted((a, b) => a.number - b.number)
    .map(pull => {
      const view = viewPull({ ...context, known }, pull)
      return pull.state === 'open' && !('contexts' in pull) && reader.isFollowed(pull)
        ? notRead(view, reader.trouble?.error.message)
        : view
    })
}

/** It is somebody's, and could not be read: nothing may be concluded from what is missing. */
function notRead(pull: PullRequest, why: string | undefined): PullRequest {
  const { sha } = pull.head
  const check = { name: 'not read yet', sha, state: 'pending', required: true } as const
  return { ...pull, checks: [why === undefined ? check : { ...check, logTail: why }] }
}

/** Where the branches stand as the checkout knows from pushing and fetching: it costs nothing, and says when to look. */
function headsOf({ refs }: RepositoryFacts, branches: readonly string[]): string {
  const wanted = new Set(branches)
  return [...refs]
    .filter(([ref]) => wanted.has(/^refs\/remotes\/[^/]+\/(.+)$/.exec(ref)?.[1] ?? ''))
    .map(([ref, sha]) => `${ref} ${sha}`)
    .join('\n')
}

/** Another process may have done something. */
async function heedPoke(
  memory: ForgeMemory,
  reader: RepoReader,
  poked: Map<RepoReader, number>,
): Promise<void> {
  const value = await memory.read(reader.pokeKey)
  if (typeof value !== 'object' || value === null || !('at' in value)) return
  const { at } = value
  if (typeof at !== 'number' || at === poked.get(reader)) return
  poked.set(reader, at)
  if (at > (reader.facts?.listedAt ?? 0)) reader.trigger()
}
