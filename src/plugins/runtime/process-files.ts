import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { HouseError, errnoOf } from '../../errors.ts'
import { type ProcessIdentity, startTimeInPs, startTimeInStat } from '../process-identity.ts'
import { readProcesses } from '../process-tree.ts'
import type { RuntimeSession } from '../runtime.ts'

/** Shells say 128 and the signal's number for a process that was killed. */
const SIGNAL_BASE = 128
const LAST_SIGNAL = 64

export interface ProcessPlace {
  /** The home's `runs`: `<uid>/<attempt>` of every attempt, and `by-name/<boot>/<session>`. */
  readonly root: string
  readonly identity: ProcessIdentity
}

/** A process that can't be taken for a later one of its number. */
export interface Birth {
  readonly pid: number
  readonly startTime: string
}

export interface Entry {
  readonly session: string
  readonly uid: string
  readonly attempt: number
  readonly shim: Birth
}

/** What there is of an attempt at one moment. */
export interface Attempt extends Entry {
  readonly shimAlive: boolean
  /** Undefined before the agent came up. */
  readonly agent: Birth | undefined
  readonly agentAlive: boolean
  readonly exit: { readonly code: number; readonly at: number } | undefined
}

/** Names in use since the machine was started: after a reboot nobody is there, so nothing of an earlier one is read. */
export function namesDir({ root, identity }: ProcessPlace): string {
  return join(root, 'by-name', identity.bootId)
}

export function entryFile(place: ProcessPlace, session: string): string {
  return join(namesDir(place), session)
}

/** How a session is named to others: its attempt's directory below `root`. */
export function handleOf({ uid, attempt }: Pick<Entry, 'uid' | 'attempt'>): string {
  return `${uid}/${attempt}`
}

export async function readEntries(place: ProcessPlace): Promise<readonly Entry[]> {
  const names = await namesIn(namesDir(place))
  const entries = await Promise.all(names.toSorted().map(name => readEntry(place, name)))
  return entries.filter(entry => entry !== undefined)
}

/** Undefined when nobody has the name. */
export async function readEntry(place: ProcessPlace, session: string): Promise<Entry | undefined> {
  const file = entryFile(place, session)
  const text = await readIfThere(file)
  if (text === undefined) return undefined
  const [identity = '', ...rest] = text.split('\n')
  const [uid = '', attempt = ''] = identity.split(' ')
  const shim = parseBirth(rest)
  if (uid === '' || !/^\d+$/.test(attempt) || shim === undefined) {
    throw new HouseError('Failed', `${file} does not say whose session it is`)
  }
  return { session, uid, attempt: Number(attempt), shim }
}

/** What there is of each, in the same order; one look at the processes for all of them. */
export async function readAttempts(
  place: ProcessPlace,
  entries: readonly Entry[],
): Promise<readonly Attempt[]> {
  const agents = await Promise.all(
    entries.map(async entry => {
      const text = await readIfThere(join(runDirOf(place, entry), 'agent'))
      return parseBirth(text?.split('\n') ?? [])
    }),
  )
  const pids = [
    ...entries.map(({ shim }) => shim.pid),
    ...agents.flatMap(agent => agent?.pid ?? []),
  ]
  const processes = await readProcesses(pids)
  const startTimes = new Map(processes.map(({ pid, startTime }) => [pid, startTime]))
  const isAlive = (birth: Birth): boolean => startTimes.get(birth.pid) === birth.startTime
  return Promise.all(
    entries.map(async (entry, at) => {
      const agent = agents[at]
      // Read after the look: who was gone by then has written it.
      const exit = parseExit((await readIfThere(join(runDirOf(place, entry), 'exit'))) ?? '')
      const agentAlive = agent !== undefined && isAlive(agent)
      return { ...entry, shimAlive: isAlive(entry.shim), agent, agentAlive, exit }
    }),
  )
}

/** Undefined when nobody has the name, or another than `uid` has it. */
export async function findAttempt(
  place: ProcessPlace,
  session: string,
  uid: string,
): Promise<Attempt | undefined> {
  const entry = await readEntry(place, session)
  if (entry?.uid !== uid) return undefined
  const [attempt] = await readAttempts(place, [entry])
  return attempt
}

export function runDirOf({ root }: ProcessPlace, { uid, attempt }: Entry): string {
  return join(root, uid, String(attempt))
}

export function toRuntimeSession(attempt: Attempt): RuntimeSession {
  const { exit, agent, shim } = attempt
  const isOver = !attempt.agentAlive && (exit !== undefined || !attempt.shimAlive)
  return {
    session: attempt.session,
    uid: attempt.uid,
    attempt: attempt.attempt,
    handle: handleOf(attempt),
    pid: agent?.pid ?? shim.pid,
    state: isOver ? 'exited' : 'alive',
    ...(isOver && exit !== undefined ? { ...ending(exit.code), exitedAt: exit.at } : {}),
    personTyping: false,
  }
}

function ending(code: number): { readonly signal: number } | { readonly exitCode: number } {
  const signal = code - SIGNAL_BASE
  return signal > 0 && signal <= LAST_SIGNAL ? { signal } : { exitCode: code }
}

function parseBirth([pid = '', line = '']: readonly string[]): Birth | undefined {
  const startTime = /^\d+ \(/.test(line) ? startTimeInStat(line) : startTimeInPs(line)
  return /^\d+$/.test(pid) && startTime !== undefined ? { pid: Number(pid), startTime } : undefined
}

function parseExit(text: string): Attempt['exit'] {
  const [, code, at] = /^(\d+) (\d+)$/m.exec(text) ?? []
  return code === undefined ? undefined : { code: Number(code), at: Number(at) * 1000 }
}

export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isNotThere(error)) return undefined
    throw error
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isNotThere(error)) return []
    throw error
  }
}

function isNotThere(error: unknown): boolean {
  const code = errnoOf(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}
