import { afterAll, beforeAll, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import type { RepositoryDriver } from '../support/forge/driver.ts'
import type { ForgeStage } from '../support/forge-stage.ts'
import { createForgeStage } from '../support/forge-stage.ts'

const WORKERS = ['shop-pair', 'shop-race', 'shop-hand', 'shop-fork']

let stage: ForgeStage
/** Another place that the checkout has a remote for. */
let fork: RepositoryDriver

beforeAll(async () => {
  stage = await createForgeStage()
  fork = await stage.hub.fork('octo', 'shop-fork')
  stage.run(['remote', 'add', 'fork', fork.cloneUrl])
  const workers = WORKERS.map(name => stage.worker(name))
  const { code, stdout, stderr } = await stage.declare(`${stage.project}${workers.join('')}`)
  expect(code, `${stdout}${stderr}`).toBe(0)
  stage.watch()
}, 60_000)

afterAll(async () => {
  try {
    await stage.check()
  } finally {
    await stage.close()
  }
})

async function has(name: string, number: number): Promise<void> {
  await eventually(
    `${name} has #${number}`,
    async () => (await stage.told(name)).status.pullRequest?.number === number,
    30_000,
  )
}

test('a worker with two pull requests hears of both, and is done when both are over (P12)', async () => {
  const name = 'shop-pair'
  const first = await stage.open(name)
  stage.run(['switch', '-q', '-c', 'feat/second', 'main'], stage.worktree(name))
  await stage.work(name, 'second.txt', 'second\n')
  const made = await stage.ao(['pr', 'create', '--title', 'Second'], stage.inside(name))
  expect(made).toMatchObject({ code: 0 })
  const second = stage.hub.pull(first.number + 1)
  expect(second.headBranch).toBe('feat/second')
  await has(name, first.number)
  await second.check({ name: 'test', state: 'failure', log: 'second is red' })
  await stage.hears(name, 1, `CI failed on pull request #${second.number}`)
  await first.merge()
  await has(name, second.number)
  expect((await stage.condition(name, 'Ready'))?.reason).not.toBe('Done')
  await second.check({ name: 'test', state: 'success' })
  await second.merge()
  await stage.becomes(name, 'Ready', 'Done')
  expect(await stage.events('Done', name)).toHaveLength(1)
}, 120_000)

test('however many open one of the same branch at the same time, it is one, and the worker’s (P13)', async () => {
  const name = 'shop-race'
  await stage.work(name, 'race.txt', 'race\n')
  const create = async () => stage.ao(['pr', 'create', '--title', 'Race'], stage.inside(name))
  const byHand = stage.hub
    .openPull({ head: 'ao/shop-race', title: 'Race', author: 'ann' })
    .catch(() => undefined)
  const created = await Promise.all([create(), create()])
  await byHand
  expect(created.map(({ code }) => code)).toEqual([0, 0])
  const pulls = stage.hub.pulls().filter(({ headBranch }) => headBranch === 'ao/shop-race')
  expect(pulls).toHaveLength(1)
  const number = pulls[0]?.number ?? 0
  expect(created.map(({ stdout }) => stdout.split(' ')[0])).toEqual([`#${number}`, `#${number}`])
  await has(name, number)
}, 90_000)

test('one that somebody opened of its branch is the worker’s, under the title it has, and stays so (P15)', async () => {
  const name = 'shop-hand'
  await stage.work(name, 'hand.txt', 'hand\n')
  const title = '[codex] add ci'
  const pull = await stage.hub.openPull({ head: 'ao/shop-hand', title, author: 'ann' })
  await has(name, pull.number)
  await pull.check({ name: 'test', state: 'failure', log: 'red' })
  await stage.hears(name, 1, `CI failed on pull request #${pull.number}`)
  expect(pull.title).toBe(title)
  expect((await stage.told(name)).status.attempt).toBe(1)
}, 90_000)

test('what comes from a fork that the checkout pushes to is its own (case 10)', async () => {
  const name = 'shop-fork'
  stage.commit('fork.txt', 'fork\n', stage.worktree(name))
  stage.run(['push', '-q', fork.folder, 'HEAD'], stage.worktree(name))
  const head = 'ao/shop-fork'
  const pull = await stage.hub.openPull({ head, from: fork.name, title: 'Fork', author: 'octo' })
  await has(name, pull.number)
  await pull.check({ name: 'test', state: 'failure', log: 'forked' })
  await stage.hears(name, 1, 'forked')
}, 90_000)

test('its state and its checks are told as the forge has them (P26)', async () => {
  await stage.hub.commit('by-hand', { 'by-hand.txt': 'by hand\n' })
  const pull = await stage.hub.openPull({ head: 'by-hand', title: 'By hand', draft: true })
  const number = String(pull.number)
  const view = async (): Promise<string> => (await stage.ao(['pr', 'view', number])).stdout
  const listed = async (): Promise<string> => {
    const { stdout } = await stage.ao(['pr', 'list', '--state', 'all'])
    return stdout.split('\n').find(each => each.startsWith(`#${number} `)) ?? ''
  }
  expect(await listed()).toMatch(/^#\d+ +draft +by-hand/)
  pull.setDraft(false)
  expect(await listed()).toMatch(/^#\d+ +open +by-hand/)
  for (const [state, told] of [
    ['queued', 'pending'],
    ['running', 'running'],
    ['failure', 'failure'],
    ['timed_out', 'failure'],
    ['cancelled', 'cancelled'],
    ['skipped', 'skipped'],
    ['success', 'success'],
  ] as const) {
    await pull.check({ name: 'test', state })
    expect(await view(), state).toMatch(new RegExp(` test +${told}`))
  }
  const { stdout } = await stage.ao(['pr', 'view', number, '-o', 'json'])
  const url = `${stage.forge.url}/acme/shop/pull/${number}`
  expect(JSON.parse(stdout)).toMatchObject({ number: pull.number, url })
  pull.close()
  expect(await listed()).toMatch(/^#\d+ +closed +by-hand/)
  pull.reopen()
  await pull.merge()
  expect(await view()).toMatch(/State +merged as [0-9a-f]{12}\n/)
}, 90_000)
