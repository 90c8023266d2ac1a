import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { conditionOf, panes } from '../support/world.ts'
import { expectOrder } from './order.ts'
import { resting, succeed } from './routes.ts'
import { createStage, project, worker } from './stage.ts'
import type { Stage } from './stage.ts'

const CANARY = 'canary-5f0e1c7a'

let stage: Stage | undefined

afterEach(async () => {
  await stage?.remove()
  stage = undefined
})

test('losing status/ adopts running sessions with the same panes and starts nothing', async () => {
  const one = createStage()
  stage = one
  one.declare('project.yaml', project())
  one.declare('workers.yaml', [worker('app-one', 'work'), worker('app-two')].join('---\n'))
  await succeed(one, ['apply', '-f', one.manifests])
  await resting(one)
  const before = panes(one)
  rmSync(join(one.home, 'status'), { recursive: true })
  const diff = await one.ao(['diff', '-f', one.manifests, '-o', 'json'])
  expect(JSON.parse(diff.stdout)).toMatchObject({ summary: { adopt: 2, create: 0, restart: 0 } })
  await succeed(one, ['reconcile', '--once'])
  expect(panes(one)).toEqual(before)
  expect(one.starts()).toHaveLength(2)
  expect(conditionOf(one, 'Worker/app-one', 'Ready')).toBe('True:Running')
  await succeed(one, ['reconcile', '--once'])
  const events = await succeed(one, ['events', '-o', 'jsonl'])
  expect(events.match(/"Adopted"/g)).toHaveLength(2)
  expect((await one.ao(['diff', '-f', one.manifests])).code).toBe(0)
  expectOrder(one, ['app-one', 'app-two'])
})

test('losing status/ after a merge starts nothing, for a finished worker is never run again', async () => {
  const one = createStage()
  stage = one
  one.declare('project.yaml', project({ more: 'cleanup: { grace: 0s }' }))
  one.declare('workers.yaml', worker('app-one', 'open'))
  await succeed(one, ['apply', '-f', one.manifests])
  await resting(one)
  await succeed(one, ['pr', 'merge', '1', '--project', 'app'])
  await succeed(one, ['reconcile', '--once'])
  rmSync(join(one.home, 'status'), { recursive: true })
  await succeed(one, ['reconcile', '--once'])
  await succeed(one, ['apply', '-f', one.manifests])
  expect((await one.ao(['resume', 'app-one'])).code).toBe(3)
  expect((await one.ao(['restart', 'app-one'])).code).toBe(3)
  expect(one.starts()).toHaveLength(1)
  expect(conditionOf(one, 'Worker/app-one', 'Ready')).toBe('True:Done')
  expectOrder(one, [])
})

test.each(['tmux', 'process'])(
  'a secret of the starter’s environment gets neither into the home nor into a session (%s)',
  async runtime => {
    const one = createStage()
    stage = one
    const env = { API_TOKEN: CANARY, AWS_SECRET_ACCESS_KEY: CANARY, GIT_AUTHOR_NAME: CANARY }
    one.declare('project.yaml', project({ postCreate: 'env | sort > .prepared' }))
    one.declare('workers.yaml', worker('app-one', 'work', `runtime: ${runtime}`))
    const watcher = one.start(['reconcile', '--watch', '-f', one.manifests], { env })
    await eventually('the session runs', () => one.alive().length === 1)
    await resting(one)
    await one.ao(['send', 'app-one', 'a message'], { env })
    watcher.child.kill('SIGTERM')
    await watcher.ended
    await one.ao(['restart', 'app-one'], { env })
    await resting(one)
    for (const { pid } of one.alive()) {
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain(CANARY)
    }
    if (runtime === 'tmux') {
      expect(one.tmux('show-environment', '-g')).not.toContain(CANARY)
      expect(one.tmux('show-environment', '-t', '=app-one')).not.toContain(CANARY)
      expect(one.tmux('capture-pane', '-p', '-t', '=app-one:')).not.toContain(CANARY)
    }
    const leaks = filesUnder(one.home).filter(file => readFileSync(file, 'utf8').includes(CANARY))
    expect(leaks).toEqual([])
    expect(existsSync(join(one.worktree('app-one'), '.prepared'))).toBe(true)
    expectOrder(one, ['app-one'])
  },
)

describe('a postCreate that takes a minute', () => {
  test('holds up no other worker’s start, healing or suspension by more than a second', async () => {
    const quick = await measure(undefined)
    const slow = await measure('echo begun > .begun; sleep 60')
    for (const name of ['start', 'healing', 'suspension'] as const) {
      expect({ name, late: slow[name] - quick[name] < 1000 }).toEqual({ name, late: true })
    }
  })
})

test('commands that only look change nothing in the home', async () => {
  const one = createStage()
  stage = one
  one.declare('project.yaml', project())
  one.declare('workers.yaml', [worker('app-one', 'work'), worker('app-two')].join('---\n'))
  await succeed(one, ['apply', '-f', one.manifests])
  await resting(one)
  one.declare('more.yaml', worker('app-three'))
  const home = digest(one.home)
  const repository = digest(one.repo.path)
  for (const args of [
    ['get'],
    ['get', 'workers', '-o', 'json'],
    ['describe', 'worker/app-one'],
    ['events'],
    ['diff', '-f', one.manifests],
    ['diff', '-f', one.manifests, '--prune', '-o', 'json'],
    ['validate', '-f', one.manifests],
    ['wait', 'worker/app-one', '--for=condition=Ready'],
    ['wait', 'worker/app-two', '--for=done', '--timeout', '300ms'],
    ['logs', 'app-one'],
    ['pr', 'list', '--project', 'app'],
    ['doctor'],
    ['get', 'nothing-of-that-name'],
  ]) {
    await one.ao(args)
    expect({ args, changed: changes(home, digest(one.home)) }).toEqual({ args, changed: [] })
    expect({ args, changed: changes(repository, digest(one.repo.path)) }).toEqual({
      args,
      changed: [],
    })
  }
  expectOrder(one, ['app-one', 'app-two'])
})

test('commands that only look make no home where there is none', async () => {
  const one = createStage()
  stage = one
  one.declare('project.yaml', project())
  const none = join(one.repo.root, 'none')
  for (const args of [['get'], ['events'], ['diff', '-f', one.manifests], ['doctor']]) {
    await one.ao(args, { env: { AO_HOME: none } })
    expect({ args, made: existsSync(none) }).toEqual({ args, made: false })
  }
  one.sentinel.check()
})

interface Times {
  readonly start: number
  readonly healing: number
  readonly suspension: number
}

/** How long a watcher takes for another project's worker, while a project is being prepared like that. */
async function measure(postCreate: string | undefined): Promise<Times> {
  const one = createStage()
  try {
    one.declare('project.yaml', project())
    one.declare('heal.yaml', worker('app-heal', 'rest', 'restartPolicy: Always'))
    one.declare('rest.yaml', worker('app-rest'))
    await succeed(one, ['apply', '-f', one.manifests])
    if (postCreate !== undefined) {
      one.declare('slow.yaml', project({ name: 'slow', postCreate }))
      one.declare('slow-one.yaml', worker('slow-one'))
    }
    const watcher = one.start(['reconcile', '--watch', '-f', one.manifests])
    await eventually('the watcher watches', () => watcher.said().includes('Watching'))
    if (postCreate !== undefined) {
      const begun = join(one.worktree('slow-one', 'slow'), '.begun')
      await eventually('the long command runs', () => existsSync(begun))
    }
    const start = await timed(() => {
      one.declare('new.yaml', worker('app-new'))
      return () => one.alive('app-new').length === 1
    })
    const healing = await timed(() => {
      const [victim] = one.alive('app-heal')
      process.kill(victim?.pid ?? 0, 'SIGKILL')
      return () => one.alive('app-heal').some(({ pid }) => pid !== victim?.pid)
    })
    const suspension = await timed(() => {
      one.declare('rest.yaml', worker('app-rest', 'rest', 'state: Suspended'))
      return () => one.alive('app-rest').length === 0
    })
    expect(one.starts('slow-one')).toEqual([])
    watcher.child.kill('SIGTERM')
    await watcher.ended
    expectOrder(one)
    return { start, healing, suspension }
  } finally {
    await one.remove()
  }
}

async function timed(cause: () => () => boolean): Promise<number> {
  const from = performance.now()
  const isDone = cause()
  await eventually('the effect', isDone)
  return performance.now() - from
}

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(name => join(folder, name))
    .filter(file => lstatSync(file).isFile())
}

/** Every path with its kind, mode, content and time of the last change. */
function digest(folder: string): ReadonlyMap<string, string> {
  return new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => {
      const path = join(folder, name)
      const stat = lstatSync(path)
      const content = stat.isSymbolicLink()
        ? readlinkSync(path)
        : stat.isFile()
          ? createHash('sha256').update(readFileSync(path)).digest('hex')
          : ''
      return [name, `${stat.mode} ${stat.mtimeMs} ${content}`]
    }),
  )
}

function changes(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    name => before.get(name) !== after.get(name),
  )
}
