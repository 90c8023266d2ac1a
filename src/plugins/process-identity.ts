import { readFile } from 'node:fs/promises'

import { HouseError, errnoOf } from '../errors.ts'
import type { RunResult } from './exec.ts'

const TIMEOUT_MS = 5000
const ENV = { LC_ALL: 'C', TZ: 'UTC' } as const

/** Tells processes apart beyond their pid, which the system uses again. */
export interface ProcessIdentity {
  /** Changes with every start of the machine. */
  readonly bootId: string
  /** Undefined for a process that is gone or a zombie; throws when it could not look. */
  startTimeOf(pid: number): Promise<string | undefined>
}

/** How this system tells processes apart: `/proc` on Linux, `ps` and `sysctl` elsewhere. */
export async function readProcessIdentity(platform: NodeJS.Platform): Promise<ProcessIdentity> {
  if (platform === 'linux') {
    const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
    return { bootId: bootId.trim(), startTimeOf: startTimeFromProc }
  }
  return { bootId: await bootSession(), startTimeOf: startTimeFromPs }
}

/** `undefined` for what `/proc/<pid>/stat` says of a zombie; otherwise its field 22, in ticks since the machine started. */
export function startTimeInStat(stat: string): string | undefined {
  // The second field is the program's name in brackets, and may contain blanks and brackets itself.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' || state === 'X' ? undefined : rest[18]
}

/** `undefined` for what `ps -o stat=,lstart=` says of a zombie or of nobody; otherwise the date it was started. */
export function startTimeInPs(output: string): string | undefined {
  const [state, ...date] = output.trim().split(/\s+/)
  return state === undefined || state === '' || state.startsWith('Z') ? undefined : date.join(' ')
}

async function startTimeFromProc(pid: number): Promise<string | undefined> {
  try {
    return startTimeInStat(await readFile(`/proc/${pid}/stat`, 'utf8'))
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}

async function startTimeFromPs(pid: number): Promise<string | undefined> {
  const result = await ask('/bin/ps', ['-o', 'stat=,lstart=', '-p', String(pid)])
  if (result.exitCode === 0) return startTimeInPs(result.stdout)
  if (result.exitCode === 1 && result.stderr === '') return undefined
  throw new HouseError('CommandFailed', `ps could not look for pid ${pid}: ${result.stderr.trim()}`)
}

/** Not `kern.boottime`, which moves when the clock is set. */
async function bootSession(): Promise<string> {
  const result = await ask('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'])
  if (result.exitCode === 0) return result.stdout.trim()
  throw new HouseError('CommandFailed', `sysctl failed: ${result.stderr.trim()}`)
}

/** Starting processes is loaded here and not before: where `/proc` answers, a look stays cheap. */
async function ask(program: string, args: readonly string[]): Promise<RunResult> {
  const { run } = await import('./exec.ts')
  return run(program, args, { env: ENV, timeoutMs: TIMEOUT_MS })
}
