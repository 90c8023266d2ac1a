import { readFileSync, readdirSync } from 'node:fs'

import { HouseError, errnoOf } from '../errors.ts'
import { groupBy } from '../resource/group-by.ts'
import { run } from './exec.ts'
import { startTimeInStat } from './process-identity.ts'
import { shareLooks } from './shared-look.ts'

const PS_TIMEOUT_MS = 5000

/** One running process; zombies are not listed. */
export interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  readonly group: number
  /** Process id of the leader of its terminal session; its group where the system doesn't say. */
  readonly session: number
  readonly startTime: string
}

/** Whose processes to look for. */
export interface ProcessOwner {
  /** Leaders known to be this session's and not reaped by anybody: what hangs on them is theirs. */
  readonly roots: readonly number[]
  /** Leaders that may be gone already, and their numbers in use by others: what is left of their sessions must prove its `AO_UID`. */
  readonly formerRoots: readonly number[]
  readonly uid: string
}

/** The processes of this machine at one moment, or those of `only` that still run. Reads `/proc` on Linux, asks `ps` elsewhere. */
export async function readProcesses(only?: readonly number[]): Promise<readonly ProcessEntry[]> {
  if (only === undefined) return readAll(new AbortController().signal)
  if (only.length === 0) return []
  return process.platform === 'linux' ? readFromProc(only) : readFromPs(only)
}

/** Many sessions that end at once look through the machine's processes together. */
const readAll = shareLooks(async () => {
  if (process.platform !== 'linux') return readFromPs(undefined)
  const names = readdirSync('/proc')
  return readFromProc(names.filter(name => /^\d+$/.test(name)).map(Number))
})

/**
 * The processes of one session: its leaders, the members of their terminal sessions, and all that descends from them, except what belongs to
 * another session (an agent may run a program that starts sessions) and ourselves.
 */
export async function findProcesses(owner: ProcessOwner): Promise<readonly ProcessEntry[]> {
  const all = await readProcesses()
  const queue: ProcessEntry[] = []
  for (const entry of all) {
    if (owner.roots.includes(entry.pid) || owner.roots.includes(entry.session)) queue.push(entry)
    else if (owner.formerRoots.includes(entry.session) && uidOf(entry.pid) === owner.uid) {
      queue.push(entry)
    }
  }
  const children = groupBy(all, ({ parent }) => parent)
  const found = new Map<number, ProcessEntry>()
  for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) {
    if (found.has(entry.pid) || entry.pid === process.pid) continue
    const uid = uidOf(entry.pid)
    if (uid !== undefined && uid !== owner.uid) continue
    found.set(entry.pid, entry)
    queue.push(...(children.get(entry.pid) ?? []))
  }
  return [...found.values()]
}

/** Leaders of terminal sessions by the `AO_UID` they carry, of those asked for: agents that outlived what started them. Linux only. */
export async function findLeaders(
  uids: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const leaders = (await readProcesses()).filter(({ pid, session }) => pid === session)
  const found = new Map<string, number[]>()
  for (const { pid } of leaders) {
    const uid = uidOf(pid)
    if (uid === undefined || !uids.has(uid)) continue
    found.set(uid, [...(found.get(uid) ?? []), pid])
  }
  return found
}

/** The `AO_UID` in a process's environment; undefined when it has none or we may not see it. Linux only. */
function uidOf(pid: number): string | undefined {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
    return /(?:^|\0)AO_UID=([^\0]*)/.exec(environment)?.[1]
  } catch {
    return undefined
  }
}

/** Read synchronously: the kernel answers from memory, where a detour through the thread pool would take ten times as long. */
function readFromProc(pids: readonly number[]): readonly ProcessEntry[] {
  return pids.map(readOne).filter(entry => entry !== undefined)
}

function readOne(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const startTime = startTimeInStat(stat)
    if (startTime === undefined) return undefined
    const [, parent, group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return {
      pid,
      parent: Number(parent),
      group: Number(group),
      session: Number(session),
      startTime,
    }
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}

async function readFromPs(only: readonly number[] | undefined): Promise<readonly ProcessEntry[]> {
  const which = only === undefined ? ['-A'] : ['-p', only.join(',')]
  const result = await run('/bin/ps', [...which, '-o', 'pid=,ppid=,pgid=,stat=,lstart='], {
    env: { LC_ALL: 'C', TZ: 'UTC' },
    timeoutMs: PS_TIMEOUT_MS,
  })
  if (result.exitCode !== 0 && result.stderr !== '') {
    throw new HouseError('CommandFailed', `ps could not look: ${result.stderr.trim()}`)
  }
  return result.stdout.split('\n').flatMap(line => {
    const [pid, parent, group, state, ...date] = line.trim().split(/\s+/)
    if (pid === undefined || pid === '' || state === undefined || state.startsWith('Z')) return []
    return {
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      session: Number(group),
      startTime: date.join(' '),
    }
  })
}
