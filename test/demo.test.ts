import type { ChildProcess } from 'node:child_process'
import { execFileSync, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { eventually } from './support/eventually.ts'

const ROOT = join(import.meta.dirname, '..')
const STORY_MS = 90_000

interface Demo {
  /** Everything it has printed so far, on both streams. */
  output(): string
  readonly ended: Promise<number | null>
  signal(name: NodeJS.Signals): void
}

/** Where demos make their directories; the blank is part of the test. */
let room: string
let running: Set<ChildProcess>

beforeEach(() => {
  room = mkdtempSync(join(realpathSync(tmpdir()), 'demo room-'))
  mkdirSync(join(room, 'empty-home'))
  mkdirSync(join(room, 'tmp'))
  running = new Set()
})

afterEach(async () => {
  for (const child of running) child.kill('SIGTERM')
  await Promise.all([...running].map(child => new Promise(done => child.once('exit', done))))
  const left = programsOf(room)
  for (const { pid } of left) process.kill(pid, 'SIGKILL')
  rmSync(room, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  expect(left).toEqual([])
})

describe('The demo', () => {
  test(
    'tells the whole story, two at once, with tmux and without, and leaves nothing',
    { timeout: 2 * STORY_MS },
    async () => {
      const demos = [startDemo([]), startDemo([], { PATH: pathWithoutTmux() })]
      expect(await Promise.all(demos.map(demo => demo.ended))).toEqual([0, 0])
      const [withTmux = '', without = ''] = demos.map(demo => demo.output())
      for (const output of [withTmux, without]) {
        expect(chapters(output)).toEqual(CHAPTERS)
        expect(output).toMatch(/ checks +#\d of shop-login fail: test/)
        expect(output).toMatch(/ shop-search +is told: Changes were requested/)
        expect(output.match(/ ao +shop-\w+: approved-and-green/g)).toHaveLength(3)
      }
      if (isInstalled('tmux')) expect(withTmux).toContain('tmux shop-login')
      expect(without).toContain('process shop-login')
      expect(readdirSync(join(room, 'tmp'))).toEqual([])
    },
  )

  test('ends what it started when it is interrupted', { timeout: STORY_MS }, async () => {
    const demo = startDemo(['--runtime', 'process'])
    await eventually('a pull request is open', () => demo.output().includes('opens'), STORY_MS / 2)
    demo.signal('SIGINT')
    expect(await demo.ended).toBe(130)
    expect(demo.output()).not.toContain('did not get to its end')
    expect(readdirSync(join(room, 'tmp'))).toEqual([])
  })

  test('says how things stand when the story breaks off', { timeout: STORY_MS }, async () => {
    const demo = startDemo([])
    await eventually('an agent speaks', () => demo.output().includes('edits lib'), STORY_MS / 2)
    process.kill(watcherOf(), 'SIGKILL')
    expect(await demo.ended).toBe(1)
    const told = demo.output().split('The demo did not get to its end')[1] ?? ''
    expect(told).toContain('`ao reconcile --watch` ended by itself')
    for (const look of ['$ ao get', '$ ao events', '$ ao logs shop-login']) {
      expect(told).toContain(look)
    }
    expect(readdirSync(join(room, 'tmp'))).toEqual([])
  })

  test('stays for those who keep it, until they end it', { timeout: STORY_MS }, async () => {
    const demo = startDemo(['--keep'])
    expect(await demo.ended).toBe(0)
    const printed = demo.output().split('It goes on running')[1] ?? ''
    const commands = printed.split('\n').filter(line => /^ {2}(export|cd|ao get)/.test(line))
    const look = execFileSync('sh', ['-c', commands.join('\n')], { env: environment() }).toString()
    expect(look).toMatch(/Orchestrator +shop-orchestrator +True/)
    process.kill(watcherOf(), 0)
    const ask = [
      ...commands.filter(line => !line.includes('ao get')),
      'ao why shop-login',
      'ao replay',
    ]
    const told = execFileSync('sh', ['-c', ask.join('\n')], { env: environment() }).toString()
    expect(told).toMatch(/fact +PullRequestChanged[^\n]*-> ci-failing/)
    expect(told).toMatch(/decision +CIFailureSent/)
    expect(told).toMatch(/effect +Merged/)
    expect(told).toMatch(/[1-9]\d* decisions the same, 0 only then, 0 only now/)

    const [, end = ''] = /npm run demo -- --end (.*)/.exec(printed) ?? []
    const script = `"$0" "$1" --end ${end}`
    execFileSync('sh', ['-c', script, process.execPath, join(ROOT, 'examples', 'demo.mjs')], {
      env: environment(),
    })
    expect(readdirSync(join(room, 'tmp'))).toEqual([])
  })

  test('ends no directory but its own', async () => {
    const demo = startDemo(['--end', room])
    expect(await demo.ended).toBe(2)
    expect(existsSync(room)).toBe(true)
  })
})

const CHAPTERS = [
  'nothing has happened yet',
  'waits for its dependency',
  'the failure is sent back',
  'it is mended and merged',
  'the dependent starts',
  'it is merged, too',
  'cleaned up',
  'the plan is empty',
  'everything is deleted',
  'how to go on',
]

/** What the output tells, in the order in which it does; only what can't happen in another order. */
function chapters(output: string): readonly string[] {
  const names: readonly (readonly [RegExp, string])[] = [
    [/^Nothing was changed\./, 'nothing has happened yet'],
    [/shop-docs +False +Waiting/, 'waits for its dependency'],
    [/ shop-login +is told: CI failed/, 'the failure is sent back'],
    [/ ao +shop-login: approved-and-green/, 'it is mended and merged'],
    [/ ao +shop-docs: started/, 'the dependent starts'],
    [/ ao +shop-docs: approved-and-green/, 'it is merged, too'],
    [/ ao +shop-docs: session, workspace/, 'cleaned up'],
    [/^Nothing to do:/, 'the plan is empty'],
    [/^Worker\/shop-docs deleted/, 'everything is deleted'],
    [/^ {2}ao init/, 'how to go on'],
  ]
  return output
    .split('\n')
    .flatMap(line => names.filter(([pattern]) => pattern.test(line)).map(([, name]) => name))
}

function startDemo(args: readonly string[], env: Readonly<Record<string, string>> = {}): Demo {
  const child = spawn(process.execPath, [join(ROOT, 'examples', 'demo.mjs'), ...args], {
    env: { ...environment(), ...env },
    cwd: room,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
  return {
    output: () => output,
    // Not `close`: what is kept running would hold the pipes.
    ended: new Promise(done => {
      child.once('exit', code => {
        running.delete(child)
        done(code)
      })
    }),
    signal: name => child.kill(name),
  }
}

/** No git identity, nobody's configuration, an empty HOME. */
function environment(): Record<string, string> {
  const { PATH = '' } = process.env
  return { PATH, HOME: join(room, 'empty-home'), TMPDIR: join(room, 'tmp') }
}

/** Everything on the PATH except tmux. */
function pathWithoutTmux(): string {
  const bin = join(room, 'bin')
  mkdirSync(bin)
  const names = new Map<string, string>()
  for (const folder of (process.env['PATH'] ?? '').split(delimiter).toReversed()) {
    if (!existsSync(folder)) continue
    for (const name of readdirSync(folder)) names.set(name, join(folder, name))
  }
  names.delete('tmux')
  for (const [name, target] of names) symlinkSync(target, join(bin, name))
  return bin
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .some(folder => existsSync(join(folder, program)))
}

/** The watcher of the one demo that is running, as the demo remembers it. */
function watcherOf(): number {
  const [directory = ''] = readdirSync(join(room, 'tmp'))
  const mark: unknown = JSON.parse(
    readFileSync(join(room, 'tmp', directory, '.ao-demo.json'), 'utf8'),
  )
  return (mark as { readonly watcher: number }).watcher
}

interface Program {
  readonly pid: number
  readonly command: string
}

/** What still runs with the room in its environment or arguments. */
function programsOf(place: string): readonly Program[] {
  const lines = execFileSync('ps', ['axeww', '-o', 'pid=,command=']).toString().split('\n')
  return lines
    .filter(line => line.includes(place))
    .map(line => ({ pid: Number.parseInt(line, 10), command: line.trim().slice(0, 200) }))
    .filter(({ pid }) => pid !== process.pid)
}
