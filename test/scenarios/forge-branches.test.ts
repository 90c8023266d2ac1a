import { afterAll, beforeAll, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { createForgeStage } from '../support/forge-stage.ts'
import type { ForgeStage } from '../support/forge-stage.ts'
import type { PullDriver } from '../support/forge/driver-pull.ts'

const AUTO = 'reactions: { approved-and-green: { auto: true } }'
const WORKERS = [
  'shop-killed',
  'shop-deleted',
  'shop-person',
  'shop-base',
  'shop-grown',
  'shop-kept',
]

let stage: ForgeStage

beforeAll(async () => {
  stage = await createForgeStage()
  const workers = WORKERS.map(name => stage.worker(name, AUTO))
  const { code, stdout, stderr } = await stage.declare(`${stage.project}${workers.join('')}`)
  expect(code, `${stdout}${stderr}`).toBe(0)
}, 60_000)

afterAll(async () => {
  try {
    await stage.check()
  } finally {
    await stage.close()
  }
})

async function goes({ headBranch }: PullDriver): Promise<void> {
  await eventually(
    `${headBranch} is gone from the repository`,
    async () => (await stage.hub.tip(headBranch)) === undefined,
    30_000,
  )
}

function deletions(branch: string): number {
  const isOf = (path: string): boolean => decodeURIComponent(path).endsWith(`/heads/${branch}`)
  return stage.forge.requests.filter(({ method, path }) => method === 'DELETE' && isOf(path)).length
}

/** Has its pull request merged by a watcher that is killed before it asks where the branch stands. */
async function mergeCutShort(name: string): Promise<PullDriver> {
  const pull = await stage.open(name)
  const watcher = stage.watch()
  await pull.check({ name: 'test', state: 'success' })
  // Where the branch stands is asked for before it is deleted: no answer comes.
  stage.forge.faults.set('slow', { ms: 5000, only: /^GET .*\/branches\/ao/ })
  await pull.approve('ann')
  await eventually('it is merged', () => pull.merged, 30_000)
  watcher.signal('SIGKILL')
  await watcher.exit
  stage.forge.faults.clear()
  expect(await stage.hub.tip(pull.headBranch)).toBe(pull.head)
  expect(deletions(pull.headBranch)).toBe(0)
  return pull
}

test('killed between a merge and the end of its branch, the next run ends the branch, once (A11)', async () => {
  const name = 'shop-killed'
  const pull = await mergeCutShort(name)

  expect(await stage.ao(['reconcile', '--once'])).toMatchObject({ code: 0 })
  expect(await stage.hub.tip(pull.headBranch)).toBeUndefined()
  await stage.happens(name, 'BranchDeleted', `Branch ${pull.headBranch} is gone`)
  // What is written down as done is neither asked for nor told again.
  const before = stage.forge.requests.length
  expect(await stage.ao(['reconcile', '--once'])).toMatchObject({ code: 0 })
  const asked = stage.forge.requests.slice(before).map(({ path }) => path)
  expect(asked.filter(path => /branches\/ao|git\/refs/.test(path))).toEqual([])
  expect(deletions(pull.headBranch)).toBe(1)
  expect(await stage.events('BranchDeleted', name)).toHaveLength(1)
}, 90_000)

test('a worker that is deleted right after a merge that was cut short takes the branch of it along (A11)', async () => {
  const name = 'shop-deleted'
  const pull = await mergeCutShort(name)
  const { code, stdout, stderr } = await stage.ao(['delete', name, '--force'])
  expect(code, stderr).toBe(0)
  expect(stdout).toContain(`Worker/${name} deleted (Merged)`)
  expect(await stage.hub.tip(pull.headBranch)).toBeUndefined()
  expect(deletions(pull.headBranch)).toBe(1)
  expect(await stage.events('BranchDeleted', name)).toHaveLength(1)
}, 90_000)

test('the branch of what a person merged on the forge goes as well', async () => {
  const name = 'shop-person'
  const pull = await stage.open(name)
  await pull.merge({ by: 'ann' })
  stage.watch()
  await stage.becomes(name, 'Ready', 'Done')
  await goes(pull)
  await stage.happens(name, 'BranchDeleted', `#${pull.number} was merged`)
  await stage.unwatch()
}, 90_000)

test('a branch that another open pull request is built on stays, which is told once, and goes when that one is over', async () => {
  const name = 'shop-base'
  const pull = await stage.open(name)
  await stage.hub.commit('feat/child', { 'child.txt': 'child\n' })
  const child = await stage.hub.openPull({
    head: 'feat/child',
    base: pull.headBranch,
    title: 'Child',
    author: 'ann',
  })
  await pull.merge({ by: 'ann' })
  stage.watch()
  await stage.becomes(name, 'Ready', 'Done')
  await stage.happens(name, 'BranchKept', `#${child.number} needs it`)
  await stage.unwatch()
  await stage.ao(['reconcile', '--once'])
  expect(await stage.events('BranchKept', name)).toHaveLength(1)
  expect(await stage.hub.tip(pull.headBranch)).toBe(pull.head)
  expect(deletions(pull.headBranch)).toBe(0)
  child.close()
  stage.watch()
  await goes(pull)
  await stage.unwatch()
}, 90_000)

test('a branch that got new commits after the merge, or is protected, stays', async () => {
  const [grown, kept] = [await stage.open('shop-grown'), await stage.open('shop-kept')]
  stage.hub.protect(kept.headBranch, {})
  await grown.merge({ by: 'ann' })
  await kept.merge({ by: 'ann' })
  const late = await stage.hub.commit(grown.headBranch, { 'late.txt': 'late\n' })
  stage.watch()
  for (const name of ['shop-grown', 'shop-kept']) await stage.becomes(name, 'Ready', 'Done')
  await stage.happens('shop-kept', 'BranchKept', 'it is protected')
  await stage.unwatch()
  await stage.ao(['reconcile', '--once'])
  expect(await stage.hub.tip(grown.headBranch)).toBe(late)
  expect(await stage.hub.tip(kept.headBranch)).toBe(kept.head)
  for (const { headBranch } of [grown, kept]) expect(deletions(headBranch)).toBe(0)
  expect(await stage.events('BranchKept', 'shop-kept')).toHaveLength(1)
}, 90_000)
