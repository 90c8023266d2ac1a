import { describe, expect, it } from 'vitest'

import { HouseError } from '../src/errors.ts'
import { Jobs } from '../src/reconcile/jobs.ts'
import { PRIORITY } from '../src/reconcile/queue.ts'

interface Bench {
  now: number
  ended: number
  readonly jobs: Jobs
}

function bench(): Bench {
  const made = { now: 1000, ended: 0 }
  const jobs = new Jobs({
    now: () => made.now,
    random: () => 0.5,
    resyncMs: 60_000,
    onEnd: () => {
      made.ended += 1
    },
  })
  return Object.assign(made, { jobs })
}

interface Gate {
  readonly passed: Promise<void>
  readonly open: () => void
  readonly close: (error: Error) => void
}

/** Something a job waits for until the test lets it go on. */
function gate(): Gate {
  let open = (): void => undefined
  let close = (_error: Error): void => undefined
  const passed = new Promise<void>((resolve, reject) => {
    open = resolve
    close = reject
  })
  return { passed, open, close }
}

async function fail(jobs: Jobs, error: Error): Promise<void> {
  jobs.start('a', async () => {
    throw error
  })
  await jobs.drain()
}

const passing = new HouseError('Unreachable', 'no answer', { retryable: true, next: 'ao doctor' })
const lasting = new HouseError('Failed', 'npm ci failed')

describe('jobs', () => {
  it('are at rest for a look that began after the last of them ended', async () => {
    const { jobs } = bench()
    const slow = gate()
    jobs.start('a', async () => slow.passed)
    const during = jobs.tick()
    expect(jobs.isAtRest(during)).toBe(false)
    slow.open()
    await jobs.drain()
    jobs.forget('a')
    expect([jobs.isAtRest(during), jobs.isAtRest(jobs.tick())]).toEqual([false, true])
  })

  it('run one at a time of a name, side by side with others', async () => {
    const { jobs } = bench()
    const slow = gate()
    jobs.start('a', async () => slow.passed)
    jobs.start('b', async () => undefined)
    expect([jobs.busy, jobs.isBusy('a')]).toEqual([2, true])
    expect(jobs.due(['a', 'c'], jobs.tick())).toEqual(['c'])
    slow.open()
    await jobs.drain()
    expect([jobs.busy, jobs.isBusy('a')]).toEqual([0, false])
    expect(jobs.due(['a', 'c'], jobs.tick())).toEqual(['a', 'c'])
  })

  it('make a look worthless that was taken before they ended', async () => {
    const { jobs } = bench()
    const before = jobs.tick()
    const slow = gate()
    jobs.start('a', async () => slow.passed)
    const meanwhile = jobs.tick()
    expect([jobs.isSeen('a', meanwhile), jobs.isSeen('b', meanwhile)]).toEqual([false, true])
    slow.open()
    await jobs.drain()
    const after = jobs.tick()
    expect([before, meanwhile, after].map(tick => jobs.isSeen('a', tick))).toEqual([
      false,
      false,
      true,
    ])
    expect(jobs.due(['a'], meanwhile)).toEqual([])
    expect(jobs.due(['a'], after)).toEqual(['a'])
  })

  it('tell of their end after everything about them is settled', async () => {
    const made = bench()
    const seen: boolean[] = []
    const jobs = new Jobs({
      now: () => made.now,
      random: () => 0,
      resyncMs: 1,
      onEnd: () => seen.push(jobs.isBusy('a'), jobs.failure('a') !== undefined),
    })
    await fail(jobs, passing)
    expect(seen).toEqual([false, true])
  })

  it('that fail say so, count, and wait longer each time', async () => {
    const made = bench()
    await fail(made.jobs, passing)
    expect(made.jobs.failure('a')).toEqual({
      code: 'Unreachable',
      message: 'no answer; ao doctor',
      retryable: true,
      count: 1,
    })
    expect(made.jobs.nextDueAt()).toBe(made.now + 1000)
    made.now += 1000
    await fail(made.jobs, passing)
    expect(made.jobs.failure('a')?.count).toBe(2)
    expect(made.jobs.nextDueAt()).toBe(made.now + 2000)
  })

  it('that cannot succeed by themselves wait for the periodic look', async () => {
    const made = bench()
    await fail(made.jobs, lasting)
    expect(made.jobs.failure('a')).toMatchObject({ retryable: false, message: 'npm ci failed' })
    expect(made.jobs.nextDueAt()).toBe(made.now + 60_000)
  })

  it('forget a failure when they succeed, when it is forgiven, and by command', async () => {
    const { jobs } = bench()
    await fail(jobs, passing)
    jobs.start('a', async () => undefined)
    await jobs.drain()
    expect(jobs.failure('a')).toBeUndefined()
    await fail(jobs, lasting)
    jobs.forgive('a')
    expect(jobs.failure('a')).toBeUndefined()
    await fail(jobs, lasting)
    jobs.wake('a', 0)
    expect([jobs.failure('a')?.code, jobs.due(['a'], jobs.tick())]).toEqual(['Failed', []])
    jobs.wake('a', PRIORITY.command)
    expect([jobs.failure('a'), jobs.due(['a'], jobs.tick())]).toEqual([undefined, ['a']])
  })

  it.each([
    ['says that it was interrupted', new HouseError('Interrupted', 'stopped')],
    ['fails with whatever its program made of the signal', new Error('Command was killed')],
  ])('that are told to end have not failed: one that %s', async (_what, error) => {
    const made = bench()
    made.jobs.start('a', async signal => {
      await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
      throw error
    })
    await Promise.resolve()
    made.jobs.abort('a')
    await made.jobs.drain()
    expect([made.jobs.failure('a'), made.jobs.nextDueAt(), made.ended]).toEqual([
      undefined,
      undefined,
      1,
    ])
    expect(made.jobs.due(['a'], made.jobs.tick())).toEqual(['a'])
  })

  it('whose work was shared with one that was told to end have not failed either', async () => {
    const { jobs } = bench()
    await fail(jobs, new HouseError('Interrupted', 'work on git was interrupted'))
    expect([jobs.failure('a'), jobs.nextDueAt()]).toEqual([undefined, undefined])
  })

  it('all end when all are told to', async () => {
    const { jobs } = bench()
    for (const name of ['a', 'b']) {
      jobs.start(name, async signal => {
        await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
      })
    }
    await Promise.resolve()
    jobs.abort('nobody')
    jobs.abortAll()
    await jobs.drain()
    expect(jobs.busy).toBe(0)
  })

  it('of a name that is forgotten leave nothing behind', async () => {
    const { jobs } = bench()
    await fail(jobs, lasting)
    jobs.forget('a')
    expect([jobs.failure('a'), jobs.nextDueAt()]).toEqual([undefined, undefined])
    expect(jobs.due(['a'], jobs.tick())).toEqual(['a'])
  })
})
