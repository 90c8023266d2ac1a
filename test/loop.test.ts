import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { HouseError } from '../src/errors.ts'
import type { Progress } from '../src/reconcile/deps.ts'
import type { Cycle, Engine } from '../src/reconcile/engine.ts'
import type { RunOptions } from '../src/reconcile/loop.ts'
import { Wake, runLoop } from '../src/reconcile/loop.ts'
import { homePaths } from '../src/store/paths.ts'

let home = ''

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ao-loop-'))
  for (const dir of ['spool', 'requests']) mkdirSync(join(home, dir))
})

afterEach(() => {
  rmSync(home, { recursive: true, force: true })
})

const QUIET = { tick: 1, actions: [], changed: false, nextAt: undefined } as unknown as Cycle

/** Cycles as given, one after the other; what a person was told; how often the lock was asked for. */
function bench(cycles: readonly (() => Cycle)[], holds: () => boolean = () => true) {
  const told: Progress[] = []
  let made = 0
  const engine = {
    deps: {
      store: { paths: homePaths(home), desired: { all: () => new Map() } },
      now: () => new Date(),
      fence: async () => {
        if (!holds()) throw new HouseError('Locked', 'the lock was taken')
      },
      onProgress: (progress: Progress) => told.push(progress),
    },
    jobs: {
      busy: 0,
      isAtRest: () => true,
      abortAll: () => undefined,
      drain: async () => undefined,
    },
    cycle: async () => {
      made += 1
      return cycles[made - 1]?.() ?? QUIET
    },
  } as unknown as Engine
  return { engine, told, made: () => made }
}

const options = (over: Partial<RunOptions> = {}): RunOptions => ({
  reacting: true,
  serving: true,
  until: () => true,
  timeoutMs: 10_000,
  signal: new AbortController().signal,
  ...over,
})

const diskFull = (): never => {
  throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
}

describe('the loop', () => {
  it('of a watcher outlives a pass that fails as a whole, and says so (C1)', async () => {
    const { engine, told, made } = bench([diskFull])
    expect(await runLoop(engine, new Wake(), options())).toBe('met')
    expect(made()).toBe(2)
    expect(told).toMatchObject([{ type: 'event', reason: 'DiskFull', warning: true }])
  })

  it('of one pass fails with what went wrong in it', async () => {
    const { engine } = bench([diskFull])
    const run = runLoop(engine, new Wake(), options({ serving: false }))
    await expect(run).rejects.toThrow('no space left on device')
  })

  it('ends without another look once the lock is no longer its own (A19)', async () => {
    let held = true
    const { engine, made } = bench([() => QUIET], () => held)
    const until = (): boolean => {
      held = false
      return false
    }
    const wake = new Wake()
    wake.wake()
    await expect(runLoop(engine, wake, options({ until }))).rejects.toMatchObject({
      code: 'Locked',
    })
    expect(made()).toBe(1)
  })
})
