import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { loadJsonl } from '../src/store/jsonl.ts'
import { isFinished, openOutbox, viewOutbox } from '../src/store/outbox.ts'
import type { OutboxStore } from '../src/store/outbox.ts'
import { homePaths } from '../src/store/paths.ts'
import type { HomePaths } from '../src/store/paths.ts'
import {
  awaitResult,
  finishRequest,
  readRequests,
  readResult,
  submitRequest,
  sweepRequests,
  withdrawRequest,
} from '../src/store/requests.ts'
import { consume, dropSpool, readSpool } from '../src/store/spool.ts'
import type { OutboxItem, OutboxMessage, Request, RequestResult } from '../src/store/types.ts'

const START = Date.parse('2030-01-01T12:00:00.000Z')

let root: string
let paths: HomePaths
let clock: number
const now = (): Date => new Date(clock)

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ao-queues-'))
  paths = homePaths(root)
  clock = START
})

afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

describe('the outbox', () => {
  const open = (): OutboxStore => openOutbox(paths, { now, fence: () => Promise.resolve() })
  const message = (id: string, change: Partial<OutboxMessage> = {}): OutboxMessage => ({
    id,
    type: 'message',
    to: 'uid-1',
    session: 'app-1',
    text: 'hello',
    origin: 'person',
    state: 'queued',
    digest: 'd',
    tries: 0,
    createdAt: now().toISOString(),
    updatedAt: now().toISOString(),
    ...change,
  })
  const withState =
    (state: OutboxMessage['state']) =>
    (item: OutboxItem): OutboxItem =>
      item.type === 'message' ? { ...item, state, updatedAt: now().toISOString() } : item
  const ids = (items: readonly OutboxItem[]): readonly string[] => items.map(({ id }) => id)

  test('each recipient gets its items in the order of putting, whatever the clock and the ids say (C5)', async () => {
    const outbox = open()
    await outbox.put(message('z'))
    clock -= 3_600_000
    await outbox.put(message('a'))
    await outbox.put(message('other', { to: 'uid-2' }))
    expect(ids(open().pendingFor('uid-1'))).toEqual(['z', 'a'])
    await open().put(message('m'))
    expect(ids(viewOutbox(paths).pendingFor('uid-1'))).toEqual(['z', 'a', 'm'])
  })

  test('an item that is asked for twice is there once and keeps its state', async () => {
    const outbox = open()
    await outbox.put(message('m'))
    await outbox.update('m', withState('written'))
    expect(await outbox.put(message('m'))).toBe(false)
    expect(outbox.get('m')?.state).toBe('written')
    expect(await outbox.update('nobody', withState('failed'))).toBeUndefined()
    expect(await outbox.remove('m')).toBe(true)
    expect(outbox.all()).toEqual([])
  })

  test.each([
    ['queued', false],
    ['writing', false],
    ['written', false],
    ['accepted', true],
    ['unconfirmed', true],
    ['failed', true],
  ] as const)('%s is finished: %s', (state, finished) => {
    expect(isFinished(message('m', { state }))).toBe(finished)
  })

  test('finished items older than a week go into the archive, pending ones stay', async () => {
    const outbox = open()
    for (const id of ['old', 'pending']) await outbox.put(message(id))
    await outbox.update('old', withState('accepted'))
    clock += 6 * 86_400_000
    await outbox.put(message('new', { state: 'failed' }))
    expect(await outbox.archive()).toBe(0)
    clock += 2 * 86_400_000
    expect(await outbox.archive()).toBe(1)
    await outbox.close()
    expect(ids(open().all())).toEqual(['pending', 'new'])
    expect(loadJsonl<OutboxItem>(paths.outboxArchive).values).toMatchObject([
      { id: 'old', state: 'accepted' },
    ])
  })

  test('of finished items the latest 500 are kept', async () => {
    const outbox = open()
    const all = Array.from({ length: 510 }, (_, n) => `m${n}`)
    await Promise.all(all.map(async id => outbox.put(message(id, { state: 'accepted' }))))
    expect(await outbox.archive()).toBe(10)
    expect(ids(outbox.all())).toEqual(all.slice(10))
    await outbox.close()
  })
})

describe('the spool', () => {
  interface Fact {
    readonly n: number
  }
  const accept = (value: unknown): Fact | undefined =>
    typeof value === 'object' && value !== null && 'n' in value ? (value as Fact) : undefined
  const rejected = (): readonly string[] => readdirSync(join(paths.spool, 'rejected'))

  test('facts come in the order of dropping and stay until they are consumed', async () => {
    for (let n = 0; n < 12; n += 1) {
      await dropSpool(paths.spool, { n }, { now: now(), id: `hook-${n}` })
    }
    const { entries } = await readSpool(paths.spool, accept)
    expect(entries.map(({ value }) => value.n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    for (const { file } of entries.slice(1)) await consume(file)
    await consume(entries[1]?.file ?? '')
    expect((await readSpool(paths.spool, accept)).entries).toHaveLength(1)
  })

  test('a spool that is not there is empty, and is not made', async () => {
    expect(await readSpool(paths.spool, accept)).toEqual({ entries: [], rejected: [] })
    expect(existsSync(paths.spool)).toBe(false)
  })

  test('what is no fact is moved aside with its reason and holds up nobody', async () => {
    mkdirSync(paths.spool)
    const at = (name: string): string => join(paths.spool, name)
    writeFileSync(at('1-half.json'), '{"n":')
    writeFileSync(at('2-other.json'), '{"m":1}')
    writeFileSync(at('3-big.json'), JSON.stringify({ n: 1, text: 'x'.repeat(70_000) }))
    symlinkSync('/etc/hostname', at('4-link.json'))
    mkdirSync(at('5-dir.json'))
    execFileSync('mkfifo', [at('6-pipe.json')])
    writeFileSync(at('.hidden.json'), '{"n":9}')
    await dropSpool(paths.spool, { n: 7 }, { now: now(), id: 'good' })
    const read = await readSpool(paths.spool, accept)
    expect(read.entries.map(({ value }) => value.n)).toEqual([7])
    expect(read.rejected).toHaveLength(6)
    expect(rejected()).toHaveLength(6)
    expect((await readSpool(paths.spool, accept)).rejected).toEqual([])
  })

  test('only the latest 200 rejected files are kept', async () => {
    mkdirSync(paths.spool)
    for (let n = 1000; n < 1230; n += 1) writeFileSync(join(paths.spool, `${n}.json`), 'x')
    expect((await readSpool(paths.spool, accept)).rejected).toHaveLength(230)
    expect(rejected()).toHaveLength(200)
    expect(rejected()).toContain('1229.json')
  })
})

describe('requests', () => {
  const request = (token: string, change: Partial<Request> = {}): Request => ({
    token,
    createdAt: now().toISOString(),
    pid: process.pid,
    body: { type: 'reconcile' },
    ...change,
  })
  const result = (token: string): RequestResult => ({
    token,
    finishedAt: now().toISOString(),
    ok: true,
    exitCode: 0,
  })
  const tokens = (): readonly string[] =>
    readRequests(paths, now()).requests.map(({ token }) => token)

  test('are read in the order of asking, also those of processes that are gone (E5)', async () => {
    for (const [index, token] of ['c', 'a', 'b'].entries()) {
      await submitRequest(paths, request(token, { pid: 999_999 }))
      const at = START / 1000 + index
      utimesSync(join(paths.requests, `${token}.json`), at, at)
    }
    expect(tokens()).toEqual(['c', 'a', 'b'])
  })

  test('are answered once: the answer reaches who waits and the request is gone (E5)', async () => {
    await submitRequest(paths, request('t1'))
    const waiting = awaitResult(paths, 't1', { timeoutMs: 10_000 })
    await finishRequest(paths, result('t1'))
    expect(await waiting).toEqual(result('t1'))
    expect(tokens()).toEqual([])
    expect(readdirSync(paths.requests)).toEqual(['t1.done.json'])
  })

  test('with an answer are never carried out again, even if they still stand after a crash', async () => {
    await finishRequest(paths, result('t1'))
    await submitRequest(paths, request('t1'))
    expect(tokens()).toEqual([])
    await sweepRequests(paths, new Date())
    expect(readdirSync(paths.requests)).toEqual(['t1.done.json'])
    await sweepRequests(paths, new Date(Date.now() + 3_700_000))
    expect(readdirSync(paths.requests)).toEqual([])
  })

  test('that make no sense are moved aside and reported', async () => {
    await submitRequest(paths, request('good'))
    writeFileSync(join(paths.requests, 'half.json'), '{"tok')
    writeFileSync(join(paths.requests, 'odd.json'), '{"token":"odd"}')
    const { requests, corrupt } = readRequests(paths, now())
    expect(requests).toHaveLength(1)
    expect(corrupt).toHaveLength(2)
    expect(readRequests(paths, now()).corrupt).toEqual([])
  })

  test('can be taken back, and waiting for one ends at its time-out and at the signal', async () => {
    await submitRequest(paths, request('t1'))
    await expect(awaitResult(paths, 't1', { timeoutMs: 30 })).rejects.toMatchObject({
      code: 'Timeout',
    })
    const signal = AbortSignal.timeout(30)
    await expect(awaitResult(paths, 't1', { timeoutMs: 60_000, signal })).rejects.toMatchObject({
      code: 'Interrupted',
    })
    expect(tokens()).toEqual(['t1'])
    await withdrawRequest(paths, 't1')
    expect(tokens()).toEqual([])
    expect(readResult(paths, 't1')).toBeUndefined()
  })
})
