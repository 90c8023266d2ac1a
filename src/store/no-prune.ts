import { rm } from 'node:fs/promises'

import { fileError } from './file-error.ts'
import { readJson, writeAtomic } from './files.ts'
import type { HomePaths } from './paths.ts'

/** Why nothing may be pruned now: state was lost, so what is missing from it may still be wanted. */
export interface NoPrune {
  readonly since: string
  readonly reasons: readonly string[]
}

/** The marker, or undefined when pruning is allowed; a marker that can't be understood still forbids. */
export function readNoPrune(paths: HomePaths): NoPrune | undefined {
  const read = readJson<NoPrune>(paths.noPrune)
  switch (read.state) {
    case 'absent':
      return undefined
    case 'corrupt':
      return { since: '', reasons: [`${paths.noPrune} can't be read: ${read.reason}`] }
    case 'found':
      return read.value
  }
}

/** Forbids pruning until `clearNoPrune`; a reason that is already there is not repeated. */
export async function forbidPrune(
  paths: HomePaths,
  reasons: readonly string[],
  now: Date,
): Promise<void> {
  const before = readNoPrune(paths)
  const known = before?.reasons ?? []
  const added = reasons.filter(reason => !known.includes(reason))
  if (added.length === 0) return
  const marker: NoPrune = {
    since: before === undefined || before.since === '' ? now.toISOString() : before.since,
    reasons: [...known, ...added],
  }
  await writeAtomic(paths.noPrune, `${JSON.stringify(marker, undefined, 2)}\n`, { sync: true })
}

/** Allows pruning again; to be called after a clean apply. */
export async function clearNoPrune(paths: HomePaths): Promise<void> {
  try {
    await rm(paths.noPrune, { force: true })
  } catch (error) {
    throw fileError(error, 'remove', paths.noPrune)
  }
}
