import { rm } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

import { HouseError } from '../errors.ts'
import { fileError } from './file-error.ts'
import { readJson, writeAtomic } from './files.ts'
import type { FileRead } from './files.ts'
import { claimLock, linkNew } from './lock-claim.ts'
import type { HomePaths } from './paths.ts'
import type { LockInfo } from './types.ts'

const POLL_MS = 50
/** How long one taker may stand in another's way before that counts as a holder. */
const TAKE_OVER_MS = 2000

/** How processes are told apart; `startTimeOf` is undefined for a process that is gone or a zombie, and throws when it can't look. */
export interface ProcessIdentity {
  readonly bootId: string
  startTimeOf(pid: number): Promise<string | undefined>
}

/** The right to write to a home and to act for it. */
export interface Lock {
  readonly info: LockInfo
  /** Whether it is still ours; to be asked before every effect. */
  holds(): Promise<boolean>
  /** Lets go; harmless when it was taken from us or let go before. */
  release(): Promise<void>
}

export interface AcquireOptions {
  readonly identity: ProcessIdentity
  /** How long to wait for a living holder; 0 tries once. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Takes the home's single-writer lock. A lock whose holder is gone (killed, its pid reused, the machine restarted) is taken
 * over at once. Throws `Locked` naming the holder when a living one keeps it beyond the time-out.
 */
export async function acquireLock(
  paths: HomePaths,
  info: LockInfo,
  options: AcquireOptions,
): Promise<Lock> {
  const deadline = performance.now() + options.timeoutMs
  for (;;) {
    if (options.signal?.aborted === true) throw interrupted(paths, options.signal)
    const holder = readLock(paths)
    if (holder.state === 'absent') {
      if (await linkNew(paths.lock, lockText(info))) return heldLock(paths, info)
      continue
    }
    const stale = await isStale(holder, options.identity)
    if (stale && (await replaceStale(paths, holder, info, options.identity))) {
      return heldLock(paths, info)
    }
    const left = deadline - performance.now()
    if (left <= (stale ? -TAKE_OVER_MS : 0)) throw locked(paths, holder)
    await pause(paths, Math.min(POLL_MS, Math.max(1, left)), options.signal)
  }
}

/** Who holds the lock according to its file, alive or not. */
export function readLock(paths: HomePaths): FileRead<LockInfo> {
  const read = readJson<LockInfo>(paths.lock)
  if (read.state !== 'found' || typeof read.value?.nonce === 'string') return read
  return { state: 'corrupt', reason: 'it has no nonce' }
}

/** The living process that holds the lock, or undefined. */
export async function liveHolder(
  paths: HomePaths,
  identity: ProcessIdentity,
): Promise<LockInfo | undefined> {
  const holder = readLock(paths)
  if (holder.state !== 'found' || (await isGone(holder.value, identity))) return undefined
  return holder.value
}

function heldLock(paths: HomePaths, info: LockInfo): Lock {
  let released = false
  const isOurs = (): boolean => {
    const holder = readLock(paths)
    return holder.state === 'found' && holder.value.nonce === info.nonce
  }
  return {
    info,
    holds: async () => !released && isOurs(),
    release: async () => {
      if (released) return
      released = true
      await removeOurs(paths, info, isOurs)
    },
  }
}

/** Goes through the same claim as a taker, so that a lock that was just taken from us is never removed from its new holder. */
async function removeOurs(paths: HomePaths, info: LockInfo, isOurs: () => boolean): Promise<void> {
  const claim = await claimLock(paths, info.nonce, { ...info, nonce: `${info.nonce}-release` })
  if (claim === undefined) return
  try {
    if (isOurs()) await rm(paths.lock, { force: true })
  } catch (error) {
    throw fileError(error, 'remove', paths.lock)
  } finally {
    await claim.drop()
  }
}

/**
 * Only whoever holds the claim on a nonce may replace or remove the lock that bears it, and a nonce never comes back. So the
 * look under the claim is final, and the lock is never missing in between.
 */
async function replaceStale(
  paths: HomePaths,
  stale: FileRead<LockInfo>,
  info: LockInfo,
  identity: ProcessIdentity,
): Promise<boolean> {
  const claim = await claimLock(paths, nonceOf(stale), info, async claimer =>
    isGone(claimer, identity),
  )
  if (claim === undefined) return false
  try {
    const now = readLock(paths)
    if (now.state === 'absent' || nonceOf(now) !== nonceOf(stale)) return false
    await writeAtomic(paths.lock, lockText(info), { sync: true })
    return true
  } finally {
    await claim.drop()
  }
}

/** A lock is linked complete and synced, so one that can't be read was damaged with nobody behind it. */
async function isStale(holder: FileRead<LockInfo>, identity: ProcessIdentity): Promise<boolean> {
  return holder.state === 'corrupt' || (holder.state === 'found' && isGone(holder.value, identity))
}

async function isGone(info: LockInfo, identity: ProcessIdentity): Promise<boolean> {
  if (info.bootId !== identity.bootId) return true
  try {
    return (await identity.startTimeOf(info.pid)) !== info.startTime
  } catch {
    return false
  }
}

function nonceOf(read: FileRead<LockInfo>): string {
  return read.state === 'found' ? read.value.nonce : 'unreadable'
}

function lockText(info: LockInfo): string {
  return `${JSON.stringify(info, undefined, 2)}\n`
}

function locked(paths: HomePaths, holder: FileRead<LockInfo>): HouseError {
  if (holder.state !== 'found') return new HouseError('Locked', `${paths.root} is locked`)
  const { pid, user, since, command } = holder.value
  return new HouseError(
    'Locked',
    `${paths.root} is locked by pid ${pid} (${user}) since ${since}: ${command}`,
    { retryable: true, next: `wait for it, or end it with: kill ${pid}` },
  )
}

async function pause(paths: HomePaths, ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal })
  } catch {
    throw interrupted(paths, signal)
  }
}

function interrupted(paths: HomePaths, signal: AbortSignal | undefined): HouseError {
  return new HouseError('Interrupted', `Interrupted while waiting for the lock of ${paths.root}`, {
    cause: signal?.reason,
  })
}
