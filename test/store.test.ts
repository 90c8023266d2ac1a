import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { exitCodeOf, HouseError } from '../src/errors.ts'
import type { SessionRecord } from '../src/resource/record.ts'
import type { DesiredNotifier } from '../src/resource/spec.ts'
import type { NotifierStatus } from '../src/resource/status.ts'
import { fileError } from '../src/store/file-error.ts'
import { readJson, sweepTemp, writeAtomic, writeIfChanged } from '../src/store/files.ts'
import { readHomeId } from '../src/store/home-id.ts'
import { openHome, readHome } from '../src/store/home.ts'
import { openStore, readStore } from '../src/store/index.ts'
import type { Store, StoreDeps } from '../src/store/index.ts'
import { diffInventory, settleInventory, unionInventory } from '../src/store/inventory.ts'
import type { SettleResult } from '../src/store/inventory.ts'
import type { Lock } from '../src/store/lock.ts'
import { homePaths } from '../src/store/paths.ts'
import { isSameJson } from '../src/resource/same-json.ts'
import { seal, unseal } from '../src/store/sealed.ts'
import { readSocketPath, socketPath } from '../src/store/socket-path.ts'
import { sourceIdOf } from '../src/store/sources.ts'
import type { InventoryItem } from '../src/store/types.ts'
import { buildStoreProgram, startStoreProcess } from './support/store-process.ts'

const NOW = new Date('2030-01-01T12:00:00.000Z')
const VERSION = { version: '0.1.0' }

let dir: string
let program: string
let built: string

beforeAll(async () => {
  built = mkdtempSync(join(tmpdir(), 'ao-store-program-'))
  chmodSync(built, 0o755)
  program = await buildStoreProgram(built)
})

afterAll(() => {
  rmSync(built, { recursive: true, force: true })
})

beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'ao-store-')))
})

afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

const heldLock: Lock = {
  info: {
    pid: process.pid,
    startTime: '1',
    bootId: 'boot',
    nonce: 'nonce',
    mode: 'once',
    command: 'test',
    user: 'ada',
    since: NOW.toISOString(),
    version: '0.1.0',
  },
  holds: () => Promise.resolve(true),
  release: () => Promise.resolve(),
}

async function open(change: Partial<StoreDeps> = {}): Promise<Store> {
  const home = await openHome(join(dir, 'home'), { ...VERSION, now: NOW })
  return openStore(home, {
    now: () => NOW,
    id: randomUUID,
    bootId: 'boot',
    lock: heldLock,
    ...change,
  })
}

function notifier(name: string, change: Partial<DesiredNotifier> = {}): DesiredNotifier {
  return {
    kind: 'Notifier',
    name,
    labels: {},
    annotations: {},
    origin: { file: '/m.yaml', line: 1, col: 1 },
    fields: {},
    own: [],
    baseDir: '/',
    spec: { plugin: 'webhook', config: {}, routes: ['urgent'] },
    uid: `uid-${name}`,
    generation: 1,
    source: 'app',
    creationTimestamp: NOW.toISOString(),
    finalizers: [],
    overrides: {},
    ...change,
  }
}

function record(uid: string, change: Partial<SessionRecord> = {}): SessionRecord {
  return {
    uid,
    kind: 'Worker',
    name: 'app-1',
    project: 'app',
    source: 'app',
    attempt: 1,
    launches: [],
    restarts: 0,
    budgets: {},
    handled: {},
    ...change,
  } as SessionRecord
}

const status: NotifierStatus = { observedGeneration: 1, conditions: [] }

function tree(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()
}

describe('files', () => {
  test('a write replaces the whole file, for its owner alone, and leaves nothing beside it', async () => {
    const file = join(dir, 'a', 'b.json')
    await writeAtomic(file, '{"n":1}', { sync: true })
    await writeAtomic(file, '{"n":2}', { sync: false })
    expect(readJson(file)).toEqual({ state: 'found', value: { n: 2 } })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(join(dir, 'a')).mode & 0o777).toBe(0o700)
    expect(tree(dir)).toEqual(['a', 'a/b.json'])
  })

  test('equal content is not written', async () => {
    const file = join(dir, 'same')
    expect(await writeIfChanged(file, 'x', { sync: false })).toBe(true)
    expect(await writeIfChanged(file, 'x', { sync: false })).toBe(false)
    expect(await writeIfChanged(file, 'y', { sync: false })).toBe(true)
  })

  test('many writers of one file leave one of their texts', async () => {
    const file = join(dir, 'busy')
    const texts = Array.from({ length: 50 }, (_, index) => String(index).repeat(5000))
    await Promise.all(texts.map(async text => writeAtomic(file, text, { sync: false })))
    expect(texts).toContain(readFileSync(file, 'utf8'))
    expect(tree(dir)).toEqual(['busy'])
  })

  test('a write that fails halfway leaves the old file and no rubbish (C1, A14)', async () => {
    const file = join(dir, 'state.json')
    await writeAtomic(file, 'old', { sync: false })
    // A limit on the size of files is what anybody may set; the write ends in the middle as on a full disk.
    const argv = ['sh', '-c', 'ulimit -f 8; exec "$0" "$1" "$2"', process.execPath, program, dir]
    const writer = await startStoreProcess(argv)
    try {
      const { error, message } = await writer.ask(`write ${file} 1000000`)
      expect(error).toBe('Failed')
      expect(message).toContain(file)
    } finally {
      await writer.kill()
    }
    expect(readFileSync(file, 'utf8')).toBe('old')
    expect(tree(dir)).toEqual(['state.json'])
  })

  test('too many open files are named as such, with the path (C4)', async () => {
    const limited = 'ulimit -n 40; exec "$0" "$1" "$2"'
    const writer = await startStoreProcess(['sh', '-c', limited, process.execPath, program, dir])
    try {
      const { value } = await writer.ask(`writeMany ${dir} 200`)
      const messages = value as readonly string[]
      expect(messages.length).toBeGreaterThan(0)
      for (const message of messages) expect(message).toMatch(/^TooManyOpenFiles: .*\/f\d+$/)
      expect(tree(dir)).toHaveLength(200 - messages.length)
    } finally {
      await writer.kill()
    }
  })

  test.each([
    ['ENOSPC', 'DiskFull', true],
    ['EDQUOT', 'DiskFull', true],
    ['EMFILE', 'Failed', true],
    ['EROFS', 'EnvironmentMissing', false],
    ['EACCES', 'EnvironmentMissing', false],
  ])('%s is %s and names the path (C1, C3, C4)', (code, expected, retryable) => {
    const error = fileError(Object.assign(new Error(code), { code }), 'write', '/h/x.json')
    expect(error).toMatchObject({ code: expected, retryable })
    expect(error.message).toContain('/h/x.json')
  })

  test('temporary files of a killed process are swept when they are old, and nothing else is (A14)', async () => {
    const old = join(dir, '.state.json.4242-0.tmp')
    const fresh = join(dir, '.state.json.4243-0.tmp')
    const foreign = join(dir, '.notes.tmp')
    for (const file of [old, fresh, foreign]) writeFileSync(file, 'x')
    const past = new Date(Date.now() - 120_000)
    for (const file of [old, foreign]) utimesSync(file, past, past)
    expect(await sweepTemp(dir, new Date())).toEqual([old])
    expect(tree(dir)).toEqual(['.notes.tmp', '.state.json.4243-0.tmp'])
  })
})

describe('the seal', () => {
  const values = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 })

  test('whatever is sealed comes back, and the order of keys does not matter', () => {
    fc.assert(
      fc.property(values, value => {
        const plain = JSON.parse(JSON.stringify(value)) as object
        expect(unseal(seal(value))).toEqual({ state: 'found', value: plain })
        expect(seal(Object.fromEntries(Object.entries(value).reverse()))).toBe(seal(value))
      }),
    )
  })

  test('every flipped bit and every missing end is seen (E1)', () => {
    fc.assert(
      fc.property(values, fc.nat(), fc.integer({ min: 0, max: 7 }), (value, at, bit) => {
        const bytes = Buffer.from(seal(value))
        const place = at % bytes.length
        const cut = bytes.subarray(0, place).toString('utf8')
        bytes[place] = (bytes[place] ?? 0) ^ (1 << bit)
        const flipped = bytes.toString('utf8')
        expect(unseal(flipped).state).toBe('corrupt')
        expect(unseal(cut).state).toBe('corrupt')
      }),
    )
  })
})

describe('sameness', () => {
  test('is that of the text that would be written', () => {
    const values = fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.oneof(fc.constantFrom(undefined, null, 0, 1, '', 'x', []), fc.jsonValue({ maxDepth: 2 })),
      { minKeys: 1 },
    )
    const filled = values.filter(value => Object.values(value).some(item => item !== undefined))
    fc.assert(
      fc.property(filled, filled, (a, b) => {
        expect(isSameJson(a, b)).toBe(seal(a) === seal(b))
        expect(isSameJson(a, structuredClone(a))).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the home', () => {
  test('is made for its owner alone and known by its real path', async () => {
    const real = join(dir, 'real')
    mkdirSync(real)
    symlinkSync(real, join(dir, 'link'))
    const { paths } = await openHome(join(dir, 'link', 'home'), { ...VERSION, now: NOW })
    expect(paths.root).toBe(join(real, 'home'))
    expect(statSync(paths.root).mode & 0o777).toBe(0o700)
    expect(readJson(paths.version)).toEqual({ state: 'found', value: { layout: 1, ao: '0.1.0' } })
  })

  test('of a newer layout is refused by writers and readers, naming both versions (E3)', async () => {
    const root = join(dir, 'home')
    mkdirSync(root)
    writeFileSync(homePaths(root).version, '{"layout":2,"ao":"3.1.0"}')
    const refusal = /layout 2 of ao 3\.1\.0; this is ao 0\.1\.0/
    await expect(openHome(root, { ...VERSION, now: NOW })).rejects.toThrow(refusal)
    expect(() => readHome(root, VERSION)).toThrow(refusal)
    const error = await openHome(root, { ...VERSION, now: NOW }).catch((thrown: unknown) => thrown)
    expect(error instanceof HouseError && exitCodeOf(error.code)).toBe(3)
    expect(tree(root)).toEqual(['version'])
  })

  test('that cannot be written to is refused with its path (C3)', async () => {
    const root = join(dir, 'home')
    mkdirSync(root, { mode: 0o500 })
    chmodSync(dir, 0o755)
    chmodSync(root, 0o555)
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
    const other = await startStoreProcess([process.execPath, program, root], {
      ...nobody,
      cwd: '/',
    })
    try {
      const { error, message } = await other.ask('open')
      expect(error).toBe('EnvironmentMissing')
      expect(message).toContain(root)
    } finally {
      await other.kill()
    }
    writeFileSync(join(dir, 'file'), '')
    await expect(openHome(join(dir, 'file', 'home'), { ...VERSION, now: NOW })).rejects.toThrow(
      join(dir, 'file', 'home'),
    )
    expect(tree(root)).toEqual([])
  })

  test('gets an id when it is first held, and keeps it; a damaged one is moved aside for a new one (E1)', async () => {
    const { paths } = await openHome(join(dir, 'home'), { ...VERSION, now: NOW })
    expect(readHomeId(paths)).toBeUndefined()
    const ids = ['home-1', 'home-2', 'home-3']
    const hold = async (): Promise<Store> => open({ id: () => ids.shift() ?? '' })
    await (await hold()).close()
    await (await hold()).close()
    expect(readHomeId(paths)).toBe('home-1')
    writeFileSync(paths.id, 'two words')
    const store = await hold()
    expect(store.corrupt.map(({ file }) => file)).toEqual([paths.id])
    expect(readHomeId(paths)).toBe('home-2')
    await store.close()
  })

  test('is not made by looking for it', () => {
    expect(readStore(join(dir, 'nowhere'), VERSION)).toBeUndefined()
    expect(tree(dir)).toEqual([])
  })
})

describe('objects', () => {
  test('what was put is there for the writer at once, for a reader, and after opening again', async () => {
    const store = await open()
    expect(await store.desired.put('Notifier/ops', notifier('ops'))).toBe(true)
    expect(await store.status.put('Notifier/ops', status)).toBe(true)
    const view = readStore(store.paths.root, VERSION)
    expect(store.desired.get('Notifier/ops')).toEqual(notifier('ops'))
    expect(view?.desired.get('Notifier/ops')).toEqual(notifier('ops'))
    await store.desired.remove('Notifier/ops')
    expect(view?.desired.get('Notifier/ops')).toBeDefined()
    view?.desired.load()
    expect(view?.desired.get('Notifier/ops')).toBeUndefined()
    expect([...(await open()).status.all().keys()]).toEqual(['Notifier/ops'])
  })

  test('putting what is there already touches no file', async () => {
    const store = await open()
    await store.status.put('Notifier/ops', status)
    const file = join(store.paths.status, 'Notifier', 'ops.json')
    const before = statSync(file, { bigint: true })
    expect(await store.status.put('Notifier/ops', { conditions: [], observedGeneration: 1 })).toBe(
      false,
    )
    const reopened = await open()
    expect(await reopened.status.put('Notifier/ops', { ...status })).toBe(false)
    expect(statSync(file, { bigint: true }).ino).toBe(before.ino)
  })

  test('changes of one object that overlap are all kept', async () => {
    const store = await open()
    await store.records.put('u1', record('u1'))
    const add = async (): Promise<boolean> =>
      store.records.update('u1', before => before && { ...before, restarts: before.restarts + 1 })
    await Promise.all(Array.from({ length: 25 }, add))
    expect(store.records.get('u1')?.restarts).toBe(25)
    expect((await open()).records.get('u1')?.restarts).toBe(25)
  })

  test('a change that throws leaves the object and does not hold up the next', async () => {
    const store = await open()
    await store.records.put('u1', record('u1'))
    const failing = store.records.update('u1', () => {
      throw new Error('no')
    })
    const next = store.records.update('u1', before => before && { ...before, attempt: 2 })
    await expect(failing).rejects.toThrow('no')
    expect(await next).toBe(true)
  })

  test('namesakes are found together, the finished ones first', async () => {
    const store = await open()
    const outcome = { state: 'Merged', preserved: [] } as const
    await store.records.put('new', record('new'))
    await store.records.put('b', record('b', { outcome: { ...outcome, at: '2029-02-01' } }))
    await store.records.put('a', record('a', { outcome: { ...outcome, at: '2029-01-01' } }))
    await store.records.put('other', record('other', { name: 'app-2' }))
    const uids = store.records.byName('Worker', 'app-1').map(({ uid }) => uid)
    expect(uids).toEqual(['a', 'b', 'new'])
    await store.records.remove('b')
    expect(store.records.byName('Worker', 'app-1')).toHaveLength(2)
  })

  test('nothing is written once the lock is lost (A19)', async () => {
    let ours = true
    const store = await open({ lock: { ...heldLock, holds: async () => ours } })
    await store.records.put('u1', record('u1'))
    ours = false
    const before = tree(store.paths.root)
    const attempts = [
      store.records.put('u1', record('u1', { attempt: 9 })),
      store.records.remove('u1'),
      store.journal.begin({ object: 'Worker/app-1', uid: 'u1', attempt: 1, step: 'merge' }),
      store.events.append({
        type: 'Normal',
        reason: 'Started',
        object: 'Worker/app-1',
        attempt: 1,
        message: 'm',
      }),
    ]
    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: 'Locked' })
    expect(tree(store.paths.root)).toEqual(before)
    expect(store.records.get('u1')?.attempt).toBe(1)
  })

  test.each(['Notifier/../../x', 'Notifier/', '../x'])('%s is no place to write to', async key => {
    const store = await open()
    await expect(store.desired.put(key as 'Notifier/x', notifier('x'))).rejects.toThrow(TypeError)
  })
})

describe('damaged state', () => {
  async function damage(change: (file: string) => void): Promise<string> {
    const store = await open()
    await store.desired.put('Notifier/ops', notifier('ops'))
    await store.desired.put('Notifier/dev', notifier('dev'))
    await store.close()
    const file = join(store.paths.desired, 'Notifier', 'ops.json')
    change(file)
    return file
  }

  test.each([
    ['truncated', (text: string) => text.slice(0, 40)],
    ['emptied', () => ''],
    ['no JSON', () => 'hello'],
    ['changed in one letter', (text: string) => text.replace('"uid-ops"', '"uid-opt"')],
    ['another object', (text: string) => unsealed(text, { name: 'other' })],
  ])(
    'a file that is %s is moved aside and pruning stops until a clean apply (E1)',
    async (_, change) => {
      const file = await damage(path => {
        writeFileSync(path, change(readFileSync(path, 'utf8')))
      })
      const store = await open()
      expect(store.corrupt).toMatchObject([{ file, movedTo: expect.stringContaining('.corrupt-') }])
      expect([...store.desired.all().keys()]).toEqual(['Notifier/dev'])
      expect(existsSync(file)).toBe(false)
      expect(existsSync(store.corrupt[0]?.movedTo ?? '')).toBe(true)
      const again = await open()
      expect(again.corrupt).toEqual([])
      expect(again.noPrune()?.reasons).toEqual([expect.stringContaining(file)])
      await again.clearNoPrune()
      expect(again.noPrune()).toBeUndefined()
    },
  )

  test('a reader reports it and touches nothing', async () => {
    const file = await damage(path => {
      writeFileSync(path, 'x')
    })
    const before = tree(dir)
    const view = readStore(join(dir, 'home'), VERSION)
    expect(view?.desired.corrupt()).toEqual([{ file, reason: expect.any(String) }])
    expect(view?.noPrune()).toBeUndefined()
    expect(tree(dir)).toEqual(before)
  })

  test('an unreadable version file is moved aside too, and a marker that is no JSON still forbids (E1)', async () => {
    await open()
    const paths = homePaths(join(dir, 'home'))
    writeFileSync(paths.version, '{')
    expect((await open()).corrupt).toMatchObject([{ file: paths.version }])
    writeFileSync(paths.noPrune, '{')
    expect((await open()).noPrune()).toBeDefined()
  })

  test('an empty inventory with owned things found can be declared doubtful by the caller (E2)', async () => {
    const store = await open()
    await store.forbidPrune('inventory app is missing')
    await store.forbidPrune('inventory app is missing')
    expect(store.noPrune()?.reasons).toEqual(['inventory app is missing'])
  })

  function unsealed(text: string, change: object): string {
    const read = unseal<object>(text)
    return read.state === 'found' ? seal({ ...read.value, ...change }) : ''
  }
})

describe('the inventory', () => {
  const item = (name: string, uid = `uid-${name}`): InventoryItem => ({
    key: `Worker/${name}`,
    uid,
  })

  test('before an apply it is the union, so a kill in between forgets nothing (A15)', async () => {
    const before = [item('a'), item('b')]
    expect(unionInventory(before, [item('b'), item('c')])).toEqual([
      item('a'),
      item('b'),
      item('c'),
    ])
    const store = await open()
    await store.inventory.put('app', { source: 'app', items: before })
    const file = join(store.paths.inventory, 'app.json')
    writeFileSync(join(store.paths.inventory, `.app.json.${process.pid}-0.tmp`), '{"source":"a')
    expect((await open()).inventory.get('app')?.items).toEqual(before)
    expect(existsSync(file)).toBe(true)
  })

  test('a namesake with another uid is another object', () => {
    expect(unionInventory([item('a', 'old')], [item('a', 'new')])).toHaveLength(2)
    expect(
      settleInventory(
        [item('a', 'old')],
        [
          { ...item('a', 'old'), result: 'deleted' },
          { ...item('a', 'new'), result: 'applied' },
        ],
      ),
    ).toEqual([item('a', 'new')])
  })

  test('what is owned and not declared is what a prune would delete', () => {
    expect(diffInventory([item('a'), item('b')], new Set(['Worker/b']))).toEqual([item('a')])
  })

  test.each<[SettleResult, boolean, boolean]>([
    ['applied', true, true],
    ['apply-failed', true, false],
    ['apply-skipped', true, false],
    ['delete-failed', true, false],
    ['delete-skipped', true, false],
    ['wait-failed', true, false],
    ['wait-timed-out', true, false],
    ['invalid', true, false],
    ['deleted', false, false],
    ['abandoned', false, false],
  ])('%s: kept if it was owned: %s, if it was not: %s', (result, owned, notOwned) => {
    expect(settleInventory([item('a')], [{ ...item('a'), result }])).toHaveLength(Number(owned))
    expect(settleInventory([], [{ ...item('a'), result }])).toHaveLength(Number(notOwned))
  })

  test('what an interrupted apply never got to stays', () => {
    expect(settleInventory([item('a')], [])).toEqual([item('a')])
  })
})

describe('source ids', () => {
  test('are the given name, or tell paths apart that look alike', () => {
    expect(sourceIdOf({ name: 'team', path: '/x' })).toBe('team')
    expect(sourceIdOf({})).toBe('stdin')
    expect(sourceIdOf({ path: '/src/shop/.ao' })).toMatch(/^src-shop-ao-[0-9a-f]{8}$/)
    expect(sourceIdOf({ path: '/src/shop/ao' })).not.toBe(sourceIdOf({ path: '/src/shop/.ao' }))
    expect(sourceIdOf({ path: '/' })).toMatch(/^[0-9a-f]{8}$/)
  })

  test.each(['../x', 'a/b', '', '.hidden', 'x'.repeat(65)])('"%s" is refused as a name', name => {
    expect(() => sourceIdOf({ name })).toThrow(/--source/)
  })

  test('of any path are file names', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), path => {
        expect(sourceIdOf({ path: `/${path}` })).toMatch(/^[a-z0-9][a-z0-9-]{7,}$/)
      }),
    )
  })
})

describe('the tmux socket', () => {
  test('is in the home where that is short enough', async () => {
    const paths = homePaths('/h')
    expect(await socketPath(paths, undefined, dir)).toBe('/h/tmux.sock')
    expect(readSocketPath(paths)).toBe('/h/tmux.sock')
  })

  test('of a home far down is in a private short directory, which is kept and found by readers', async () => {
    const root = join(dir, 'x'.repeat(100))
    const { paths } = await openHome(root, { ...VERSION, now: NOW })
    expect(readSocketPath(paths)).toBeUndefined()
    const first = await socketPath(paths, undefined, dir)
    expect(first.length).toBeLessThanOrEqual(100)
    expect(first.startsWith(dir)).toBe(true)
    expect(statSync(join(first, '..')).mode & 0o777).toBe(0o700)
    expect(await socketPath(paths, join(dir, 'elsewhere'), dir)).toBe(first)
    expect(readSocketPath(paths)).toBe(first)
  })

  test('is never put where others could have prepared a place', async () => {
    const root = join(dir, 'x'.repeat(100))
    const { paths } = await openHome(root, { ...VERSION, now: NOW })
    const first = await socketPath(paths, undefined, dir)
    chmodSync(join(first, '..'), 0o777)
    const runtime = join(dir, 'run')
    mkdirSync(runtime)
    expect((await socketPath(paths, runtime, dir)).startsWith(runtime)).toBe(true)
  })
})
