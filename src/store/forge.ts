import { createHash } from 'node:crypto'
import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { errnoOf } from '../errors.ts'
import { readJson, writeAtomic } from './files.ts'
import type { HomePaths } from './paths.ts'

/** What adapters of remote forges remember: it can be asked again, so it is not synced, has no history and needs no lock. */
export interface ForgeFiles {
  /** Undefined for what was never written, or can't be read. */
  read(key: string): Promise<unknown>
  /** Replaces it as a whole; the file is private. */
  write(key: string, value: unknown): Promise<void>
  /** The same with what it is now; one process after the other. */
  change(key: string, change: (value: unknown) => unknown): Promise<void>
}

/** A change takes a moment: whoever has held a file for longer was ended in the middle of it. */
const STALE_MS = 2000
const RETRY_MS = 5

/** One file for each key below `forge/`. Several processes may write: the last one wins, and each wrote something complete. */
export function openForgeFiles({ forge }: Pick<HomePaths, 'forge'>): ForgeFiles {
  return {
    async read(key) {
      const read = readJson(fileOf(forge, key))
      return read.state === 'found' ? read.value : undefined
    },
    async write(key, value) {
      await writeAtomic(fileOf(forge, key), JSON.stringify(value), { sync: false })
    },
    async change(key, change) {
      const file = fileOf(forge, key)
      await holding(`${file}.lock`, async () => {
        const read = readJson(file)
        const value = change(read.state === 'found' ? read.value : undefined)
        await writeAtomic(file, JSON.stringify(value), { sync: false })
      })
    },
  }
}

async function holding(lock: string, work: () => Promise<void>): Promise<void> {
  mkdirSync(dirname(lock), { recursive: true, mode: 0o700 })
  while (!isMade(lock)) {
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (Math.abs(age) > STALE_MS) rmSync(lock, { force: true })
    else await sleep(RETRY_MS)
  }
  try {
    await work()
  } finally {
    rmSync(lock, { force: true })
  }
}

function isMade(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx', 0o600))
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Readable, and different for different keys also where a file system thinks that A is a. */
function fileOf(folder: string, key: string): string {
  const name = key.toLowerCase().replaceAll(/[^a-z0-9.-]+/g, '_')
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 12)
  return join(folder, `${name.slice(0, 120)}-${hash}.json`)
}
