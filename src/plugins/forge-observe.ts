import { HouseError, toHouseError } from '../errors.ts'
import { formatMoment } from '../resource/duration.ts'
import type { Observation, Unseen } from '../resource/observation.ts'
import { found, unknown } from '../resource/observation.ts'
import type { Trouble } from './forge-trouble.ts'
import {
  describeFailure,
  describeTrouble,
  isHiding,
  isLacking,
  isPassing,
  isPermanent,
  needsPerson,
} from './forge-trouble.ts'
import type {
  ForgeMemory,
  PullRequest,
  PullRequests,
  PullRequestsWanted,
  Scm,
  ScmProject,
} from './scm.ts'
import type { RepositoryFacts } from './workspace.ts'

/** What a project wants to know of a repository of a forge. */
export interface ForgeWish<Settings> {
  readonly settings: Settings
  /** Its id. */
  readonly home: string | undefined
  /** Repositories of the forge that its checkout has remotes for. */
  readonly known: ReadonlySet<string>
  readonly branches: ReadonlySet<string>
  readonly numbers: ReadonlySet<number>
  /** Whether it matters which paths a pull request changes. */
  readonly watches: boolean
}

/** Who reads a repository of a forge, for all projects of this process. */
export interface ForgeReader {
  /** As the forge calls it now. */
  readonly name: string
  /** Under which something done to it is told to other processes. */
  readonly pokeKey: string
  /** What is known; replaced as a whole when it changes. */
  readonly facts: { readonly listedAt: number } | undefined
  readonly trouble: Trouble | undefined
  trigger(): void
  isDue(): boolean
  /** Milliseconds since the epoch, as `asOf`. */
  nextAt(): number
  asOf(): number
  /** The same of each one that is read whole, by number. */
  readAt(): Readonly<Record<number, number>>
}

/** A project at its forge, whose reader knows what is wanted. */
export interface ForgeDesk {
  readonly home: string | undefined
  readonly place: {
    /** As declared. */
    readonly name: string
    readonly known: ReadonlySet<string>
    readonly settings: { readonly maxAgeMs: number }
  }
  readonly reader: ForgeReader
  /** Reads what is due: at once, or in the background and tells when there is news. What fails is kept by the reader. */
  readonly ask: (signal: AbortSignal) => Promise<void>
  /** What is known, as the contract has it. */
  readonly items: () => readonly PullRequest[]
}

export interface ForgeObserving {
  readonly memory: ForgeMemory
  readonly now: () => number
  readonly open: (
    project: ScmProject,
    wanted: PullRequestsWanted,
    signal: AbortSignal,
  ) => Promise<ForgeDesk>
}

const ENDED_SHOWN = 50
/** What is older than this, in ages at which all of it is looked at anew, is not told as if it were so. */
const TOO_OLD = 2

interface Shown {
  readonly facts: unknown
  readonly trouble: Trouble | undefined
  readonly key: string
  readonly items: readonly PullRequest[]
}

interface Memories {
  /** Where branches stood when last looked, by project. */
  readonly pushed: Map<string, string>
  /** The poke that was heard last. */
  readonly poked: Map<ForgeReader, number>
  /** By project. */
  readonly shown: Map<string, Shown>
}

interface Question {
  readonly project: ScmProject
  readonly repository: RepositoryFacts
  readonly wanted: PullRequestsWanted
}

/** Answers from what the readers of a forge know, and has them look when that is allowed and due. */
export function createForgeObserve({ memory, now, open }: ForgeObserving): Scm['observe'] {
  const memories: Memories = { pushed: new Map(), poked: new Map(), shown: new Map() }
  return async (project, repository, wanted, signal) => {
    try {
      const desk = await open(project, wanted, signal)
      const question = { project, repository, wanted }
      if (wanted.ask !== 'nothing') {
        await heedSigns(memory, memories, desk.reader, question)
        if (desk.reader.isDue()) await desk.ask(signal)
      }
      if (signal.aborted) throw new HouseError('Interrupted', 'looking at a forge was interrupted')
      return answer(desk, question, { shown: memories.shown, now: now() })
    } catch (error) {
      const failure = toHouseError(error)
      if (failure.code === 'Interrupted') throw failure
      return unknown(describeFailure(failure), {
        ...(isPermanent(failure) ? { needsPerson: true } : {}),
        ...(isLacking(failure) ? { isLacking: true } : {}),
      })
    }
  }
}

/** Tells other processes that something was done to a repository. That it is lost only means that they hear of it later. */
export async function leavePoke(
  memory: ForgeMemory,
  { pokeKey }: Pick<ForgeReader, 'pokeKey'>,
  at: number,
): Promise<void> {
  await memory.write(pokeKey, { at }).catch(() => undefined)
}

/** What a project wants to know, in a reader's words. */
export function wishOf<Settings>(
  { branches, numbers, watchPaths }: PullRequestsWanted,
  project: Pick<ForgeWish<Settings>, 'settings' | 'home' | 'known'>,
): ForgeWish<Settings> {
  return {
    ...project,
    branches: new Set(branches),
    numbers: new Set(numbers),
    watches: watchPaths.length > 0,
  }
}

/** All open ones, those of the last 50 that ended, and whatever else was read. */
export function showPulls<
  Pull extends Pick<PullRequest, 'number' | 'state'> & { readonly updatedAt: string },
>(
  { listed, whole }: Readonly<Record<'listed' | 'whole', Readonly<Record<number, Pull>>>>,
  reader: Pick<ForgeReader, 'trouble'> & { isFollowed(pull: Pull): boolean },
  view: (pull: Pull) => PullRequest,
): readonly PullRequest[] {
  const all = Object.values({ ...listed, ...whole })
  const open = all.filter(({ state }) => state === 'open')
  const ended = all
    .filter(({ state }) => state !== 'open')
    .toSorted((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1))
    .slice(0, ENDED_SHOWN)
  return [...open, ...ended]
    .toSorted((a, b) => a.number - b.number)
    .map(pull => {
      const isUnread = pull.state === 'open' && whole[pull.number] === undefined
      return isUnread && reader.isFollowed(pull)
        ? notRead(view(pull), reader.trouble?.error.message)
        : view(pull)
    })
}

function answer(
  desk: ForgeDesk,
  question: Question,
  { shown, now }: { readonly shown: Map<string, Shown>; readonly now: number },
): Observation<PullRequests> {
  const { reader, place } = desk
  const { facts, trouble } = reader
  const why = trouble === undefined ? '' : describeTrouble(trouble)
  if (facts === undefined || facts.listedAt === 0) {
    const never = why === '' ? `${reader.name} was not asked yet` : why
    return notSeen(desk, question, never)
  }
  const isStalled = trouble !== undefined && needsPerson(trouble)
  const asOf = reader.asOf()
  if (isStalled || now - asOf > TOO_OLD * place.settings.maxAgeMs) {
    return notSeen(desk, question, why)
  }
  const isHidden = trouble !== undefined && isHiding(trouble, facts.listedAt)
  return found({
    items: itemsOf(desk, question, shown),
    asOf,
    listedAt: facts.listedAt,
    readAt: reader.readAt(),
    ...(why === '' ? {} : { trouble: why }),
    ...(isHidden ? { hidden: notSeen<never>(desk, question, why) } : {}),
    ...(isRenamed(place.name, reader.name) ? { renamed: reader.name } : {}),
  })
}

/** Why nothing can be seen, since when, of when what is known is, and when it is asked again. The same until it was. */
function notSeen<T = PullRequests>(
  { reader }: ForgeDesk,
  { wanted }: Question,
  why: string,
): Observation<T> {
  const { facts, trouble } = reader
  const isKnown = facts !== undefined && facts.listedAt > 0
  // Moments, not how long that is: that would be another text every second.
  const reason = [
    ...(why === '' ? [] : [why]),
    ...(trouble === undefined || !isKnown ? [] : [`since ${formatMoment(trouble.since)}`]),
    ...(isKnown ? [`what is known of ${reader.name} is of ${formatMoment(reader.asOf())}`] : []),
    ...(wanted.ask === 'nothing' || (why === '' && !isKnown)
      ? []
      : [`it is asked again at ${formatMoment(reader.nextAt())}`]),
  ].join('; ')
  return unknown(reason, {
    ...(trouble === undefined ? {} : unseenBy(trouble)),
    ...(isKnown ? { knownAt: reader.asOf() } : {}),
  })
}

function unseenBy(trouble: Trouble): Unseen {
  return {
    ...(needsPerson(trouble) ? { needsPerson: true } : {}),
    ...(isLacking(trouble.error) ? { isLacking: true } : {}),
    ...(isPassing(trouble.error) ? { isPassing: true } : {}),
  }
}

/** As they were shown last, where nothing is new: whoever compares them sees that at once. */
function itemsOf(
  { reader, place, home, items }: ForgeDesk,
  { project, wanted }: Question,
  shown: Map<string, Shown>,
): readonly PullRequest[] {
  const { facts, trouble } = reader
  const key = JSON.stringify([wanted.watchPaths, project.config, home, [...place.known]])
  const before = shown.get(project.project)
  if (before?.facts === facts && before?.key === key && before?.trouble === trouble) {
    return before.items
  }
  const next = { facts, trouble, key, items: items() }
  shown.set(project.project, next)
  return next.items
}

/** A number is what it was, whatever it is called. */
function isRenamed(declared: string, name: string): boolean {
  return !/^\d+$/.test(declared) && declared.toLowerCase() !== name.toLowerCase()
}

/** It is somebody's, and could not be read: nothing may be concluded from what is missing. */
function notRead(pull: PullRequest, why: string | undefined): PullRequest {
  const { sha } = pull.head
  const check = { name: 'not read yet', sha, state: 'pending', required: true } as const
  return { ...pull, checks: [why === undefined ? check : { ...check, logTail: why }] }
}

/** What costs nothing and says when to look: branches were pushed or fetched, something hangs on it, or another process did something. */
async function heedSigns(
  memory: ForgeMemory,
  { pushed, poked }: Memories,
  reader: ForgeReader,
  { project, repository, wanted }: Question,
): Promise<void> {
  const heads = headsOf(repository, [...wanted.branches, project.defaultBranch])
  const before = pushed.get(project.project)
  pushed.set(project.project, heads)
  if (before !== undefined && before !== heads) reader.trigger()
  const { notBefore = 0 } = wanted
  if ((reader.facts?.listedAt ?? notBefore) < notBefore) reader.trigger()
  const value = await memory.read(reader.pokeKey)
  if (typeof value !== 'object' || value === null || !('at' in value)) return
  const { at } = value
  if (typeof at !== 'number' || at === poked.get(reader)) return
  poked.set(reader, at)
  if (at > (reader.facts?.listedAt ?? 0)) reader.trigger()
}

/** Where the branches stand as the checkout knows from pushing and fetching. */
function headsOf({ refs }: RepositoryFacts, branches: readonly string[]): string {
  const wanted = new Set(branches)
  return [...refs]
    .filter(([ref]) => wanted.has(/^refs\/remotes\/[^/]+\/(.+)$/.exec(ref)?.[1] ?? ''))
    .map(([ref, sha]) => `${ref} ${sha}`)
    .join('\n')
}
