import { readFile, rename, writeFile } from 'node:fs/promises'

import { HouseError, errnoOf } from '../../errors.ts'
import {
  type ProcessIdentity,
  readProcessIdentity,
  startTimeInPs,
  startTimeInStat,
} from '../process-identity.ts'

/** Remembers which process our tmux server is, for the time when its socket doesn't lead there. */
export interface TmuxServer {
  /** The server that was written down, if that very process still lives. */
  findAlive(): Promise<number | undefined>
  /** Writes the server down unless it is already; servers do it themselves when they start, this mends the rest. */
  remember(pid: number): Promise<void>
}

interface ServerRecord {
  readonly pid: number
  readonly bootId: string
  readonly startTime: string
}

export function createTmuxServer(file: string): TmuxServer {
  let known: Promise<ProcessIdentity> | undefined
  let remembered: number | undefined
  const identity = (): Promise<ProcessIdentity> =>
    (known ??= readProcessIdentity(process.platform).catch((error: unknown) => {
      known = undefined
      throw error
    }))
  return {
    async findAlive() {
      const record = await readRecord(file)
      if (record === undefined) return undefined
      const machine = await identity()
      if (record.bootId !== machine.bootId) return undefined
      const startTime = await machine.startTimeOf(record.pid)
      return startTime === record.startTime ? record.pid : undefined
    },
    async remember(pid) {
      if (remembered === pid) return
      if ((await readRecord(file).catch(() => undefined))?.pid !== pid) {
        const machine = await identity()
        const startTime = await machine.startTimeOf(pid)
        if (startTime === undefined) return
        const temporary = `${file}.${process.pid}`
        await writeFile(temporary, `${pid}\n${machine.bootId}\nS ${startTime}\n`, { mode: 0o600 })
        await rename(temporary, file)
      }
      remembered = pid
    },
  }
}

async function readRecord(file: string): Promise<ServerRecord | undefined> {
  let text
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
  const [pid = '', bootId = '', line = ''] = text.split('\n')
  const startTime = /^\d+ \(/.test(line) ? startTimeInStat(line) : startTimeInPs(line)
  if (!/^\d+$/.test(pid) || bootId === '' || startTime === undefined) {
    throw new HouseError(
      'Unreachable',
      `${file} does not say which tmux server is ours; when none runs, remove the file`,
    )
  }
  return { pid: Number(pid), bootId, startTime }
}
