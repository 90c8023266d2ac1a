import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

import type { Condition } from '../../src/resource/conditions.ts'
import type { AoResult } from '../support/ao.ts'
import { eventually } from '../support/eventually.ts'
import type { PullDriver } from '../support/forge/driver-pull.ts'
import { createForgeStage } from '../support/forge-stage.ts'
import type { ForgeStage } from '../support/forge-stage.ts'

/** Each has a pull request of its own, which a fault is played on. */
const WORKERS = ['spent', 'whole', 'half', 'token', 'hook', 'name'] as const
const AUTO = 'shop-lazy'
const PLENTY = 5_000_000
/** Each look is a process of its own, and others may have the processors just now. */
const PATIENCE_MS = 60_000

const CLOCK = fileURLToPath(new URL('../support/moved-clock.cjs', import.meta.url))

let stage: ForgeStage
const pulls = new Map<string, PullDriver>()

beforeAll(async () => {
  stage = await createForgeStage()
  const workers = WORKERS.map(name => stage.worker(`shop-${name}`))
  const auto = stage.worker(AUTO, 'reactions: { approved-and-green: { auto: true } }')
  // What is known is soon too old to be told as if it were so.
  const project = stage.project.replace('interval: 50ms', 'interval: 50ms, maxAge: 5s')
  const { code, stdout, stderr } = await stage.declare(`${project}${workers.join('')}${auto}`)
  expect(code, `${stdout}${stderr}`).toBe(0)
  for (const name of [...WORKERS.map(each => `shop-${each}`), AUTO]) {
    const pull = await stage.open(name)
    await pull.check({ name: 'test', state: 'success' })
    pulls.set(name, pull)
  }
  await reconcile()
}, 150_000)

afterEach(() => {
  stage.forge.faults.clear()
  refill()
})

afterAll(async () => {
  try {
    await stage.check()
  } finally {
    await stage.close()
  }
})

function pullOf(name: string): PullDriver {
  const pull = pulls.get(name)
  if (pull === undefined) throw new Error(`${name} has no pull request`)
  return pull
}

/** Another hour begins. */
function refill(): void {
  for (const resource of ['core', 'graphql'] as const) {
    stage.forge.limits.set(resource, { remaining: PLENTY })
  }
}

/** Each time a process of its own, which knows of the one before what that wrote down. */
async function reconcile(env: Readonly<Record<string, string>> = {}): Promise<AoResult> {
  return stage.ao(['reconcile', '--once'], { env })
}

async function reconciled(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const look = async (): Promise<boolean> => {
    await reconcile()
    return isSo()
  }
  await eventually(what, look, PATIENCE_MS)
}

async function forge(): Promise<Condition | undefined> {
  return stage.condition('project/shop', 'ForgeReachable')
}

async function fails(name: string, log: string): Promise<void> {
  await pullOf(name).check({ name: 'test', state: 'failure', log })
}

/** Reconciles until the agent was told so much and no more. */
async function isTold(name: string, count: number, text: string): Promise<void> {
  await reconciled(`${name} is told ${text}`, () => stage.heard(name).length >= count)
  expect(stage.heard(name)).toHaveLength(count)
  expect(stage.heard(name).at(-1)).toContain(text)
}

/** Nothing was begun again, or taken away. */
async function expectAlive(): Promise<void> {
  for (const name of [...WORKERS.map(each => `shop-${each}`), AUTO]) {
    const { status } = await stage.told(name)
    expect({ name, attempt: status.attempt }).toEqual({ name, attempt: 1 })
    expect(existsSync(stage.worktree(name)), name).toBe(true)
  }
}

test('a spent hour is one refusal for all processes; the project says until when, and nothing else happens (D2)', async () => {
  stage.forge.faults.set('primary-limit', { resetIn: 1800, times: 1 })
  await reconciled('what is known is too old', async () => (await forge())?.status === 'Unknown')
  expect((await forge())?.message).toMatch(/rate limit exceeded.*asked again in (30|2\d)m/)
  await fails('shop-spent', 'spent')
  stage.forge.reset()
  await reconcile()
  expect(stage.forge.requests.filter(({ kind }) => kind !== 'git')).toEqual([])
  expect(stage.heard('shop-spent')).toEqual([])
  await expectAlive()
  refill()
  // Nobody asks before the hour is over.
  await reconcile({ NODE_OPTIONS: `--require=${CLOCK}`, AO_TEST_LATER_MS: String(31 * 60_000) })
  await isTold('shop-spent', 1, 'spent')
  expect(await forge()).toMatchObject({ status: 'True' })
}, 150_000)

test('of an answer with errors what resolved is acted on, and the rest is as it was until it can be read (D4)', async () => {
  const half = pullOf('shop-half')
  stage.forge.faults.set('graphql-errors', { numbers: [half.number] })
  await fails('shop-whole', 'to the whole one')
  await fails('shop-half', 'to the half one')
  await isTold('shop-whole', 1, 'to the whole one')
  expect(stage.heard('shop-half')).toEqual([])
  expect((await stage.told('shop-half')).status.pullRequest).toMatchObject({ state: 'open' })
  await expectAlive()
  stage.forge.faults.clear()
  await isTold('shop-half', 1, 'to the half one')
}, 150_000)

test('a new validator with a 304 is no news, and is the one to ask with (D5)', async () => {
  const guards = async (): Promise<readonly number[]> => {
    stage.forge.reset()
    await reconcile()
    const asked = stage.forge.requests.filter(({ kind }) => kind === 'rest')
    return [...new Set(asked.map(({ status }) => status))]
  }
  const isQuiet = async (): Promise<boolean> => (await guards()).join() === '304'
  await eventually('nothing is new', isQuiet, PATIENCE_MS)
  stage.forge.faults.set('new-validator')
  expect(await guards()).toEqual([304])
  stage.forge.faults.clear()
  expect(await guards()).toEqual([304])
  expect(stage.heard('shop-hook')).toEqual([])
  expect(await forge()).toMatchObject({ status: 'True' })
}, 150_000)

test('a token that was replaced is named until there is the new one, and nothing is told twice for it (D6)', async () => {
  await fails('shop-token', 'old token')
  await isTold('shop-token', 1, 'old token')
  stage.forge.rotateToken(stage.forge.token, 'ghp_new')
  try {
    await reconcile()
    expect(await forge()).toMatchObject({ status: 'False', reason: 'ForgeRefused' })
    expect((await forge())?.message).toMatch(/does not accept the token.*gh auth status/)
    await expectAlive()
    await reconcile({ GITHUB_TOKEN: 'ghp_new' })
    expect(await forge()).toMatchObject({ status: 'True' })
    expect(stage.heard('shop-token')).toHaveLength(1)
    expect(await stage.events('ForgeRefused', 'shop')).toHaveLength(1)
  } finally {
    stage.forge.rotateToken('ghp_new', stage.forge.token)
  }
}, 150_000)

test('while GitHub does not say whether it merges nothing is merged and nobody told of a conflict; then it is merged (D7)', async () => {
  stage.forge.faults.set('mergeable-unknown')
  const pull = pullOf(AUTO)
  await pull.approve('ann')
  await reconcile()
  expect(pull.merged).toBe(false)
  expect(stage.heard(AUTO)).toEqual([])
  expect((await stage.told(AUTO)).status.pullRequest).toMatchObject({ state: 'open' })
  await expectAlive()
  stage.forge.faults.clear()
  await reconciled('it is merged', () => pull.merged)
}, 150_000)

test('a webhook that is lost is caught up with by the next look (D9)', async () => {
  stage.forge.faults.set('lost-webhook')
  const file = join(stage.root, 'delivery.json')
  const event = {
    event: 'pull-request-opened',
    repository: 'acme/shop',
    number: pullOf('shop-hook').number,
  } as const
  await fails('shop-hook', 'nobody said')
  await stage.forge.deliver(event, file, 'sesame')
  expect(existsSync(file)).toBe(false)
  await isTold('shop-hook', 1, 'nobody said')
}, 150_000)

test('a repository that was renamed is followed, with an event that says what to write, once (D8)', async () => {
  stage.hub.rename('store')
  await fails('shop-name', 'under the new name')
  await isTold('shop-name', 1, 'under the new name')
  await reconcile()
  expect(await forge()).toMatchObject({ status: 'True' })
  expect((await forge())?.message).toContain('it is called acme/store now')
  const events = await stage.events('RepositoryRenamed')
  expect(events).toMatchObject([
    { object: 'Project/shop', message: expect.stringContaining('say so in spec.scm.repo') },
  ])
  // What is done goes there as well.
  await stage.work('shop-name', 'more.txt', 'more\n')
  const pushed = await stage.ao(['pr', 'create'], stage.inside('shop-name'))
  expect(pushed.code, pushed.stderr).toBe(0)
  expect(pullOf('shop-name').number).toBe(Number(/^#(\d+)/.exec(pushed.stdout)?.[1]))
}, 150_000)
