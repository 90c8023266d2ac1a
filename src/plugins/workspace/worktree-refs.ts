import { HouseError } from '../../errors.ts'
import type { GitQueue } from '../git-queue.ts'
import { type Git, OWN_IDENTITY } from '../git.ts'
import { type SharedLook, shareLooks } from '../shared-look.ts'
import type { RepositoryPlace } from './worktree-layout.ts'

/** What of refs matters to a session's branch. */
const OURS = ['refs/heads', 'refs/ao', 'refs/remotes/origin']
/** The most transactions that are tried as one. */
const MOST = 64

/** A line of `update-ref --stdin`: what to do, with which ref, and the value that it gets (`create`, `update`) or must have. */
export type RefCommand = readonly ['create' | 'verify' | 'delete' | 'update', string, string]

/** A repository's refs for a burst of sessions: those who come at once share a process. */
export interface Refs {
  /** Values by name, looked up after this was called. */
  read(place: RepositoryPlace, signal: AbortSignal): Promise<ReadonlyMap<string, string>>
  /** All or nothing. `precheck` is asked right before, with nobody else at work on the repository; it throws what is in the way. */
  transact(
    place: RepositoryPlace,
    signal: AbortSignal,
    commands: readonly RefCommand[],
    precheck?: () => void,
  ): Promise<void>
}

export function createRefs(tools: { readonly git: Git; readonly queue: GitQueue }): Refs {
  const looks = new Map<string, SharedLook<ReadonlyMap<string, string>>>()
  const waiting = new Map<string, Waiting[]>()
  return {
    async read(place, signal) {
      const look = looks.get(place.commonDir) ?? shareLooks(signal => readAll(tools, place, signal))
      looks.set(place.commonDir, look)
      return look(signal)
    },
    async transact(place, signal, commands, precheck = () => undefined) {
      const mine: Waiting = { commands, precheck, outcome: undefined }
      const queue = waiting.get(place.commonDir) ?? []
      waiting.set(place.commonDir, queue)
      queue.push(mine)
      const work = async (): Promise<void> => {
        // Somebody who had the turn before did it along with their own.
        if (mine.outcome === undefined) await carryOut(tools, place, takeWith(queue, mine))
      }
      try {
        await tools.queue.exclusive(place.commonDir, work, signal)
      } catch (error) {
        if (queue.includes(mine)) queue.splice(queue.indexOf(mine), 1)
        throw error
      }
      if (mine.outcome instanceof Error) throw mine.outcome
    },
  }
}

interface Waiting {
  readonly commands: readonly RefCommand[]
  readonly precheck: () => void
  outcome: 'done' | Error | undefined
}

/** Takes one transaction, and others that wait for the same turn, out of the queue. */
function takeWith(queue: Waiting[], mine: Waiting): readonly Waiting[] {
  queue.splice(queue.indexOf(mine), 1)
  return [mine, ...queue.splice(0, MOST - 1)]
}

/** As one transaction; when that is refused, each for itself, so that everybody gets an outcome of their own. */
async function carryOut(
  tools: { readonly git: Git },
  place: RepositoryPlace,
  batch: readonly Waiting[],
): Promise<void> {
  const free = batch.filter(one => settle(one, one.precheck))
  if (free.length > 1) {
    try {
      await updateRefs(
        tools,
        place,
        free.flatMap(({ commands }) => commands),
      )
      for (const one of free) one.outcome = 'done'
      return
    } catch (error) {
      // Nothing of it was done, whoever is to blame.
      if (!(error instanceof HouseError)) throw error
    }
  }
  for (const one of free) {
    try {
      await updateRefs(tools, place, one.commands)
      one.outcome = 'done'
    } catch (error) {
      one.outcome = error instanceof Error ? error : new Error(String(error))
    }
  }
}

function settle(one: Waiting, check: () => void): boolean {
  try {
    check()
    return true
  } catch (error) {
    one.outcome = error instanceof Error ? error : new Error(String(error))
    return false
  }
}

/** Fields end with NUL, so that no name can smuggle in a second command. Not cut short by whoever leaves: others are in it, too. */
async function updateRefs(
  { git }: { readonly git: Git },
  place: RepositoryPlace,
  commands: readonly RefCommand[],
): Promise<void> {
  const input = commands.map(([verb, ref, oid]) => {
    const fields = verb === 'update' ? [oid, ''] : [oid]
    return `${verb} ${ref}\0${fields.map(field => `${field}\0`).join('')}`
  })
  const args = ['update-ref', '-m', 'ao: own', '--stdin', '-z']
  await git(place.path, args, { input: input.join(''), env: OWN_IDENTITY })
}

async function readAll(
  { git }: { readonly git: Git },
  place: RepositoryPlace,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const args = ['for-each-ref', '--format=%(refname) %(objectname)', ...OURS]
  const { stdout } = await git(place.path, args, { signal })
  const pairs = stdout.split('\n').flatMap((line): readonly (readonly [string, string])[] => {
    const [name, oid] = line.split(' ')
    return name === undefined || oid === undefined ? [] : [[name, oid]]
  })
  return new Map(pairs)
}
