import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { RunResult } from '../src/reconcile/queue.ts'
import { KeyedQueue, PRIORITY } from '../src/reconcile/queue.ts'
import { law } from './support/law.ts'

interface Bench {
  now: number
  random: number
  readonly queue: KeyedQueue<string>
}

function bench(): Bench {
  const made = { now: 1000, random: 0.5 }
  const queue = new KeyedQueue<string>({
    now: () => made.now,
    random: () => made.random,
    resyncMs: 60_000,
  })
  return Object.assign(made, { queue })
}

function run(queue: KeyedQueue<string>, key: string, result: RunResult): void {
  queue.start(key)
  queue.finish(key, result)
}

describe('the queue', () => {
  it('holds a key once, however often it is asked for', () => {
    const { queue } = bench()
    queue.add('a', PRIORITY.resync)
    queue.add('a', PRIORITY.command)
    expect(queue.due(['a', 'b', 'a'])).toEqual(['a', 'b'])
  })

  it('hands out a key to one worker at a time', () => {
    const { queue } = bench()
    queue.start('a')
    queue.add('a', PRIORITY.command)
    expect(queue.due(['a', 'b'])).toEqual(['b'])
    queue.finish('a', 'done')
    expect(queue.due(['a', 'b'])).toEqual(['a', 'b'])
  })

  it('lets the more urgent go first, and equals in the order given', () => {
    const { queue } = bench()
    queue.add('d', PRIORITY.command)
    queue.add('b', 0)
    expect(queue.due(['a', 'b', 'c', 'd'])).toEqual(['d', 'b', 'a', 'c'])
    run(queue, 'd', 'done')
    expect(queue.due(['a', 'b', 'c', 'd'])).toEqual(['b', 'a', 'c', 'd'])
  })

  it('waits longer after each failure in a row, from 1 s to 5 min', () => {
    const made = bench()
    const pauses = Array.from({ length: 11 }, () => {
      run(made.queue, 'a', 'retry')
      const dueAt = made.queue.nextDueAt() ?? made.now
      expect(made.queue.due(['a'])).toEqual([])
      const pause = dueAt - made.now
      made.now = dueAt
      expect(made.queue.due(['a'])).toEqual(['a'])
      return pause
    })
    expect(pauses.map(pause => pause / 1000)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
  })

  it.each([
    [0, 900],
    [0.5, 1000],
    [0.999999, 1100],
  ])('gives or takes a tenth of a pause: random %d is about %d ms', (random, ms) => {
    const made = bench()
    made.random = random
    run(made.queue, 'a', 'retry')
    expect((made.queue.nextDueAt() ?? 0) - made.now).toBeCloseTo(ms, 2)
  })

  it('forgets failures after a success', () => {
    const made = bench()
    for (const result of ['retry', 'retry', 'retry', 'done', 'retry'] as const) {
      run(made.queue, 'a', result)
    }
    expect((made.queue.nextDueAt() ?? 0) - made.now).toBe(1000)
  })

  it('looks at a stalled key again at the next periodic look', () => {
    const made = bench()
    run(made.queue, 'a', 'stalled')
    expect(made.queue.nextDueAt()).toBe(made.now + 60_000)
  })

  it('lifts a pause for a command, and for nothing else', () => {
    const made = bench()
    run(made.queue, 'a', 'retry')
    run(made.queue, 'a', 'retry')
    made.queue.add('a', 0)
    expect(made.queue.due(['a'])).toEqual([])
    made.queue.add('a', PRIORITY.command)
    expect(made.queue.due(['a'])).toEqual(['a'])
    run(made.queue, 'a', 'retry')
    expect((made.queue.nextDueAt() ?? 0) - made.now).toBe(1000)
  })

  it('does not lose a command that came while the key ran and failed', () => {
    const made = bench()
    made.queue.start('a')
    made.queue.add('a', PRIORITY.command)
    made.queue.finish('a', 'stalled')
    expect(made.queue.due(['b', 'a'])).toEqual(['a', 'b'])
    expect(made.queue.nextDueAt()).toBeUndefined()
  })

  it('remembers nothing of a key that was forgotten', () => {
    const made = bench()
    run(made.queue, 'a', 'stalled')
    made.queue.forget('a')
    expect(made.queue.due(['a'])).toEqual(['a'])
    expect(made.queue.nextDueAt()).toBeUndefined()
  })
})

const KEYS = ['a', 'b', 'c', 'd', 'e']

const happening = fc.oneof(
  fc.record({ type: fc.constant('add' as const), key: fc.nat(4), command: fc.boolean() }),
  fc.record({ type: fc.constant('take' as const) }),
  fc.record({
    type: fc.constant('finish' as const),
    key: fc.nat(4),
    result: fc.constantFrom<RunResult>('done', 'retry', 'stalled'),
  }),
  fc.record({ type: fc.constant('pass' as const), ms: fc.nat(90_000) }),
)

law(
  'whatever happens, no key is handed out twice at once, and none starves',
  fc.tuple(fc.array(happening, { maxLength: 80 }), fc.double({ min: 0, max: 0.999, noNaN: true })),
  ([happenings, random]) => {
    const made = bench()
    made.random = random
    const running = new Set<string>()
    for (const what of happenings) {
      switch (what.type) {
        case 'add':
          made.queue.add(KEYS[what.key]!, what.command ? PRIORITY.command : 0)
          break
        case 'take': {
          const [first] = made.queue.due(KEYS)
          if (first === undefined) break
          expect(running.has(first)).toBe(false)
          running.add(first)
          made.queue.start(first)
          break
        }
        case 'finish':
          if (!running.delete(KEYS[what.key]!)) break
          made.queue.finish(KEYS[what.key]!, what.result)
          break
        case 'pass':
          made.now += what.ms
      }
      expect(made.queue.due(KEYS).filter(key => running.has(key))).toEqual([])
    }
    // However long the pauses have become, each key's turn comes within the longest of them.
    for (const key of running) made.queue.finish(key, 'retry')
    const taken = new Set<string>()
    for (let round = 0; round < 50 && taken.size < KEYS.length; round += 1) {
      for (const key of made.queue.due(KEYS)) {
        taken.add(key)
        run(made.queue, key, 'done')
      }
      made.now = made.queue.nextDueAt() ?? made.now
    }
    expect([...taken].sort()).toEqual(KEYS)
    expect(made.now).toBeLessThan(1000 + 80 * 90_000 + 330_001)
  },
)
