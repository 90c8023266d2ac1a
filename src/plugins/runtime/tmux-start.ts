import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

import { HouseError, toHouseError } from '../../errors.ts'
import { LAUNCHER, LAUNCH_PATH, SHELL, launchEnv, prepareLaunch, shellQuote } from '../launcher.ts'
import { endProcesses } from '../process-end.ts'
import { findLeaders } from '../process-tree.ts'
import type { Launch } from '../runtime.ts'
import {
  MAX_COMMAND_BYTES,
  type TmuxAnswer,
  callTmux,
  commandBytes,
  commandList,
  exactly,
} from './tmux-client.ts'
import { tmuxConfig } from './tmux-config.ts'
import { type TmuxContext, type TmuxView, lookAtTmux } from './tmux-look.ts'

const LOST_GRACE_MS = 2000

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
  readonly commands: readonly string[]
}

/**
 * Starts sessions, those asked for in the same tick (or while others are being started) in as few tmux calls as their size allows. Each
 * caller gets the outcome of its own.
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
    const view = await lookAtTmux(context, new AbortController().signal)
    const free = withoutConflicts(batch, view)
    if (view.serverGone) await readyServer(context, free)
    const prepared = (await Promise.all(free.map(prepare))).filter(item => item !== undefined)
    for (const chunk of chunksOf(prepared)) await startChunk(context, chunk)
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

/** A server that was killed may leave agents that ignore hang-ups; nobody may work beside them. */
async function readyServer(context: TmuxContext, batch: readonly Waiting[]): Promise<void> {
  const { configFile } = context.place
  await mkdir(dirname(configFile), { recursive: true, mode: 0o700 })
  await writeFile(configFile, tmuxConfig(context.place), { mode: 0o600 })
  const leaders = await findLeaders(new Set(batch.map(({ launch }) => launch.uid)))
  await Promise.all(
    [...leaders].map(([uid, roots]) =>
      endProcesses({ roots, formerRoots: [], uid }, LOST_GRACE_MS, new AbortController().signal),
    ),
  )
}

async function prepare(waiting: Waiting): Promise<Prepared | undefined> {
  const { launch, reject } = waiting
  try {
    await prepareLaunch(launch)
    const commands = startCommands(launch)
    const bytes = commandBytes(commands)
    if (bytes > MAX_COMMAND_BYTES) {
      throw new HouseError(
        'Failed',
        `session ${launch.session} cannot start: its command and environment take ${bytes} bytes, and tmux takes at most ${MAX_COMMAND_BYTES}; put long texts into the prompt or a file`,
      )
    }
    return { ...waiting, commands }
  } catch (error) {
    reject(toHouseError(error))
    return undefined
  }
}

/** What tells us later that a session is ours is set before it can be seen: its name and its environment come with it. */
function startCommands(launch: Launch): readonly string[] {
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
  return commandList([
    [...create, ...pane, ...env, ...shell],
    // In our configuration too; but a person may have started the server with another one.
    ['set-option', '-w', '-t', target, 'remain-on-exit', 'on'],
    ['set-option', '-F', '-t', target, '@ao_pane', '#{pane_id}'],
    ['set-option', '-t', target, '@ao_session', launch.session],
    ['set-option', '-t', target, '@ao_attempt', String(launch.attempt)],
    ['set-option', '-t', target, '@ao_uid', launch.uid],
    ['pipe-pane', '-t', target, `exec cat >> ${logTarget(launch.logFile)}`],
  ])
}

/** tmux expands formats and dates in the commands of pipes before a shell sees them. */
function logTarget(file: string): string {
  return shellQuote(file).replaceAll('#', '##').replaceAll('%', '%%')
}

function chunksOf(items: readonly Prepared[]): readonly (readonly Prepared[])[] {
  const chunks: Prepared[][] = []
  let room = 0
  for (const item of items) {
    const bytes = commandBytes(item.commands) + 2
    if (bytes > room) {
      chunks.push([])
      room = MAX_COMMAND_BYTES
    }
    chunks.at(-1)?.push(item)
    room -= bytes
  }
  return chunks
}

/** A command that fails ends the list; those that were not reached are then started one by one, and the culprit gets its own reason. */
async function startChunk(context: TmuxContext, chunk: readonly Prepared[]): Promise<void> {
  const args = chunk.flatMap(({ commands }, at) => (at === 0 ? commands : [';', ...commands]))
  const answer = await ask(context, chunk, args)
  const started = startedIn(answer)
  for (const item of chunk) {
    const handle = started.get(item.launch.session)
    if (handle !== undefined) item.resolve({ handle })
    else if (chunk.length === 1) item.reject(reasonOf(answer, item.launch))
    else await startChunk(context, [item])
  }
}

async function ask(
  context: TmuxContext,
  chunk: readonly Prepared[],
  args: readonly string[],
): Promise<TmuxAnswer> {
  try {
    return await callTmux(context.place, args)
  } catch (error) {
    // No answer doesn't mean that nothing was started: look who is there with our identity.
    const { sessions } = await lookAtTmux(context, new AbortController().signal)
    const ours = sessions.filter(({ session, uid, attempt }) =>
      chunk.some(
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
  if (reason.startsWith('duplicate session')) return conflict(launch)
  return new HouseError('Failed', `session ${launch.session} could not be started: ${reason}`, {
    retryable: true,
  })
}

function conflict({ session }: Launch): HouseError {
  return new HouseError('Conflict', `a tmux session for ${session} is already there`)
}
