import { existsSync } from 'node:fs'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { createForgeStage } from '../support/forge-stage.ts'
import type { ForgeStage } from '../support/forge-stage.ts'

const AUTO = 'reactions: { approved-and-green: { auto: true } }'

let stage: ForgeStage
let manifests = ''
let issues: readonly number[] = []

beforeAll(async () => {
  stage = await createForgeStage()
  issues = ['Keep', 'Finish'].map(title => stage.hub.issue({ title }).number)
  const project = `${stage.project}  tracker: { plugin: github, repo: acme/shop, apiUrl: '\${FORGE}' }\n  cleanup: { grace: 0s }\n`
  const [keep, finish] = issues
  manifests = [
    project,
    stage.worker('shop-keep', `issue: '${keep}'`),
    stage.worker('shop-finish', `issue: '${finish}'\n  onIssueClosed: finish`),
    stage.worker('shop-merged', AUTO),
    stage.worker('shop-moved', AUTO),
    stage.worker('shop-retargeted', AUTO),
    stage.worker('shop-again'),
  ].join('')
  const { code, stdout, stderr } = await stage.declare(manifests)
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

test('a closed issue is shown, or ends the worker whose policy says so; opened again it is no news (case 12)', async () => {
  const [keep, finish] = issues.map(number => stage.hub.issueOf(number))
  await stage.open('shop-finish')
  keep?.close()
  finish?.close()
  await stage.becomes('shop-keep', 'IssueClosed', 'IssueClosed')
  await stage.becomes('shop-finish', 'Ready', 'Done')
  expect((await stage.condition('shop-keep', 'Ready'))?.reason).toBe('Running')
  keep?.reopen()
  await eventually(
    'it is open again',
    async () => (await stage.condition('shop-keep', 'IssueClosed')) === undefined,
    30_000,
  )
  await eventually(
    'its workspace is gone',
    () => !existsSync(stage.worktree('shop-finish')),
    30_000,
  )
  expect((await stage.told('shop-keep')).status.attempt).toBe(1)
}, 90_000)

test('a merge whose answer is lost, after one that was refused, is one merge, told once (F8, A10)', async () => {
  const name = 'shop-merged'
  const pull = await stage.open(name)
  await pull.check({ name: 'test', state: 'success' })
  stage.forge.faults.set('bad-gateway', { status: 502, times: 1, only: /^PUT .*\/merge$/ })
  await pull.approve('ann')
  await eventually(
    'the first try is refused',
    () =>
      stage.forge.requests.some(({ path, status }) => path.endsWith('/merge') && status === 502),
    30_000,
  )
  stage.forge.faults.set('lost-answer', { times: 1, only: /^PUT .*\/merge$/ })
  await stage.becomes(name, 'Ready', 'Done')
  expect(pull.merged).toBe(true)
  expect(await stage.events('Done', name)).toHaveLength(1)
  await eventually('its workspace is gone', () => !existsSync(stage.worktree(name)), 30_000)
}, 90_000)

test('what moved after it was approved is not merged before it is approved again (D13)', async () => {
  const name = 'shop-moved'
  const pull = await stage.open(name)
  await pull.check({ name: 'test', state: 'running' })
  await pull.approve('ann')
  await stage.becomes(name, 'ChecksPassing', 'ChecksPending')
  const sha = await stage.work(name, 'late.txt', 'late\n')
  await pull.check({ name: 'test', state: 'success' })
  await stage.becomes(name, 'ChecksPassing', 'ChecksPassing')
  expect((await stage.condition(name, 'Ready'))?.message).toContain('waiting for review')
  expect(pull.merged).toBe(false)
  await pull.approve('ann')
  await eventually('it is merged', () => pull.merged, 30_000)
  expect(pull.head).toBe(sha)
  await stage.becomes(name, 'Ready', 'Done')
}, 90_000)

test('a worker that is deleted and declared again goes on with the pull request that it left open (case 12)', async () => {
  const name = 'shop-again'
  const pull = await stage.open(name)
  await stage.becomes(name, 'PullRequestOpen', 'Open')
  const without = manifests.replace(stage.worker(name), '')
  expect(await stage.declare(without, ['--prune'])).toMatchObject({ code: 0 })
  await eventually('it is gone', () => !existsSync(stage.worktree(name)), 30_000)
  expect(pull.state).toBe('open')
  const { code, stdout, stderr } = await stage.declare(manifests)
  expect(code, `${stdout}${stderr}`).toBe(0)
  await eventually(
    'it has its pull request',
    async () => (await stage.told(name)).status.pullRequest?.number === pull.number,
    30_000,
  )
  await pull.check({ name: 'test', state: 'failure', log: 'red again' })
  await stage.hears(name, 1, 'red again')
  expect(stage.hub.pulls().filter(({ headBranch }) => headBranch === pull.headBranch)).toHaveLength(
    1,
  )
}, 90_000)
