import { randomUUID } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import eventSchema from '../schemas/event.schema.json' with { type: 'json' }
import { HOME_OBJECT, openEventLog, readEvents } from '../src/store/events.ts'
import type { EventLog } from '../src/store/events.ts'
import { openJournal, readJournal } from '../src/store/journal.ts'
import type { Journal, JournalBegin } from '../src/store/journal.ts'
import { loadJsonl, openJsonl, rotatedFiles } from '../src/store/jsonl.ts'
import { homePaths } from '../src/store/paths.ts'
import type { HomePaths } from '../src/store/paths.ts'
import type { Event, NewEvent } from '../src/store/types.ts'
import { watchEvents } from '../src/store/watch-events.ts'

const START = Date.parse('2030-01-01T12:00:00.000Z')

let root: string
let paths: HomePaths
let clock: number
const now = (): Date => new Date(clock)
const fence = (): Promise<void> => Promise.resolve()

const allFiles = (): readonly string[] => [...rotatedFiles(paths.events), paths.events]

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ao-logs-'))
  paths = homePaths(root)
  clock = START
})

afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

describe('a file of lines', () => {
  test('lines of many callers are whole, in order, and all there', async () => {
    const log = openJsonl(paths.journal, { sync: true })
    await Promise.all(Array.from({ length: 200 }, async (_, n) => log.append([{ n }])))
    await log.close()
    const { values, corrupt, torn } = loadJsonl<{ n: number }>(paths.journal)
    expect(values.map(({ n }) => n)).toEqual(Array.from({ length: 200 }, (_, n) => n))
    expect({ corrupt, torn }).toEqual({ corrupt: [], torn: false })
  })

  test('a torn last line is dropped, and the next line does not join it (A16)', async () => {
    const log = openJsonl(paths.journal, { sync: false })
    await log.append([{ n: 1 }])
    await log.close()
    appendFileSync(paths.journal, '{"n":2,"te')
    expect(loadJsonl(paths.journal)).toEqual({ values: [{ n: 1 }], corrupt: [], torn: true })
    const next = openJsonl(paths.journal, { sync: false })
    await next.append([{ n: 3 }])
    await next.close()
    expect(loadJsonl(paths.journal)).toEqual({
      values: [{ n: 1 }, { n: 3 }],
      corrupt: [2],
      torn: false,
    })
  })

  test('a log that is not there is empty', () => {
    expect(loadJsonl(paths.journal)).toEqual({ values: [], corrupt: [], torn: false })
  })

  test('full files are numbered and kept, and dropping the oldest is told', async () => {
    const dropped: string[] = []
    const log = openJsonl(paths.events, {
      sync: false,
      maxBytes: 100,
      maxFiles: 3,
      onDropped: file => dropped.push(file),
    })
    for (let n = 0; n < 60; n += 1) await log.append([{ n, text: 'x'.repeat(20) }])
    await log.close()
    const kept = allFiles()
    expect(kept).toHaveLength(4)
    for (const file of kept) expect(statSync(file).size).toBeLessThanOrEqual(100)
    const numbers = kept.flatMap(file => loadJsonl<{ n: number }>(file).values.map(({ n }) => n))
    expect(numbers).toEqual(
      Array.from({ length: numbers.length }, (_, n) => 60 - numbers.length + n),
    )
    expect(dropped[0]).toBe(join(root, 'events.000001.jsonl'))
    for (const file of dropped) expect(existsSync(file)).toBe(false)
  })

  test('a write that fails rejects its callers, and the log goes on afterwards', async () => {
    const log = openJsonl(join(root, 'gone', 'x.jsonl'), { sync: false })
    appendFileSync(join(root, 'gone'), '')
    await expect(log.append([{ n: 1 }])).rejects.toThrow(join(root, 'gone', 'x.jsonl'))
    rmSync(join(root, 'gone'))
    await log.append([{ n: 2 }])
    await log.close()
    expect(loadJsonl(join(root, 'gone', 'x.jsonl')).values).toEqual([{ n: 2 }])
  })
})

describe('the journal', () => {
  const merge: JournalBegin = { object: 'Worker/app-1', uid: 'u1', attempt: 2, step: 'merge' }
  const open = async (bootId = 'boot-1'): Promise<Journal> =>
    openJournal(paths, { now, id: randomUUID, bootId, fence })

  test('what was begun and not ended is open, also for the next process and after a restart (A2, C7)', async () => {
    const journal = await open()
    const first = await journal.begin(merge)
    const second = await journal.begin({ ...merge, step: 'push' })
    const third = await journal.begin({ ...merge, step: 'send' })
    await journal.end(first)
    await journal.failed(third, 'refused')
    await journal.close()
    const next = await open('boot-2')
    expect(next.open()).toMatchObject([{ id: second, step: 'push', bootId: 'boot-1' }])
    await next.end(second)
    expect(next.open()).toEqual([])
    await next.close()
    const phases = readJournal(paths, { object: 'Worker/app-1' }).map(entry => entry.phase)
    expect(phases).toEqual(['begin', 'begin', 'begin', 'end', 'failed', 'end'])
    expect(readJournal(paths, { object: 'Worker/app-2' })).toEqual([])
  })

  test('begin is on the disk before it returns (A1)', async () => {
    const journal = await open()
    const id = await journal.begin(merge)
    expect(readJournal(paths)).toMatchObject([{ id, phase: 'begin' }])
    await journal.close()
  })

  test('a begin that was torn never happened (A16)', async () => {
    const journal = await open()
    await journal.begin(merge)
    await journal.close()
    const text = readFileSync(paths.journal, 'utf8')
    appendFileSync(paths.journal, text.slice(0, -20))
    expect((await open()).open()).toHaveLength(1)
  })

  test('a long one is cut at opening, and keeps what is open however old', async () => {
    const journal = await open()
    const id = await journal.begin(merge)
    const step = 'x'.repeat(2000)
    await Promise.all(
      Array.from({ length: 400 }, async () => journal.end(await journal.begin({ ...merge, step }))),
    )
    await Promise.all(
      Array.from({ length: 600 }, async () => journal.end(await journal.begin(merge))),
    )
    await journal.close()
    const before = statSync(paths.journal).size
    const next = await open()
    expect(next.open()).toMatchObject([{ id }])
    expect(statSync(paths.journal).size).toBeLessThan(before / 4)
    expect(readJournal(paths)).toHaveLength(1001)
    await next.close()
  })
})

describe('events', () => {
  const logs: EventLog[] = []
  const open = (bounds: { maxBytes?: number; maxFiles?: number } = {}): EventLog => {
    const log = openEventLog(paths, { now, fence, ...bounds })
    logs.push(log)
    return log
  }
  const started = (change: Partial<NewEvent> = {}): NewEvent => ({
    type: 'Normal',
    reason: 'SessionStarted',
    object: 'Worker/app-1',
    attempt: 1,
    message: 'Started',
    ...change,
  })
  const told = (): readonly (readonly [number, string, number])[] =>
    readEvents(paths).map(({ seq, message, count }) => [seq, message, count] as const)

  afterEach(async () => {
    for (const log of logs.splice(0)) await log.close()
  })

  test('are one bounded line each, whatever others said, in which nothing is hidden', async () => {
    const log = open()
    const said = `a\n\u001B[2Jb\u202E\u200B\u{E0041} \u2028c`
    expect(await log.append(started({ message: said }))).toMatchObject({ message: 'a b  c' })
    const long = await log.append(started({ message: 'é'.repeat(9999) }))
    expect(Buffer.byteLength(long?.message ?? '')).toBe(4096)
  })

  test('identical ones are counted on one number, by an added line', async () => {
    const log = open()
    await log.append(started())
    await log.append(started({ message: 'Other' }))
    clock += 60_000
    await log.append(started())
    expect(told()).toEqual([
      [1, 'Started', 2],
      [2, 'Other', 1],
    ])
    expect(loadJsonl(paths.events).values).toHaveLength(3)
    const [first] = readEvents(paths)
    expect(Date.parse(first?.time ?? '') - Date.parse(first?.firstTime ?? '')).toBe(60_000)
  })

  test('the next process goes on with numbers and counts', async () => {
    await open().append(started())
    const log = open()
    await log.append(started())
    await log.append(started({ reason: 'SessionExited' }))
    expect(readEvents(paths).map(({ seq, count }) => [seq, count])).toEqual([
      [1, 2],
      [2, 1],
    ])
  })

  test('an old one, another attempt, or one that has gone on for an hour begins a new line', async () => {
    const log = open()
    await log.append(started())
    await log.append(started({ attempt: 2 }))
    clock += 601_000
    await log.append(started())
    expect(told()).toHaveLength(3)
    for (let minute = 0; minute < 70; minute += 5) {
      clock += 300_000
      await log.append(started())
    }
    expect(told().map(([, , count]) => count)).toEqual([1, 1, 13, 2])
  })

  test('more than ten similar ones in ten minutes become one', async () => {
    const log = open()
    for (let n = 1; n <= 14; n += 1) await log.append(started({ message: `Try ${n}` }))
    expect(told()).toHaveLength(11)
    expect(told().at(-1)).toEqual([11, '(combined from similar events) Try 14', 4])
  })

  test('an object that repeats itself is cut short, others are not, and news gets through', async () => {
    const log = open()
    for (let n = 0; n < 100; n += 1) await log.append(started())
    expect(loadJsonl(paths.events).values).toHaveLength(25)
    await log.append(started({ object: 'Worker/app-2' }))
    await log.append(started({ reason: 'Merged', message: 'Merged #1' }))
    expect(told().slice(1)).toEqual([
      [2, 'Started', 1],
      [3, 'Merged #1', 1],
    ])
    clock += 300_000
    await log.append(started())
    expect(told()[0]).toEqual([1, 'Started', 101])
  })

  test('the order is that of the numbers when the clock jumps (C5)', async () => {
    const log = open()
    await log.append(started({ reason: 'First' }))
    clock += 3_600_000
    await log.append(started({ reason: 'Second' }))
    clock -= 7_200_000
    await log.append(started({ reason: 'Third' }))
    await log.append(started({ reason: 'Third' }))
    expect(readEvents(paths).map(event => event.reason)).toEqual(['First', 'Second', 'Third'])
  })

  test('filters choose, and a limit keeps the last', async () => {
    const log = open()
    await log.append(started())
    await log.append(
      started({ object: 'Worker/app-2', type: 'Warning', message: 'about Worker/app-1' }),
    )
    clock += 60_000
    await log.append(started({ object: 'Worker/app-3' }))
    const seqs = (filter: Parameters<typeof readEvents>[1]): readonly number[] =>
      readEvents(paths, filter).map(({ seq }) => seq)
    expect(seqs({ object: 'Worker/app-1' })).toEqual([1])
    expect(seqs({ type: 'Warning' })).toEqual([2])
    expect(seqs({ since: new Date(START + 1) })).toEqual([3])
    expect(seqs({ limit: 2 })).toEqual([2, 3])
    expect(seqs({ limit: 0 })).toEqual([])
  })

  test('rotation loses no number, and dropping the oldest file is an event of its own', async () => {
    const log = open({ maxBytes: 2000, maxFiles: 2 })
    for (let n = 0; n < 200; n += 1) await log.append(started({ object: `Worker/app-${n}` }))
    await log.close()
    const events = readEvents(paths)
    const seqs = events.map(({ seq }) => seq)
    expect(seqs).toEqual([...new Set(seqs)].sort((x, y) => x - y))
    const objects = events.filter(({ reason }) => reason === 'SessionStarted').map(e => e.object)
    const first = 200 - objects.length
    expect(objects).toEqual(objects.map((_, n) => `Worker/app-${first + n}`))
    expect(objects.length).toBeGreaterThan(10)
    expect(events.find(({ reason }) => reason === 'EventsDropped')?.object).toBe(HOME_OBJECT)
    expect(open().lastSeq()).toBe(seqs.at(-1))
    expect(readdirSync(root)).toHaveLength(3)
  })

  test('every line is as the published schema says', async () => {
    const log = open({ maxBytes: 1500, maxFiles: 1 })
    for (let n = 0; n < 60; n += 1) await log.append(started({ message: `Try ${n % 15}` }))
    for (let n = 0; n < 20; n += 1) await log.append(started({ object: `Worker/w-${n}` }))
    const ajv = new Ajv2020({ strict: true, allErrors: true })
    addFormats.default(ajv)
    const validate = ajv.compile(eventSchema)
    const lines = allFiles().flatMap(file => loadJsonl<Event>(file).values)
    expect(lines.length).toBeGreaterThan(5)
    for (const line of lines) expect(validate(line), ajv.errorsText(validate.errors)).toBe(true)
  })

  test('a watcher sees what comes after its call, through rotations, until it is told to stop', async () => {
    const log = open({ maxBytes: 1000 })
    await log.append(started({ reason: 'Before' }))
    const stop = new AbortController()
    const watch = watchEvents(paths, { type: 'Warning', signal: stop.signal })
    const seen: string[] = []
    const done = (async () => {
      for await (const event of watch) {
        seen.push(event.object)
        if (seen.length === 40) stop.abort()
      }
    })()
    const wanted = Array.from({ length: 40 }, (_, n) => `Worker/app-${n}` as const)
    for (const object of wanted) {
      await log.append(started({ object }))
      await log.append(started({ object, type: 'Warning' }))
    }
    await done
    expect(seen).toEqual(wanted)
  })

  test('a watcher may come before the first event', async () => {
    const stop = new AbortController()
    const watch = watchEvents(paths, { signal: stop.signal })[Symbol.asyncIterator]()
    const first = watch.next()
    await open().append(started())
    expect((await first).value).toMatchObject({ seq: 1 })
    stop.abort()
    expect((await watch.next()).done).toBe(true)
  })
})
