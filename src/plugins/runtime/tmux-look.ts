import { setTimeout as sleep } from 'node:timers/promises'

import { HouseError, errnoOf } from '../../errors.ts'
import { readProcesses } from '../process-tree.ts'
import { type TmuxPlace, callTmux } from './tmux-client.ts'
import {
  LIST_COMMANDS,
  type TmuxListing,
  type TmuxSession,
  parseListing,
  tagCommands,
} from './tmux-listing.ts'
import type { TmuxServer } from './tmux-server.ts'

/** How long a server that was asked to make its socket again may take. */
const SOCKET_MS = 2000
const SOCKET_POLL_MS = 50
/** Between the end of a process and the moment when tmux knows of it. */
const EXIT_POLL_MS = 10
const EXIT_TRIES = 10
/** Looks at a server without sessions, which is about to end. */
const EMPTY_TRIES = 20

export interface TmuxView {
  readonly sessions: readonly TmuxSession[]
  readonly serverGone: boolean
}

/** What the adapter's parts share. */
export interface TmuxContext {
  readonly place: TmuxPlace
  readonly server: TmuxServer
  readonly now: () => number
  /** Agents whose exit code never came: an older tmux has none for those killed by a signal. Not waited for again. */
  readonly silent: Set<number>
  /** `lookAtTmux`, shared by all who ask at the same time: a burst of starts or stops looks once. */
  look(signal: AbortSignal): Promise<TmuxView>
}

/**
 * One look at the whole server. A server whose socket is gone is not gone: it is asked to make the socket again, and only if that
 * fails it is an error. Sessions whose starter was killed before it could mark them are marked now.
 */
export async function lookAtTmux(
  context: Omit<TmuxContext, 'look'>,
  signal: AbortSignal,
): Promise<TmuxView> {
  const listing = await readListing(context, signal)
  if (listing === undefined) return { sessions: [], serverGone: true }
  const { sessions, serverPid } = listing
  if (serverPid !== undefined) await context.server.remember(serverPid)
  const untagged = sessions.filter(({ uid, tagged }) => uid !== undefined && !tagged)
  if (untagged.length > 0) {
    // When it fails (a session may end at any time), the next look does it.
    await callTmux(context.place, tagCommands(untagged), { signal })
  }
  return { sessions, serverGone: false }
}

/** Waits a moment for exit codes that are on their way. */
async function readListing(
  context: Omit<TmuxContext, 'look'>,
  signal: AbortSignal,
): Promise<TmuxListing | undefined> {
  for (let tries = EXIT_TRIES; ; tries -= 1) {
    const output = await readOutput(context, signal)
    if (output === undefined) return undefined
    const listing = parseListing(output, context.now())
    const pids = listing.sessions.flatMap(({ detached, pid }) => (detached ? (pid ?? []) : []))
    if (pids.length === 0) return listing
    const running = new Set((await readProcesses(pids)).map(({ pid }) => pid))
    const coming = pids.filter(pid => !running.has(pid) && !context.silent.has(pid))
    if (coming.length === 0) return withoutZombies(listing, running)
    if (tries === 0) for (const pid of coming) context.silent.add(pid)
    // Under load tmux sometimes misses that a child ended (seen with 3.3a, once in some hundred), and never asks again.
    if (listing.serverPid !== undefined) signalServer(listing.serverPid, 'SIGCHLD')
    await sleep(EXIT_POLL_MS, undefined, { signal })
  }
}

function withoutZombies(listing: TmuxListing, running: ReadonlySet<number>): TmuxListing {
  const sessions = listing.sessions.map(session => {
    const isOver = session.detached && !running.has(session.pid ?? 0)
    return isOver ? { ...session, state: 'exited' as const } : session
  })
  return { ...listing, sessions }
}

/** Undefined when there is no server. */
async function readOutput(
  context: Omit<TmuxContext, 'look'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const first = await tryListing(context, signal)
  if (first !== undefined) return first
  const deadline = performance.now() + SOCKET_MS
  let asked: number | undefined
  do {
    const pid = await context.server.findAlive()
    if (pid === undefined) return undefined
    // Makes a tmux server create its socket again.
    if (asked !== pid) signalServer(pid, 'SIGUSR1')
    asked = pid
    await sleep(SOCKET_POLL_MS, undefined, { signal })
    const output = await tryListing(context, signal)
    if (output !== undefined) return output
  } while (performance.now() < deadline)
  throw new HouseError(
    'Unreachable',
    `the tmux server (pid ${asked}) lives, but does not answer at ${context.place.socket}`,
    { retryable: true },
  )
}

async function tryListing(
  { place }: Pick<TmuxContext, 'place'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (let tries = EMPTY_TRIES; ; tries -= 1) {
    const answer = await callTmux(place, LIST_COMMANDS, { signal })
    if (answer.state === 'ok') return answer.stdout
    if (answer.state === 'no-server') return undefined
    if (!/^no current (target|session)/.test(answer.stderr)) {
      throw new HouseError('Unreachable', `tmux cannot list its sessions: ${answer.stderr}`, {
        retryable: true,
      })
    }
    // Its last session has just ended, and it is about to end too, unless a person told it to stay.
    if (tries === 0) return ''
    await sleep(EXIT_POLL_MS, undefined, { signal })
  }
}

function signalServer(pid: number, name: 'SIGUSR1' | 'SIGCHLD'): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error
  }
}
