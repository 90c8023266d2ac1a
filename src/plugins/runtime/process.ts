import { unlink } from 'node:fs/promises'
import { join } from 'node:path'

import { HouseError, errnoOf, toHouseError } from '../../errors.ts'
import { typedText } from '../message-text.ts'
import { NO_SETTINGS } from '../plugin.ts'
import { endProcesses } from '../process-end.ts'
import type { Runtime } from '../runtime.ts'
import {
  type Entry,
  type ProcessPlace,
  entryFile,
  findAttempt,
  readAttempts,
  readEntries,
  readEntry,
  runDirOf,
  toRuntimeSession,
} from './process-files.ts'
import { writeInput } from './process-input.ts'
import { startProcess } from './process-start.ts'

export interface ProcessOptions extends ProcessPlace {
  /** Absolute path of a POSIX shell. */
  readonly shell: string
}

type Stop = Parameters<Runtime['stop']>
type Send = Parameters<Runtime['send']>

/** Sessions as bare detached processes, for systems without tmux and agents without a terminal. */
export function createProcessRuntime(options: ProcessOptions): Runtime {
  const lines = new Map<string, Promise<void>>()
  return {
    name: 'process',
    configSchema: NO_SETTINGS,
    terminal: false,
    async list() {
      try {
        const entries = await readEntries(options)
        const attempts = await readAttempts(options, entries)
        const sessions = attempts.map(toRuntimeSession)
        return { state: 'found', value: { sessions, serverGone: false } }
      } catch (error) {
        return { state: 'unknown', reason: toHouseError(error).message }
      }
    },
    start: (launch, signal) => startProcess(options, options.shell, launch, signal),
    stop: (...args) => stopSession(options, ...args),
    async send(session, message, signal) {
      // Two messages at once would mix when the agent is slow to read.
      const before = lines.get(session.uid) ?? Promise.resolve()
      const sending = before.then(() => sendMessage(options, session, message, signal))
      const settled = sending.catch(() => undefined)
      lines.set(session.uid, settled)
      try {
        await sending
      } finally {
        if (lines.get(session.uid) === settled) lines.delete(session.uid)
      }
    },
    attachCommand({ handle }) {
      // There is no terminal to open, but what goes on can be watched; `log` leads to the log's file.
      return ['tail', '-n', '200', '-f', join(options.root, handle, 'log')]
    },
  }
}

async function stopSession(
  options: ProcessOptions,
  { session, uid }: Stop[0],
  { graceMs }: Stop[1],
  signal: Stop[2],
): Promise<void> {
  const attempt = await findAttempt(options, session, uid)
  if (attempt === undefined) return
  const { shim, shimAlive, agent, agentAlive } = attempt
  const roots = shimAlive ? [shim.pid] : []
  const formerRoots = shimAlive ? [] : [shim.pid]
  if (agent !== undefined && agentAlive) roots.push(agent.pid)
  await endProcesses({ roots, formerRoots, uid }, graceMs, signal)
  await forget(options, attempt)
}

async function forget(options: ProcessOptions, entry: Entry): Promise<void> {
  const now = await readEntry(options, entry.session)
  if (now?.uid !== entry.uid || now.attempt !== entry.attempt) return
  try {
    await unlink(entryFile(options, entry.session))
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}

async function sendMessage(
  options: ProcessOptions,
  { session, uid }: Send[0],
  message: Send[1],
  signal: Send[2],
): Promise<void> {
  const text = typedText(message.text)
  if (text === '') throw new HouseError('Usage', `the message to ${session} is empty`)
  const found = await findAttempt(options, session, uid)
  if (found === undefined || toRuntimeSession(found).state === 'exited') {
    throw new HouseError('NotFound', `session ${session} does not run any more`)
  }
  const runDir = runDirOf(options, found)
  await writeInput(runDir, session, { text, bracketed: message.bracketed }, signal)
}
