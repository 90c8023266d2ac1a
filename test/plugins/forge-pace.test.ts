import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { ForgePace } from '../../src/plugins/forge-pace.ts'
import { openForgeFiles } from '../../src/store/forge.ts'
import { eventually } from '../support/eventually.ts'

const MINUTE_MS = 60_000
const START = Date.parse('2026-01-01T12:00:00Z')
const { signal } = new AbortController()

let forge: string
let clock: number
let waits: number[]

beforeEach(() => {
  forge = mkdtempSync(join(tmpdir(), 'ao-pace-'))
  clock = START
  waits = []
})
afterEach(() => {
  rmSync(forge, { recursive: true, force: true })
})

/** Each one is another process. */
function pace(host = 'github.com'): ForgePace {
  const wait = async (ms: number): Promise<void> => {
    waits.push(ms)
  }
  return new ForgePace({ memory: openForgeFiles({ forge }), host, now: () => clock, wait })
}

function fileOfPace(): string {
  const [name = ''] = readdirSync(forge).filter(file => file.endsWith('.json'))
  return join(forge, name)
}

test('everybody who comes at a time gets a turn of their own, each forge by itself (D3)', async () => {
  await Promise.all([pace(), pace(), pace()].map(async each => each.turn(signal)))
  await pace('elsewhere').turn(signal)
  expect(waits).toEqual([1000, 2000])
  clock += MINUTE_MS
  await pace().turn(signal)
  expect(waits).toHaveLength(2)
})

test('what a process that is ended had still to change keeps the next one waiting for one turn only (A10)', async () => {
  const wait = async (ms: number): Promise<void> => {
    waits.push(ms)
    return new Promise(() => undefined)
  }
  const memory = openForgeFiles({ forge })
  const ended = new ForgePace({ memory, host: 'github.com', now: () => clock, wait })
  await ended.turn(signal)
  for (let more = 0; more < 30; more += 1) void ended.turn(signal)
  await eventually('the next one waits', () => waits.length > 0)
  await pace().turn(signal)
  expect(waits).toEqual([1000, 2000])
})

test('who no longer wants a turn takes none', async () => {
  const one = pace()
  const left = new AbortController()
  const [first, second, third] = [one.turn(signal), one.turn(left.signal), one.turn(signal)]
  left.abort()
  await expect(second).rejects.toMatchObject({ code: 'Interrupted' })
  await Promise.all([first, third])
  expect(waits).toEqual([1000])
})

test('in a home that can not be written to, whoever writes keeps a second apart from itself', async () => {
  const deaf = async (): Promise<never> => {
    throw new Error('read-only')
  }
  const memory = { read: async () => undefined, write: deaf, change: deaf }
  const wait = async (ms: number): Promise<void> => {
    waits.push(ms)
    clock += ms
  }
  const alone = new ForgePace({ memory, host: 'github.com', now: () => clock, wait })
  await alone.turn(signal)
  clock += 400
  await alone.turn(signal)
  expect(waits).toEqual([600])
})

test('a pause is everybody’s until it is over, whoever was given it (D3)', async () => {
  await pace().setPause({ until: START + MINUTE_MS, reason: 'too much' })
  await expect(pace().assertMayAsk()).rejects.toMatchObject({
    code: 'RateLimited',
    retryable: true,
    message: 'github.com limits us: too much (asked again in 60s)',
  })
  await pace('elsewhere').assertMayAsk()
  clock += MINUTE_MS
  await pace().assertMayAsk()
  clock -= MINUTE_MS
  await pace().setPause(undefined)
  await pace().assertMayAsk()
})

test.each(['', '{', '[]', '{"writeAt":"x","pause":7}', '{"pause":{"until":9e99,"reason":"x"}}'])(
  'what nobody of us wrote holds nobody up: %s',
  async text => {
    await pace().turn(signal)
    writeFileSync(fileOfPace(), text)
    await pace().assertMayAsk()
    await pace().turn(signal)
    expect(waits).toEqual([])
  },
)

test('whoever was ended in the middle of writing holds nobody up', async () => {
  await pace().turn(signal)
  const lock = `${fileOfPace()}.lock`
  writeFileSync(lock, '')
  const before = (Date.now() - MINUTE_MS) / 1000
  utimesSync(lock, before, before)
  await pace().turn(signal)
  expect(waits).toEqual([1000])
  expect(readdirSync(forge)).toHaveLength(1)
})
