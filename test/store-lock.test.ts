import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import {
  readProcessIdentity,
  startTimeInPs,
  startTimeInStat,
} from '../src/plugins/process-identity.ts'
import { acquireLock, liveHolder, readLock } from '../src/store/lock.ts'
import type { ProcessIdentity } from '../src/store/lock.ts'
import { claimLock } from '../src/store/lock-claim.ts'
import { homePaths } from '../src/store/paths.ts'
import type { HomePaths } from '../src/store/paths.ts'
import type { LockInfo } from '../src/store/types.ts'
import { eventually } from './support/eventually.ts'
import { buildStoreProgram, startStoreProcess } from './support/store-process.ts'
import type { StoreProcess } from './support/store-process.ts'

let built: string
let program: string
let root: string
let paths: HomePaths
let identity: ProcessIdentity
const processes: StoreProcess[] = []

beforeAll(async () => {
  built = mkdtempSync(join(tmpdir(), 'ao-store-program-'))
  program = await buildStoreProgram(built)
  identity = await readProcessIdentity(process.platform)
})

afterAll(() => {
  rmSync(built, { recursive: true, force: true })
})

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ao-lock-'))
  paths = homePaths(root)
})

afterEach(async () => {
  for (const each of processes.splice(0)) await each.kill()
  rmSync(root, { recursive: true, force: true })
})

async function start(): Promise<StoreProcess> {
  const started = await startStoreProcess([process.execPath, program, root])
  processes.push(started)
  return started
}

async function ownInfo(change: Partial<LockInfo> = {}): Promise<LockInfo> {
  return {
    pid: process.pid,
    startTime: (await identity.startTimeOf(process.pid)) ?? '',
    bootId: identity.bootId,
    nonce: randomUUID(),
    mode: 'once',
    command: 'ao reconcile --once',
    user: 'ada',
    since: '2030-01-01T00:00:00.000Z',
    version: '0.1.0',
    ...change,
  }
}

const leftovers = (): readonly string[] => readdirSync(root).filter(name => name !== 'lock')

describe('one writer', () => {
  test('twenty processes that race for the lock give one holder, and so do the rest after each kill -9 (E4, E7)', async () => {
    let racers = await Promise.all(Array.from({ length: 20 }, start))
    for (let round = 0; round < 12; round += 1) {
      const answers = await Promise.all(
        racers.map(async racer => ({ racer, answer: await racer.ask('acquire 0') })),
      )
      const winners = answers.filter(({ answer }) => answer.error === undefined)
      expect(winners).toHaveLength(1)
      const errors = answers.flatMap(({ answer }) => answer.error ?? [])
      expect(new Set(errors)).toEqual(new Set(['Locked']))
      const [winner] = winners
      expect(await winner?.racer.ask('holds')).toEqual({ value: true })
      await winner?.racer.kill('SIGKILL')
      racers = racers.filter(racer => racer !== winner?.racer)
    }
    expect(leftovers()).toEqual([])
  })

  test('the second is told who holds it, since when and with which command (E4)', async () => {
    const info = await ownInfo()
    const lock = await acquireLock(paths, info, { identity, timeoutMs: 0 })
    const second = await start()
    const { error, message } = await second.ask('acquire 0')
    expect(error).toBe('Locked')
    expect(message).toContain(`pid ${process.pid} (ada) since ${info.since}: ao reconcile --once`)
    await lock.release()
    expect(readLock(paths)).toEqual({ state: 'absent' })
    expect(leftovers()).toEqual([])
  })

  test('a waiting process gets it as soon as it is let go', async () => {
    const lock = await acquireLock(paths, await ownInfo(), { identity, timeoutMs: 0 })
    const waiting = (await start()).ask('acquire 10000')
    await lock.release()
    expect((await waiting).error).toBeUndefined()
    expect(await lock.holds()).toBe(false)
  })

  test('waiting ends at the time-out and at the signal', async () => {
    await acquireLock(paths, await ownInfo(), { identity, timeoutMs: 0 })
    const before = performance.now()
    await expect(
      acquireLock(paths, await ownInfo(), { identity, timeoutMs: 120 }),
    ).rejects.toMatchObject({ code: 'Locked' })
    expect(performance.now() - before).toBeGreaterThanOrEqual(115)
    const signal = AbortSignal.timeout(60)
    await expect(
      acquireLock(paths, await ownInfo(), { identity, timeoutMs: 60_000, signal }),
    ).rejects.toMatchObject({ code: 'Interrupted' })
  })
})

describe('a lock whose holder is gone', () => {
  test('is taken over at once after kill -9, not after a time-out (E7)', async () => {
    const holder = await start()
    await holder.ask('acquire 0')
    await holder.kill('SIGKILL')
    expect(await liveHolder(paths, identity)).toBeUndefined()
    const lock = await acquireLock(paths, await ownInfo(), { identity, timeoutMs: 0 })
    expect(await lock.holds()).toBe(true)
  })

  test('is taken over while the holder is a zombie', async () => {
    // The shell becomes `sleep`, which never waits for the child that it got this way.
    const script = 'exec 3<&0; "$0" "$1" "$2" <&3 & exec sleep 600'
    const argv = ['sh', '-c', script, process.execPath, program, root]
    const holder = await startStoreProcess(argv)
    processes.push(holder)
    await holder.ask('acquire 0')
    process.kill(holder.pid, 'SIGKILL')
    await eventually('the holder is a zombie', () => stateOf(holder.pid).startsWith('Z'))
    const lock = await acquireLock(paths, await ownInfo(), { identity, timeoutMs: 0 })
    expect(await lock.holds()).toBe(true)
  })

  test.each([
    ['its pid belongs to a process that started at another time (E8)', { startTime: '1' }],
    ['the machine was restarted since (C7)', { bootId: 'another boot' }],
  ])('is taken over when %s', async (_, change) => {
    await acquireLock(paths, await ownInfo(change), { identity, timeoutMs: 0 })
    const mine = await ownInfo()
    const lock = await acquireLock(paths, mine, { identity, timeoutMs: 0 })
    expect(readLock(paths)).toEqual({ state: 'found', value: mine })
    expect(await lock.holds()).toBe(true)
    expect(leftovers()).toEqual([])
  })

  test('is taken over when its file was damaged', async () => {
    writeFileSync(paths.lock, '{"pid":')
    const lock = await acquireLock(paths, await ownInfo(), { identity, timeoutMs: 0 })
    expect(await lock.holds()).toBe(true)
  })

  test('is not taken over when we could not look', async () => {
    const blind: ProcessIdentity = {
      bootId: identity.bootId,
      startTimeOf: () => Promise.reject(new Error('too many open files')),
    }
    await acquireLock(paths, await ownInfo({ startTime: '1' }), { identity, timeoutMs: 0 })
    await expect(
      acquireLock(paths, await ownInfo(), { identity: blind, timeoutMs: 0 }),
    ).rejects.toMatchObject({ code: 'Locked' })
  })

  test('is taken over although an earlier taker died halfway', async () => {
    const dead = { pid: 1, startTime: 'never' }
    const first = await ownInfo(dead)
    await acquireLock(paths, first, { identity, timeoutMs: 0 })
    const second = await ownInfo(dead)
    await claimLock(paths, first.nonce, second)
    await claimLock(paths, second.nonce, await ownInfo(dead))
    const lock = await acquireLock(paths, await ownInfo(), { identity, timeoutMs: 0 })
    expect(await lock.holds()).toBe(true)
    expect(leftovers()).toEqual([])
  })

  test('is left to a living taker that was there first', async () => {
    const stale = await ownInfo({ startTime: '1' })
    await acquireLock(paths, stale, { identity, timeoutMs: 0 })
    const claim = await claimLock(paths, stale.nonce, await ownInfo())
    expect(claim).toBeDefined()
    const waiting = acquireLock(paths, await ownInfo(), { identity, timeoutMs: 0 })
    await eventually('the stale lock still stands', () => readLock(paths).state === 'found')
    await claim?.drop()
    expect(await (await waiting).holds()).toBe(true)
  })
})

test('a holder that was stopped sees that its lock was taken, and lets go of nothing (A19)', async () => {
  const holder = await start()
  await holder.ask('acquire 0')
  process.kill(holder.pid, 'SIGSTOP')
  await eventually('the holder is stopped', () => stateOf(holder.pid).startsWith('T'))
  const mistaken: ProcessIdentity = {
    bootId: identity.bootId,
    startTimeOf: () => Promise.resolve(undefined),
  }
  const taker = await acquireLock(paths, await ownInfo(), { identity: mistaken, timeoutMs: 0 })
  process.kill(holder.pid, 'SIGCONT')
  expect(await holder.ask('holds')).toEqual({ value: false })
  await holder.ask('release')
  expect(await taker.holds()).toBe(true)
  expect(existsSync(paths.lock)).toBe(true)
  expect(leftovers()).toEqual([])
})

test('the start time is found behind a program name with blanks and brackets', async () => {
  const stat = `7 (a ) Z (b) S ${Array.from({ length: 40 }, (_, index) => index + 4).join(' ')}`
  expect(startTimeInStat(stat)).toBe('22')
  expect(startTimeInStat(stat.replace(') S', ') Z'))).toBeUndefined()
  expect(startTimeInPs('Ss   Mon Jan  6 10:00:00 2025\n')).toBe('Mon Jan 6 10:00:00 2025')
  expect(startTimeInPs('Z+   Mon Jan  6 10:00:00 2025\n')).toBeUndefined()
  expect(startTimeInPs('')).toBeUndefined()
  expect(await identity.startTimeOf(process.pid)).toBe(await identity.startTimeOf(process.pid))
})

function stateOf(pid: number): string {
  return execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim()
}
