import { afterEach, beforeEach, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { createForgeStage } from '../support/forge-stage.ts'
import type { ForgeStage } from '../support/forge-stage.ts'

const LOGIN = 'shop-login'
const AUTO = 'reactions: { approved-and-green: { auto: true } }'

let stage: ForgeStage

beforeEach(async () => {
  stage = await createForgeStage()
  stage.hub.protect('main', { mergeQueue: true })
  const project = stage.project.replace('interval: 50ms', 'interval: 50ms, merge: queue')
  const { code, stdout, stderr } = await stage.declare(`${project}${stage.worker(LOGIN, AUTO)}`)
  expect(code, `${stdout}${stderr}`).toBe(0)
}, 60_000)
afterEach(async () => {
  try {
    await stage.check()
  } finally {
    await stage.close()
  }
})

function enqueued(): number {
  const isQueueing = (operation = ''): boolean => operation.includes('enqueuePullRequest')
  return stage.forge.requests.filter(({ operation }) => isQueueing(operation)).length
}

async function queue(): Promise<ReturnType<typeof stage.open>> {
  const pull = await stage.open(LOGIN)
  await pull.check({ name: 'test', state: 'success' })
  await pull.approve('ann')
  stage.watch()
  await eventually('it is queued', () => stage.hub.queue().includes(pull.number), 30_000)
  await stage.happens(LOGIN, 'MergeQueued', 'it stands in the merge queue')
  return pull
}

test('what is approved and green is put into the merge queue once, across a restart, and is done when the queue merged it', async () => {
  const pull = await queue()
  await stage.unwatch()
  expect(await stage.ao(['reconcile', '--once'])).toMatchObject({ code: 0 })
  stage.watch()
  await pull.check({ name: 'extra', state: 'success' })
  const since = stage.forge.requests.length
  await eventually(
    'it was looked at again',
    () => stage.forge.requests.slice(since).filter(({ kind }) => kind === 'rest').length > 20,
    30_000,
  )
  expect(enqueued()).toBe(1)
  expect(pull.merged).toBe(false)

  expect(await stage.hub.runQueue()).toEqual({ merged: [pull.number], removed: [] })
  await stage.becomes(LOGIN, 'Ready', 'Done')
  await eventually(
    'what the queue merged leaves no branch',
    async () => (await stage.hub.tip(pull.headBranch)) === undefined,
    30_000,
  )
  expect(enqueued()).toBe(1)
}, 90_000)

test('what the queue turned away is told to a person once, and is queued again only with a new head that was approved', async () => {
  const pull = await queue()
  await stage.becomes(LOGIN, 'PullRequestOpen', 'Open')
  await eventually(
    'that it is queued was seen',
    async () => (await stage.condition(LOGIN, 'Ready'))?.message.includes('queue') === true,
    30_000,
  )
  await stage.hub.commit('main', { 'shop-login.txt': 'theirs\n' })
  expect(await stage.hub.runQueue()).toEqual({ merged: [], removed: [pull.number] })
  await stage.happens(LOGIN, 'Notified', `#${pull.number} left the merge queue`)
  await stage.unwatch()
  await stage.ao(['reconcile', '--once'])
  expect(await stage.events('Notified', LOGIN)).toHaveLength(1)
  expect(enqueued()).toBe(1)

  stage.run(['fetch', '-q', stage.hub.folder, 'main'], stage.worktree(LOGIN))
  stage.run(
    ['merge', '-q', '-X', 'ours', '-m', 'Take theirs in', 'FETCH_HEAD'],
    stage.worktree(LOGIN),
  )
  await stage.work(LOGIN, 'more.txt', 'more\n')
  await pull.check({ name: 'test', state: 'success' })
  await pull.approve('ann')
  stage.watch()
  await eventually('it is queued again', () => enqueued() === 2, 30_000)
  await eventually('and merged', async () => (await stage.hub.runQueue()).merged.length > 0, 30_000)
  await stage.becomes(LOGIN, 'Ready', 'Done')
}, 90_000)
