import { createHash } from 'node:crypto'
import { join } from 'node:path'

import { readJson, writeAtomic } from './files.ts'
import type { HomePaths } from './paths.ts'

/** What adapters of remote forges remember: it can be asked again, so it is not synced, has no history and needs no lock. */
export interface ForgeFiles {
  /** Undefined for what was never written, or can't be read. */
  read(key: string): Promise<unknown>
  /** Replaces it as a whole; the file is private. */
  write(key: string, value: unknown): Promise<void>
}

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
  }
}

/** Readable, and different for different keys also where a file system thinks that A is a. */
function fileOf(folder: string, key: string): string {
  const name = key.toLowerCase().replaceAll(/[^a-z0-9.-]+/g, '_')
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 12)
  return join(folder, `${name.slice(0, 120)}-${hash}.json`)
}
