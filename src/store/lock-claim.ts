import { link, readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import { errnoOf } from '../errors.ts'
import { fileError } from './file-error.ts'
import { readJson, writeTemp } from './files.ts'
import type { HomePaths } from './paths.ts'
import type { LockInfo } from './types.ts'

/** The exclusive right to change the lock that bears one nonce. */
export interface LockClaim {
  drop(): Promise<void>
}

/**
 * Claims the lock that bears `nonce`, or gives back undefined when somebody living did. A claimer who died is claimed in
 * turn by its own nonce, so the right passes on and two never have it.
 */
export async function claimLock(
  paths: HomePaths,
  nonce: string,
  claimer: LockInfo,
  isGone: (info: LockInfo) => Promise<boolean> = async () => false,
): Promise<LockClaim | undefined> {
  const chain: string[] = []
  for (let wanted = nonce; ;) {
    const file = claimFile(paths, wanted)
    if (chain.includes(file)) return undefined
    chain.push(file)
    if (await linkNew(file, JSON.stringify(claimer))) return { drop: async () => dropAll(chain) }
    const other = readJson<LockInfo>(file)
    if (other.state !== 'found' || !(await isGone(other.value))) return undefined
    wanted = other.value.nonce
  }
}

/** Removes claims that a killed process left behind. Only for the holder of the lock that bears `nonce`. */
export async function sweepClaims(paths: HomePaths, nonce: string): Promise<void> {
  const prefix = basename(claimFile(paths, ''))
  const claims = (await readdir(paths.root)).filter(name => name.startsWith(prefix))
  if (claims.includes(`${prefix}${nonce}`)) return
  for (const name of claims) await rm(join(paths.root, name), { force: true })
}

/** Makes a file with this content unless there is one of its name: it appears complete or not at all. */
export async function linkNew(file: string, text: string): Promise<boolean> {
  let temp: string | undefined
  try {
    temp = await writeTemp(file, text, { sync: true })
    await link(temp, file)
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw fileError(error, 'write', file)
  } finally {
    if (temp !== undefined) await rm(temp, { force: true })
  }
}

/** Our own, which is the last, goes last: while it stands nobody else gets to the end of the chain. */
async function dropAll(chain: readonly string[]): Promise<void> {
  for (const file of chain) await rm(file, { force: true })
}

function claimFile(paths: HomePaths, nonce: string): string {
  return join(dirname(paths.lock), `lock.claim-${nonce.replace(/[^\w-]/g, '_')}`)
}
