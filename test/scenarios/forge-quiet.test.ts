import { execFileSync } from 'node:child_process'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import type { RepositoryDriver } from '../support/forge/driver.ts'
import type { PullDriver } from '../support/forge/driver-pull.ts'
import type { Forge } from '../support/forge/forge.ts'
import { startForge } from '../support/forge/forge.ts'
import { createForgeStage } from '../support/forge-stage.ts'
import type { ForgeStage } from '../support/forge-stage.ts'

let stage: ForgeStage
/** Another forge, with a project of its own. */
let elsewhere: Forge
let depot: RepositoryDriver
const pulls = new Map<string, PullDriver>()

const WORKERS = ['shop-old', 'shop-flips', 'shop-limit', 'shop-crash']

beforeAll(async () => {
  stage = await createForgeStage()
  elsewhere = await startForge({ token: stage.forge.token, login: 'octo' })
  depot = await elsewhere.createRepository({ owner: 'acme', name: 'depot', from: stage.origin })
  const other = stage.project
    .replace('name: shop', 'name: depot')
    .replace('acme/shop', 'acme/depot')
    .replace('${FORGE}', elsewhere.apiUrl)
    .replace('interval: 50ms', 'interval: 50ms, maxAge: 1s')
  const keeper = stage.worker('depot-keeper').replace('project: shop', 'project: depot')
  const workers = WORKERS.map(name => stage.worker(name))
  const { code, stdout, stderr } = await stage.declare(
    `${stage.project}  cleanup: { grace: 0s }\n${workers.join('')}---\n${other}${keeper}`,
  )
  expect(code, `${stdout}${stderr}`).toBe(0)
  for (const name of WORKERS) {
    const pull = await stage.open(name)
    await pull.check({ name: 'test', state: 'success' })
    pulls.set(name, pull)
  }
  const cwd = `${stage.home}/worktrees/depot/depot-keeper`
  stage.commit('keeper.txt', 'kept\n', cwd)
  execFileSync('git', ['push', '-q', depot.folder, 'HEAD'], { cwd, env: stage.env })
  pulls.set('depot-keeper', await depot.openPull({ head: 'ao/depot-keeper', title: 'Keep' }))
  stage.watch()
  for (const name of [...WORKERS, 'depot-keeper']) {
    await stage.becomes(name, 'PullRequestOpen', 'Open')
  }
}, 90_000)

afterAll(async () => {
  try {
    await stage.check()
  } finally {
    await stage.close()
    await elsewhere.close()
  }
})

function pullOf(name: string): PullDriver {
  const pull = pulls.get(name)
  if (pull === undefined) throw new Error(`${name} has no pull request`)
  return pull
}

const lists = (): number =>
  stage.forge.requests.filter(({ path }) => path.startsWith('/repos/acme/shop/pulls?')).length

/** Waits until there were so many further looks. */
async function looks(count: number): Promise<void> {
  const before = lists()
  await eventually('the forge is looked at', () => lists() >= before + count, 30_000)
}

test('however many idle pull requests there are, looking costs nothing but a few conditional requests (case 11, D5)', async () => {
  const branches = Array.from({ length: 30 }, (_, index) => `idle-${index}`)
  await stage.hub.openPulls(branches)
  const rest = async (): Promise<readonly (typeof stage.forge.requests)[number][]> => {
    stage.forge.reset()
    await looks(4)
    return stage.forge.requests.filter(({ kind }) => kind !== 'git')
  }
  const asked = await eventually(
    'nothing is new to the watcher',
    async () => {
      const seen = await rest()
      return seen.every(({ status }) => status === 304) ? seen : undefined
    },
    30_000,
  )
  expect(
    asked.every(({ conditional, kind, points }) => conditional && kind === 'rest' && points === 0),
  ).toBe(true)
  const perLook = asked.length / asked.filter(({ path }) => path.includes('/pulls?')).length
  expect(perLook).toBeLessThan(branches.length / 2)
}, 60_000)

test('the merge of one that is not on top of the list is noticed, and told once (case 11, F8)', async () => {
  await pullOf('shop-old').merge()
  await stage.becomes('shop-old', 'Ready', 'Done')
  await eventually('all of it is gone', async () => {
    const told = await stage.condition('shop-old', 'SessionRunning')
    return told?.status !== 'True'
  })
  expect(await stage.events('Done', 'shop-old')).toHaveLength(1)
}, 60_000)

test('a second run of a check that was green is noticed when it fails (case 11)', async () => {
  await pullOf('shop-flips').check({ name: 'test', state: 'failure', log: 'flipped' })
  await stage.hears('shop-flips', 1, 'flipped')
}, 60_000)

test('a forge that wants to be left alone is, for as long as it says; what is known gets old, others go on, and nothing is made or removed (case 11, D1, D3)', async () => {
  const before = await stage.told('shop-limit')
  stage.forge.faults.set('secondary-limit', { status: 403, retryAfter: 6, times: 1 })
  const refused = await eventually(
    'it is refused',
    () => stage.forge.requests.find(({ status }) => status === 403),
    30_000,
  )
  await pullOf('shop-limit').check({ name: 'test', state: 'failure', log: 'limited' })
  await pullOf('depot-keeper').check({ name: 'test', state: 'failure', log: 'elsewhere' })
  await stage.hears('depot-keeper', 1, 'elsewhere')
  await stage.hears('shop-limit', 1, 'limited')
  // What was under way may still arrive.
  const during = stage.forge.requests.filter(
    ({ at, kind }) => kind !== 'git' && at > refused.at + 2000 && at < refused.at + 5900,
  )
  expect(during).toEqual([])
  const after = await stage.told('shop-limit')
  expect(after.status.attempt).toBe(before.status.attempt)
}, 60_000)

test('a forge in trouble makes facts unknown with their reason and age, never absent; then they are found again (D1, D4)', async () => {
  const name = 'depot-keeper'
  elsewhere.faults.set('bad-gateway', { status: 502 })
  // On a busy machine what is known gets too old before it is asked for in vain.
  const seen = await eventually(
    'its trouble is told',
    async () => {
      const told = await stage.condition(name, 'PullRequestOpen')
      return told?.message.includes('answered 502') === true && told
    },
    30_000,
  )
  expect(seen).toMatchObject({ status: 'Unknown', reason: 'RepositoryUnknown' })
  expect(seen.message).toMatch(/answered 502.*what is known of acme\/depot is of \d{4}-/)
  const { stdout } = await stage.ao(['get', name, '-o', 'wide'])
  expect(stdout).toContain("pull requests can't be seen")
  expect(await stage.ao(['diff', '-f', `${stage.root}/manifests`])).toMatchObject({ code: 0 })
  elsewhere.faults.clear()
  await stage.becomes(name, 'PullRequestOpen', 'Open')
  const { attempt } = (await stage.told(name)).status
  expect(attempt).toBe(1)
  expect(stage.heard(name)).toHaveLength(1)
}, 60_000)

test('two watchers, one of them killed while it looks: the agent is told once (case 12)', async () => {
  await stage.unwatch()
  const pull = pullOf('shop-crash')
  await pull.check({ name: 'test', state: 'failure', log: 'crashed' })
  stage.forge.faults.set('slow', { ms: 500, only: /graphql/ })
  const asked = stage.forge.requests.length
  const first = stage.start(['reconcile', '--watch'])
  const second = stage.start(['reconcile', '--watch'])
  await eventually(
    'it is read',
    () => stage.forge.requests.slice(asked).some(({ kind }) => kind === 'graphql'),
    // An earlier pause may still be waited for.
    90_000,
  )
  first.signal('SIGKILL')
  await first.exit
  stage.forge.faults.clear()
  stage.watch()
  await stage.hears('shop-crash', 1, 'crashed')
  second.signal('SIGTERM')
  await second.exit
  await stage.ao(['reconcile', '--once'])
  expect(stage.heard('shop-crash')).toHaveLength(1)
}, 150_000)
