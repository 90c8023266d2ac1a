import { readdirSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import { makePrivateDirectory } from './files.ts'
import type { HomePaths } from './paths.ts'

/** Nothing works there for as long as this. */
const STALE_MS = 10 * 60_000

/** Makes the directory for what is made and thrown away at once, and takes away what killed processes left in it. */
export async function prepareScratch({ scratch }: HomePaths, now: Date): Promise<void> {
  makePrivateDirectory(scratch)
  for (const name of readdirSync(scratch)) {
    const path = join(scratch, name)
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined || now.getTime() - stat.mtimeMs < STALE_MS) continue
    await rm(path, { recursive: true, force: true })
  }
}
