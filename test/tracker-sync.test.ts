import { describe, expect, test } from 'vitest'

import { HouseError } from '../src/errors.ts'
import type { SessionView } from '../src/lifecycle/facts.ts'
import type { Issue, Tracker } from '../src/plugins/tracker.ts'
import { Jobs } from '../src/reconcile/jobs.ts'
import { TrackerSync } from '../src/reconcile/tracker-sync.ts'
import type { TrackerSyncInput } from '../src/reconcile/tracker-sync.ts'
import type { SessionRecord } from '../src/resource/record.ts'
import type { NewEvent } from '../src/store/types.ts'
import { launched, NOW, projectSpec, record, running, worker } from './support/builders.ts'

const KEY = 'Worker/app-1'

/** The loop's place for trackers, with a clock of its own; the tracker is a few lines that count what they are asked. */
function stage(
  given: {
    readonly onIssueClosed?: 'keep' | 'finish'
    readonly hooks?: object
    readonly getMany?: boolean
  } = {},
) {
  const { onIssueClosed = 'keep', hooks = {} } = given
  const object = worker('app-1', { spec: { issue: '42', onIssueClosed } })
  let now = NOW.getTime()
  let kept: SessionRecord = record(object, launched(1, 'x'))
  const events: NewEvent[] = []
  const said: string[] = []
  const answers: {
    issue: Issue | Error | undefined
    /** What an answer about many says of it. */
    many: Issue | undefined
    looks: number
    failing: Error | undefined
  } = {
    issue: { id: '42', title: 'x', body: '', state: 'open', labels: [] },
    many: undefined,
    looks: 0,
    failing: undefined,
  }
  const tracker: Tracker = {
    name: 'sample',
    configSchema: {},
    get: async () => {
      answers.looks += 1
      if (answers.issue instanceof Error) throw answers.issue
      return answers.issue
    },
    ...(given.getMany === true
      ? { getMany: async () => new Map(answers.many === undefined ? [] : [['42', answers.many]]) }
      : {}),
    list: async () => [],
    comment: async (_id, { key, text }) => {
      if (answers.failing !== undefined) throw answers.failing
      said.push(`${key}: ${text}`)
      return true
    },
  }
  const deps = {
    store: {
      records: {
        get: () => kept,
        update: async (_uid: string, change: (before: SessionRecord) => SessionRecord) => {
          kept = change(kept)
          return true
        },
      },
      events: {
        append: async (event: NewEvent) => {
          events.push(event)
        },
      },
    },
    registry: { get: () => tracker },
    readValue: async (value: unknown) => value,
    fence: async () => undefined,
    now: () => new Date(now),
  } as unknown as TrackerSyncInput['deps']
  const jobs = new Jobs({
    now: () => now,
    random: () => 0.5,
    resyncMs: 60_000,
    onEnd: () => undefined,
  })
  const sync = new TrackerSync()
  const context = {
    name: 'app',
    spec: projectSpec({ tracker: { plugin: 'sample', ...hooks }, interval: '60s' }),
    repository: '/repos/app',
    baseDir: '/repos/app/.ao',
  }
  return {
    answers,
    events,
    said,
    record: () => kept,
    keep: (change: Partial<SessionRecord>) => {
      kept = { ...kept, ...change }
    },
    pass: (ms: number) => {
      now += ms
    },
    /** One cycle, and all that it began. */
    cycle: async (seen: Partial<SessionView['facts']> = {}) => {
      const view = { object, record: kept, facts: running(seen) }
      const progress = await sync.sync({
        deps,
        jobs,
        projects: new Map([['app', context]]),
        views: new Map([[KEY, view]]),
        tick: jobs.tick(),
      })
      await jobs.drain()
      return progress
    },
  }
}

const CLOSED: Issue = { id: '42', title: 'x', body: '', state: 'closed', labels: [] }

describe('looking at issues', () => {
  test('happens once an interval, and says when the next is due', async () => {
    const one = stage()
    expect(await one.cycle()).toMatchObject({ changed: true })
    for (let n = 0; n < 5; n += 1) {
      expect(await one.cycle()).toEqual({ changed: false, nextAt: NOW.getTime() + 60_000 })
    }
    expect(one.answers.looks).toBe(1)
    one.pass(60_000)
    await one.cycle()
    expect(one.answers.looks).toBe(2)
  })

  test('leaves a tracker alone for as long as it asks', async () => {
    const one = stage()
    one.answers.issue = new HouseError('RateLimited', 'slow down', {
      retryable: true,
      retryAfterMs: 600_000,
    })
    await one.cycle()
    one.pass(599_000)
    expect(await one.cycle()).toMatchObject({ changed: false, nextAt: NOW.getTime() + 600_000 })
    expect(one.answers.looks).toBe(1)
    one.pass(1000)
    await one.cycle()
    expect(one.answers.looks).toBe(2)
  })

  test('that fails or finds nothing closes nothing', async () => {
    const one = stage({ onIssueClosed: 'finish' })
    for (const answer of [undefined, new HouseError('Unreachable', 'no', { retryable: true })]) {
      one.answers.issue = answer
      await one.cycle()
      one.pass(120_000)
    }
    expect(one.record()).not.toHaveProperty('issueClosedAt')
    expect(one.record()).not.toHaveProperty('outcome')
  })
})

describe('a closed issue', () => {
  test('is an event once, and the worker goes on', async () => {
    const one = stage()
    one.answers.issue = CLOSED
    for (let n = 0; n < 4; n += 1) {
      await one.cycle()
      one.pass(60_000)
    }
    expect(one.events.map(({ reason }) => reason)).toEqual(['IssueClosed'])
    expect(one.record()).toMatchObject({ issueClosedAt: NOW.toISOString() })
    expect(one.record()).not.toHaveProperty('outcome')
  })

  test('ends the worker with finish, once a look an interval later still says so', async () => {
    const one = stage({ onIssueClosed: 'finish' })
    one.answers.issue = CLOSED
    await one.cycle()
    one.pass(59_000)
    await one.cycle()
    expect(one.record()).not.toHaveProperty('outcome')
    one.pass(1000)
    await one.cycle()
    await one.cycle()
    expect(one.record()).toMatchObject({ outcome: { state: 'IssueClosed' } })
    expect(one.events.map(({ reason }) => reason)).toEqual(['IssueClosed', 'Done'])
  })

  test('that is opened again in time ends nothing', async () => {
    const one = stage({ onIssueClosed: 'finish' })
    one.answers.issue = CLOSED
    await one.cycle()
    one.answers.issue = { ...CLOSED, state: 'open' }
    one.pass(60_000)
    await one.cycle()
    await one.cycle()
    expect(one.record()).not.toHaveProperty('outcome')
    expect(one.record()).not.toHaveProperty('issueClosedAt')
  })

  test.each([
    ['misses it', undefined],
    ['fails', new HouseError('Unreachable', 'no', { retryable: true })],
  ])('ends nothing by a later look that %s', async (_what, answer) => {
    const one = stage({ onIssueClosed: 'finish' })
    one.answers.issue = CLOSED
    await one.cycle()
    one.answers.issue = answer
    for (let n = 0; n < 4; n += 1) {
      one.pass(60_000)
      await one.cycle()
    }
    expect(one.record()).not.toHaveProperty('outcome')
    one.answers.issue = CLOSED
    one.pass(60_000)
    await one.cycle()
    await one.cycle()
    expect(one.record()).toMatchObject({ outcome: { state: 'IssueClosed' } })
  })

  test('that was seen twice is asked for anew once nobody could tell how it stands', async () => {
    const one = stage({ onIssueClosed: 'finish' })
    const unknown = { review: { state: 'unknown', reason: 'HTTP 502' } } as const
    one.answers.issue = CLOSED
    for (let n = 0; n < 3; n += 1) {
      await one.cycle(unknown)
      one.pass(60_000)
    }
    one.answers.issue = new HouseError('Unreachable', 'no', { retryable: true })
    await one.cycle(unknown)
    await one.cycle()
    expect(one.record()).not.toHaveProperty('outcome')
  })

  test('of an answer about many ends nothing before it is asked for by itself', async () => {
    const one = stage({ onIssueClosed: 'finish', getMany: true })
    one.answers.many = CLOSED
    await one.cycle()
    expect(one.answers.looks).toBe(0)
    for (let n = 0; n < 3; n += 1) {
      one.pass(60_000)
      await one.cycle()
    }
    expect(one.events.map(({ reason }) => reason).slice(0, 2)).toEqual([
      'IssueClosed',
      'IssueReopened',
    ])
    expect(one.record()).not.toHaveProperty('outcome')
    one.answers.issue = CLOSED
    for (let n = 0; n < 3; n += 1) {
      one.pass(60_000)
      await one.cycle()
    }
    expect(one.record()).toMatchObject({ outcome: { state: 'IssueClosed' } })
  })

  test('ends nothing while the forge can not say whether it was a merge that closed it', async () => {
    const one = stage({ onIssueClosed: 'finish' })
    one.answers.issue = CLOSED
    const unknown = { review: { state: 'unknown', reason: 'HTTP 502' } } as const
    for (let n = 0; n < 4; n += 1) {
      await one.cycle(unknown)
      one.pass(60_000)
    }
    expect(one.record()).not.toHaveProperty('outcome')
    await one.cycle()
    expect(one.record()).toMatchObject({ outcome: { state: 'IssueClosed' } })
  })
})

describe('telling an issue', () => {
  const hooks = {
    onStart: { comment: 'Taken by {{session}}' },
    onMerge: { comment: 'Merged as {{mergeSha}}' },
  }
  const MERGED = { state: 'Merged', at: NOW.toISOString(), mergeSha: 'abc', preserved: [] } as const

  test('happens once for each moment, whatever else goes on', async () => {
    const one = stage({ hooks })
    for (let n = 0; n < 3; n += 1) await one.cycle()
    one.keep({ attempt: 2 })
    await one.cycle()
    one.keep({ outcome: MERGED })
    for (let n = 0; n < 3; n += 1) await one.cycle()
    const { uid } = one.record()
    expect(one.said).toEqual([`${uid}.start: Taken by app-1`, `${uid}.merge: Merged as abc`])
    expect(Object.keys(one.record().tracked ?? {})).toEqual(['start.comment', 'merge.comment'])
  })

  test('is tried again after a failure, later each time, and never of a start that is over', async () => {
    const one = stage({ hooks })
    one.answers.failing = new HouseError('Unreachable', 'no', { retryable: true })
    await one.cycle()
    expect(one.record()).not.toHaveProperty('tracked')
    expect(one.events).toMatchObject([
      {
        type: 'Warning',
        reason: 'Unreachable',
        message: expect.stringContaining('updating issue 42 on start'),
      },
    ])
    one.answers.failing = undefined
    await one.cycle()
    expect(one.said).toEqual([])
    one.keep({ outcome: MERGED })
    one.pass(60_000)
    await one.cycle()
    expect(one.said).toEqual([`${one.record().uid}.merge: Merged as abc`])
  })
})
