import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

import { HouseError, toHouseError } from '../../errors.ts'
import { LAUNCHER, LAUNCH_PATH, SHELL, launchEnv, prepareLaunch, shellQuote } from '../launcher.ts'
import { endProcesses } from '../process-end.ts'
import { findLeaders } from '../process-tree.ts'
import type { Launch } from '../runtime.ts'
import { type TmuxAnswer, callTmux, commandList, exactly } from './tmux-client.ts'
import { LET_SERVER_END, quoteTmux, tmuxConfig } from './tmux-config.ts'
import type { TmuxContext, TmuxView } from './tmux-look.ts'

const LOST_GRACE_MS = 2000

/** Starts the server, too, where none runs: its last session may have ended a moment ago. */
const START_COMMANDS = commandList([['start-server'], ['source-file', '-']])

interface Start {
  readonly handle: string
}

interface Waiting {
  readonly launch: Launch
  readonly signal: AbortSignal
  readonly resolve: (start: Start) => void
  readonly reject: (error: HouseError) => void
}

interface Prepared extends Waiting {
  readonly line: string
}

/**
 * Starts sessions, those asked for in the same tick (or while others are being started) by one tmux call. Each caller gets the outcome of
 * its own.
 */
export function createTmuxStarter(
  context: TmuxContext,
): (launch: Launch, signal: AbortSignal) => Promise<Start> {
  let waiting: Waiting[] = []
  let busy = false
  const work = async (): Promise<void> => {
    busy = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      await startBatch(context, batch)
    }
    busy = false
  }
  return (launch, signal) =>
    new Promise((resolve, reject) => {
      waiting.push({ launch, signal, resolve, reject })
      if (!busy && waiting.length === 1) setImmediate(() => void work())
    })
}

async function startBatch(context: TmuxContext, batch: readonly Waiting[]): Promise<void> {
  try {
    const view = await context.look(new AbortController().signal)
    const free = withoutConflicts(batch, view)
    if (view.serverGone) await readyServer(context, free)
    const prepared = (await Promise.all(free.map(prepare))).filter(item => item !== undefined)
    await startAll(context, prepared)
  } catch (error) {
    // Whoever has its outcome already is not touched by this.
    for (const { reject } of batch) reject(toHouseError(error))
  }
}

/** tmux itself refuses a name that is in use; what it can't see is a session of ours that a person renamed. */
function withoutConflicts(batch: readonly Waiting[], view: TmuxView): readonly Waiting[] {
  const taken = new Set(view.sessions.map(({ session }) => session))
  return batch.filter(({ launch, signal, reject }) => {
    if (signal.aborted) {
      reject(new HouseError('Interrupted', `the start of ${launch.session} was interrupted`))
      return false
    }
    if (taken.has(launch.session)) {
      reject(conflict(launch))
      return false
    }
    taken.add(launch.session)
    return true
  })
}

/** What the server reads when it starts. One that was killed may have left agents that ignore hang-ups; nobody may work beside them. */
async function readyServer(context: TmuxContext, batch: readonly Waiting[]): Promise<void> {
  const leaders = await findLeaders(new Set(batch.map(({ launch }) => launch.uid)))
  await Promise.all(
    [...leaders].map(([uid, roots]) =>
      endProcesses({ roots, formerRoots: [], uid }, LOST_GRACE_MS, new AbortController().signal),
    ),
  )
  const { configFile } = context.place
  await mkdir(dirname(configFile), { recursive: true, mode: 0o700 })
  await writeFile(configFile, tmuxConfig(context.place), { mode: 0o600 })
}

async function prepare(waiting: Waiting): Promise<Prepared | undefined> {
  try {
    await prepareLaunch(waiting.launch)
    return { ...waiting, line: startLine(waiting.launch) }
  } catch (error) {
    waiting.reject(toHouseError(error))
    return undefined
  }
}

/**
 * One line of a tmux file. What tells us later that a session is ours is set before it can be seen: its name and its environment come with
 * it, the marks follow.
 */
function startLine(launch: Launch): string {
  const target = exactly(launch.session)
  const { PATH: path, TERM: _term, ...rest } = launchEnv(launch)
  const variables = Object.entries(path === undefined ? rest : { ...rest, [LAUNCH_PATH]: path })
  const create = [
    'new-session',
    '-d',
    '-P',
    '-F',
    '#{session_name}|#{pane_id}',
    '-s',
    launch.session,
  ]
  const pane = ['-c', launch.cwd, '-x', '200', '-y', '50']
  const env = variables.flatMap(([name, value]) => ['-e', `${name}=${value}`])
  const shell = ['--', SHELL, '-c', LAUNCHER, 'ao-launch', launch.cwd, ...launch.argv]
  return [
    [...create, ...pane, ...env, ...shell],
    // In our configuration too; but a person may have started the server with another one.
    ['set-option', '-w', '-t', target, 'remain-on-exit', 'on'],
    ['set-option', '-F', '-t', target, '@ao_pane', '#{pane_id}'],
    ['set-option', '-t', target, '@ao_session', launch.session],
    ['set-option', '-t', target, '@ao_attempt', String(launch.attempt)],
    ['set-option', '-t', target, '@ao_uid', launch.uid],
    ['pipe-pane', '-t', target, `exec cat >> ${logTarget(launch.logFile)}`],
  ]
    .map(command => command.map(quoteTmux).join(' '))
    .join(' ; ')
}

/** tmux expands formats and dates in the commands of pipes before a shell sees them. */
function logTarget(file: string): string {
  return shellQuote(file).replaceAll('#', '##').replaceAll('%', '%%')
}

/** A command that fails ends its line; the other lines are carried out all the same. */
async function startAll(context: TmuxContext, items: readonly Prepared[]): Promise<void> {
  if (items.length === 0) return
  const answer = await ask(context, items)
  const started = startedIn(answer)
  for (const { launch, resolve, reject } of items) {
    const handle = started.get(launch.session)
    if (handle === undefined) reject(reasonOf(answer, launch))
    else resolve({ handle })
  }
}

async function ask(context: TmuxContext, items: readonly Prepared[]): Promise<TmuxAnswer> {
  // By standard input, and not as arguments: those have room for 16 KB only, everybody on this machine can see them, and a server shows those of
  // the client that started it for as long as it lives.
  const input = [...items.map(({ line }) => line), LET_SERVER_END, ''].join('\n')
  try {
    return await callTmux(context.place, START_COMMANDS, { input })
  } catch (error) {
    // No answer doesn't mean that nothing was started: look who is there with our identity.
    const { sessions } = await context.look(new AbortController().signal)
    const ours = sessions.filter(({ session, uid, attempt }) =>
      items.some(
        ({ launch }) =>
          launch.session === session && launch.uid === uid && launch.attempt === attempt,
      ),
    )
    if (ours.length === 0) throw error
    const stdout = ours.map(({ session, handle }) => `${session}|${handle}\n`).join('')
    return { state: 'failed', stdout, stderr: toHouseError(error).message }
  }
}

function startedIn(answer: TmuxAnswer): ReadonlyMap<string, string> {
  if (answer.state === 'no-server') return new Map()
  return new Map(
    answer.stdout.split('\n').flatMap(line => {
      const [session, handle] = line.split('|')
      return session === undefined || handle === undefined ? [] : [[session, handle] as const]
    }),
  )
}

function reasonOf(answer: TmuxAnswer, launch: Launch): HouseError {
  const reason = answer.state === 'ok' ? 'tmux did not name it' : answer.stderr
  if (reason.split('\n').includes(`duplicate session: ${launch.session}`)) return conflict(launch)
  return new HouseError('Failed', `session ${launch.session} could not be started: ${reason}`, {
    retryable: true,
  })
}

function conflict({ session }: Launch): HouseError {
  return new HouseError('Conflict', `a tmux session for ${session} is already there`)
}
