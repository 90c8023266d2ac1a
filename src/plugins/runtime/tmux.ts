import { randomUUID } from 'node:crypto'
import { join } from 'node:path'

import { HouseError, toHouseError } from '../../errors.ts'
import { putInFile } from '../message-file.ts'
import { typedText } from '../message-text.ts'
import { NO_SETTINGS } from '../plugin.ts'
import { endProcesses } from '../process-end.ts'
import type { Runtime, RuntimeSession } from '../runtime.ts'
import { shareLooks } from '../shared-look.ts'
import { type TmuxPlace, callTmux, commandList } from './tmux-client.ts'
import { createTmuxKiller, isOf } from './tmux-kill.ts'
import { type TmuxContext, lookAtTmux } from './tmux-look.ts'
import type { TmuxSession } from './tmux-listing.ts'
import { createTmuxServer } from './tmux-server.ts'
import { createTmuxStarter } from './tmux-start.ts'

/** A terminal that makes lines itself cuts them without a word: at 4096 bytes on Linux, at 1024 on macOS. */
const MAX_LINE_BYTES = 1000
const MAX_LINES_BYTES = 32 * 1024

export interface TmuxOptions extends TmuxPlace {
  readonly now: () => number
}

type Stop = Parameters<Runtime['stop']>
type Send = Parameters<Runtime['send']>

/** Sessions in a tmux server of our own, each with a terminal that a person can open. */
export function createTmuxRuntime(options: TmuxOptions): Runtime {
  const eyes = {
    place: options,
    server: createTmuxServer(options.serverFile),
    now: options.now,
    silent: new Set<number>(),
  }
  const look = shareLooks(async signal => lookAtTmux(eyes, signal))
  const context: TmuxContext = {
    ...eyes,
    look,
  }
  const stopper = { look, kill: createTmuxKiller(context) }
  return {
    name: 'tmux',
    configSchema: NO_SETTINGS,
    terminal: true,
    async list(signal) {
      try {
        const { sessions, serverGone } = await context.look(signal)
        return { state: 'found', value: { sessions: sessions.map(toRuntimeSession), serverGone } }
      } catch (error) {
        return { state: 'unknown', reason: toHouseError(error).message }
      }
    },
    start: createTmuxStarter(context),
    stop: (...args) => stopSession(stopper, ...args),
    send: (...args) => sendMessage(context, ...args),
    attachCommand({ session }) {
      const tmux = options.tmuxPath ?? 'tmux'
      // Inside another tmux, a client refuses to attach as long as it knows of that.
      const client = ['env', '-u', 'TMUX', tmux, '-S', options.socket]
      return [...client, 'attach-session', '-t', `=${session}`]
    },
  }
}

function toRuntimeSession(found: TmuxSession): RuntimeSession {
  const { sessionId: _id, tagged: _tagged, detached: _detached, ...session } = found
  return session
}

type Stopper = Pick<TmuxContext, 'look'> & { readonly kill: ReturnType<typeof createTmuxKiller> }

async function stopSession(
  { look, kill }: Stopper,
  { uid }: Stop[0],
  { graceMs }: Stop[1],
  signal: Stop[2],
): Promise<void> {
  const { sessions } = await look(signal)
  for (const { sessionId, pid, state, ...found } of sessions) {
    if (found.uid !== uid) continue
    const leader = pid === undefined ? [] : [pid]
    const [roots, formerRoots] = state === 'alive' ? [leader, []] : [[], leader]
    await endProcesses({ roots, formerRoots, uid }, graceMs, signal)
    await kill(sessionId, uid, signal)
  }
}

async function sendMessage(
  context: TmuxContext,
  { session, uid, handle }: Send[0],
  message: Send[1],
  signal: Send[2],
): Promise<void> {
  const text = typedText(message.text)
  if (text === '') throw new HouseError('Usage', `the message to ${session} is empty`)
  const gone = new HouseError('NotFound', `session ${session} does not run any more`)
  if (!/^%\d+$/.test(handle)) throw gone
  // A look first, for a server whose socket was deleted; from here on a failure may mean that something was typed.
  const { sessions } = await context.look(signal)
  const there = sessions.find(
    found => found.uid === uid && found.handle === handle && found.state === 'alive',
  )
  if (there === undefined) throw gone
  const runDir = join(context.place.runs, uid, String(there.attempt))
  const typed = message.bracketed || fitsLines(text) ? text : await putInFile(runDir, text)
  let answer
  try {
    answer = await callTmux(context.place, pasteCommands(uid, handle, message.bracketed), {
      input: typed,
      signal,
    })
  } catch (error) {
    throw ambiguous(session, error)
  }
  if (answer.state === 'no-server') throw gone
  if (answer.state === 'failed') throw ambiguous(session, answer.stderr)
  if (answer.stdout.trim() !== 'typed') throw gone
}

function fitsLines(text: string): boolean {
  const lines = text.split('\n')
  return (
    Buffer.byteLength(text) <= MAX_LINES_BYTES &&
    lines.every(line => Buffer.byteLength(line) <= MAX_LINE_BYTES)
  )
}

/** The text comes by standard input, because a command has room for 16 KB only. */
function pasteCommands(uid: string, pane: string, bracketed: boolean): readonly string[] {
  const buffer = `ao-${randomUUID()}`
  const brackets = bracketed ? '-p ' : ''
  const paste = [
    // A person who has scrolled back looks at a copy, which would get the keys and know nothing of brackets.
    `copy-mode -q -t '${pane}'`,
    `load-buffer -b '${buffer}' -`,
    `paste-buffer ${brackets}-d -b '${buffer}' -t '${pane}'`,
    `send-keys -t '${pane}' Enter`,
    'display-message -p typed',
  ].join(' ; ')
  return commandList([['if-shell', '-F', '-t', pane, isOf(uid), paste, 'display-message -p gone']])
}

function ambiguous(session: string, cause: unknown): HouseError {
  const reason = typeof cause === 'string' ? cause : toHouseError(cause).message
  return new HouseError('Ambiguous', `nobody knows whether ${session} got the message: ${reason}`, {
    cause,
  })
}
