import { afterAll, beforeAll, expect, test } from 'vitest'

import type { HttpChannel } from '../support/channels/http-channel.ts'
import { startHttpChannel } from '../support/channels/http-channel.ts'
import { eventually } from '../support/eventually.ts'
import { createForgeStage } from '../support/forge-stage.ts'
import type { ForgeStage } from '../support/forge-stage.ts'

const WORKERS = ['shop-fork', 'shop-renamed', 'shop-two', 'shop-pushes', 'shop-closed']

let stage: ForgeStage
let hook: HttpChannel

beforeAll(async () => {
  stage = await createForgeStage()
  hook = await startHttpChannel({ fine: { status: 204 } })
  const notifier = `---
apiVersion: ao.dev/v1alpha1
kind: Notifier
metadata: { name: hook }
spec: { plugin: webhook, config: { url: '${hook.url}' } }
`
  // One that outlives its pull request has a workspace to push from afterwards.
  const workers = WORKERS.map(name =>
    stage.worker(name, name === 'shop-pushes' ? 'doneWhen: reported' : ''),
  )
  // What is pushed after a merge is seen at the branch, which stays here.
  const project = stage.project.replace('interval: 50ms', 'interval: 50ms, deleteBranch: false')
  const { code, stdout, stderr } = await stage.declare(`${project}${notifier}${workers.join('')}`)
  expect(code, `${stdout}${stderr}`).toBe(0)
  stage.watch()
}, 60_000)

afterAll(async () => {
  try {
    await stage.check()
  } finally {
    await stage.close()
    await hook.close()
  }
})

async function has(name: string, number: number | undefined): Promise<void> {
  await eventually(
    `${name} has ${number === undefined ? 'none' : `#${number}`}`,
    async () => (await stage.told(name)).status.pullRequest?.number === number,
    30_000,
  )
}

test('a branch of the same name in a fork, and the default branch, are nobody’s (case 10)', async () => {
  const fork = await stage.hub.fork('eve')
  await fork.commit('ao/shop-fork', { 'theirs.txt': 'theirs\n' })
  const foreign = await stage.hub.openPull({
    head: 'ao/shop-fork',
    from: fork.name,
    title: 'Not ours',
    author: 'eve',
  })
  await foreign.check({ name: 'test', state: 'failure', log: 'not ours' })
  await fork.commit('main', { 'main.txt': 'theirs\n' })
  await stage.hub.openPull({ head: 'main', from: fork.name, title: 'Mine', author: 'eve' })
  const own = await stage.open('shop-fork')
  await has('shop-fork', own.number)
  expect(stage.heard('shop-fork')).toEqual([])
}, 60_000)

test('a branch that the agent renamed is still its own, and its checks reach it (case 10)', async () => {
  const name = 'shop-renamed'
  stage.run(['branch', '-m', 'feat/better-name'], stage.worktree(name))
  const pull = await stage.open(name)
  expect(pull.headBranch).toBe('feat/better-name')
  await has(name, pull.number)
  await pull.check({ name: 'test', state: 'failure', log: 'red' })
  await stage.hears(name, 1, `CI failed on pull request #${pull.number}`)
}, 60_000)

test('two that could be meant stall the worker, which a person is told once with their links, and a claim decides (case 10)', async () => {
  const name = 'shop-two'
  await stage.work(name, 'two.txt', 'two\n')
  await stage.hub.commit('next', { 'next.txt': 'next\n' })
  const head = 'ao/shop-two'
  const first = await stage.hub.openPull({ head, title: 'One', author: 'ann' })
  const second = await stage.hub.openPull({ head, base: 'next', title: 'Two', author: 'ann' })
  await stage.becomes(name, 'Stalled', 'AmbiguousPullRequest')
  const stalled = await stage.condition(name, 'Stalled')
  for (const { number } of [first, second]) expect(stalled?.message).toContain(`#${number}`)
  expect(stalled?.message).toContain(`for branch ${head}`)
  await stage.happens(name, 'AmbiguousPullRequest', `for branch ${head}`)
  expect((await stage.ao(['why', name])).stdout).toContain(`for branch ${head}`)
  expect(await stage.events('AmbiguousPullRequest', name)).toHaveLength(1)
  const calls = (): readonly string[] =>
    hook.received.map(({ body }) => body).filter(body => body.includes(`pr claim N ${name}`))
  await eventually('a person was told', () => calls().length > 0, 30_000)
  const [call = ''] = calls()
  expect(JSON.parse(call)).toMatchObject({ notification: { priority: 'action', session: name } })
  for (const { number } of [first, second]) expect(call).toContain(`/acme/shop/pull/${number}`)
  expect(await stage.ao(['pr', 'claim', String(second.number), name])).toMatchObject({ code: 0 })
  await has(name, second.number)
  await eventually(
    'it is no longer stalled',
    async () => (await stage.condition(name, 'Stalled'))?.status !== 'True',
    30_000,
  )
  expect(calls()).toHaveLength(1)
}, 60_000)

test('what is pushed is asked for first: a merged one denies, a closed one asks, an unknown one denies, force needs a reason (P1 to P4, D11, D12)', async () => {
  const name = 'shop-pushes'
  const pull = await stage.open(name)
  const push = async (...args: readonly string[]) =>
    stage.ao(['pr', 'push', ...args], stage.inside(name))
  const tip = async (): Promise<string | undefined> => stage.hub.tip(pull.headBranch)

  const sha = stage.commit('more.txt', 'more\n', stage.worktree(name))
  stage.forge.faults.set('bad-gateway', { status: 502, only: /pulls|graphql/ })
  const unknown = await push()
  stage.forge.faults.clear()
  expect(unknown.code).not.toBe(0)
  expect(await tip()).not.toBe(sha)
  await eventually('it is pushed', async () => (await push()).code === 0, 30_000)
  expect(await tip()).toBe(sha)

  stage.run(['commit', '-q', '--amend', '-m', 'Better said'], stage.worktree(name))
  const amended = stage.run(['rev-parse', 'HEAD'], stage.worktree(name))
  expect((await push()).code).not.toBe(0)
  const unreasoned = await push('--force-with-lease')
  expect(unreasoned.code).toBe(2)
  expect(unreasoned.stderr).toContain('--reason')
  expect(await tip()).toBe(sha)
  expect(await push('--force-with-lease', '--reason', 'Said better')).toMatchObject({ code: 0 })
  expect(await tip()).toBe(amended)
  await eventually('the reason is written down', async () =>
    (await stage.ao(['events', '-o', 'jsonl'])).stdout.includes('Said better'),
  )

  await pull.merge()
  stage.commit('late.txt', 'late\n', stage.worktree(name))
  const late = await push()
  expect(late.code).not.toBe(0)
  expect(late.stderr).toContain('merged')
  expect(await tip()).toBe(amended)
}, 90_000)

test('one that a person closed is told once, keeps its work, and takes no push until it is open again (P3, D18)', async () => {
  const name = 'shop-closed'
  const pull = await stage.open(name)
  await has(name, pull.number)
  pull.close()
  await stage.happens(
    name,
    'Notified',
    `pull request #${pull.number} was closed without being merged`,
  )
  const sha = stage.commit('more.txt', 'more\n', stage.worktree(name))
  const denied = await stage.ao(['pr', 'push'], stage.inside(name))
  expect(denied.code).not.toBe(0)
  expect(denied.stderr).toContain('closed')
  pull.reopen()
  await eventually(
    'it is pushed',
    async () => (await stage.ao(['pr', 'push'], stage.inside(name))).code === 0,
    30_000,
  )
  expect(await stage.hub.tip(pull.headBranch)).toBe(sha)
  await stage.becomes(name, 'PullRequestOpen', 'Open')
  expect(await stage.events('Notified', name)).toHaveLength(1)
  expect((await stage.told(name)).status.attempt).toBe(1)
}, 60_000)
