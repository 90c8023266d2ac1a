import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { createAoStage } from './support/ao.ts'
import type { AoResult, AoStage } from './support/ao.ts'
import { createForgeShop } from './support/forge-shop.ts'
import { brokenConditions } from './support/world.ts'

let stage: AoStage

const worker = (name: string): string => `---
apiVersion: ao.dev/v1alpha1
kind: Worker
metadata: { name: ${name} }
spec:
  project: shop
  prompt: Do it.
  runtime: process
  agent: { plugin: custom, command: [cat] }
`

const MANIFEST = `apiVersion: ao.dev/v1alpha1
kind: Project
metadata: { name: shop }
spec:
  scm: { plugin: local }
---
apiVersion: ao.dev/v1alpha1
kind: Orchestrator
metadata: { name: shop-orchestrator }
spec:
  project: shop
  runtime: process
  agent: { plugin: custom, command: [cat] }
${worker('shop-login')}${worker('shop-docs')}`

interface Session {
  readonly metadata: { readonly overrides?: { readonly pullRequest?: number } }
  readonly status: {
    readonly pullRequest?: { readonly number: number; readonly state: string }
    readonly conditions: readonly { readonly type: string; readonly reason: string }[]
  }
}

beforeEach(async () => {
  stage = createAoStage()
  stage.write('.ao/shop.yaml', MANIFEST)
  expect(await stage.ao(['apply', '--yes'])).toMatchObject({ code: 0 })
})

afterEach(async () => {
  try {
    expect(brokenConditions(stage)).toEqual([])
  } finally {
    await stage.close()
  }
})

const describe_ = async (name: string): Promise<Session> =>
  stage.json<Session>(['describe', `worker/${name}`])

/** A person's own pull request, of a branch that is nobody's. */
async function openByHand(branch: string): Promise<void> {
  const file = `${branch}.txt`
  stage.run(['worktree', 'add', '-q', '-b', branch, join(stage.root, branch)])
  stage.commit(file, `${branch}\n`, join(stage.root, branch))
  const opened = await stage.ao(['pr', 'create', '--head', branch, '--title', `The ${branch}`])
  expect(opened).toMatchObject({ code: 0 })
}

async function openBy(name: string): Promise<void> {
  const cwd = join(stage.home, 'worktrees', 'shop', name)
  stage.commit(`${name}.txt`, 'done\n', cwd)
  const env = { AO_SESSION_ID: name, AO_PROJECT_ID: 'shop' }
  expect(await stage.ao(['pr', 'create'], { cwd, env })).toMatchObject({ code: 0 })
}

const claim = async (...args: readonly string[]): Promise<AoResult> =>
  stage.ao(['pr', 'claim', ...args])

test('a claimed pull request is the worker’s, whatever its branch, until it is released (case 10)', async () => {
  await openByHand('by-hand')
  const claimed = await claim('1', 'shop-login')
  expect(claimed).toMatchObject({ code: 0, stdout: "#1 is Worker/shop-login's\n" })
  expect(claimed.stderr).toContain('its branch is by-hand; shop-login keeps ao/shop-login')
  const session = await describe_('shop-login')
  expect(session.metadata.overrides).toEqual({ pullRequest: 1 })
  expect(session.status.pullRequest).toMatchObject({ number: 1, state: 'open' })
  const told = await stage.ao(['describe', 'shop-login'])
  expect(told.stdout).toMatch(/Claimed +pull request #1, by command/)

  // It outlives other commands about the same session, and another apply.
  for (const args of [
    ['suspend', 'shop-login'],
    ['resume', 'shop-login'],
    ['apply', '--yes'],
  ]) {
    expect(await stage.ao(args)).toMatchObject({ code: 0 })
  }
  expect((await describe_('shop-login')).metadata.overrides).toEqual({ pullRequest: 1 })

  expect(await claim('1', '--release')).toMatchObject({ code: 0 })
  const after = await describe_('shop-login')
  expect(after.metadata.overrides).toBeUndefined()
  expect(after.status.pullRequest).toBeUndefined()
})

test('a worker is done when the pull request it claimed is merged, and its own branch stays', async () => {
  await openByHand('by-hand')
  await claim('1', 'shop-login')
  const own = join(stage.home, 'worktrees', 'shop', 'shop-login')
  stage.commit('unmerged.txt', 'not merged\n', own)
  const tip = stage.run(['rev-parse', 'HEAD'], own)
  expect(await stage.ao(['pr', 'merge', '1'])).toMatchObject({ code: 0 })
  expect(await stage.ao(['reconcile', '--once'])).toMatchObject({ code: 0 })
  const { conditions } = (await describe_('shop-login')).status
  expect(conditions.find(({ type }) => type === 'Merged')?.reason).toBe('Merged')
  expect(stage.run(['rev-parse', 'refs/heads/ao/shop-login'])).toBe(tip)
})

test('two sessions never both get one pull request', async () => {
  await openByHand('by-hand')
  await openBy('shop-docs')
  expect(await claim('1', 'shop-login')).toMatchObject({ code: 0 })
  const second = await claim('1', 'shop-docs')
  expect(second.code).toBe(3)
  expect(second.stderr).toContain('pull request #1 of shop was claimed for shop-login')
  expect(second.stderr).toContain('ao pr claim 1 shop-login --release')
  const opened = await claim('2', 'shop-login')
  expect(opened.code).toBe(3)
  expect(opened.stderr).toContain("is shop-docs's, which opened it")
  expect((await describe_('shop-docs')).status.pullRequest?.number).toBe(2)
  expect((await describe_('shop-login')).status.pullRequest?.number).toBe(1)
})

test('what can be nobody’s is refused: an orchestrator, no such number, merged, closed', async () => {
  await openByHand('one')
  await openByHand('two')
  const orchestrator = await claim('1', 'shop-orchestrator')
  expect(orchestrator.code).toBe(3)
  expect(orchestrator.stderr).toContain('never has a pull request of its own')
  const missing = await claim('9', 'shop-login')
  expect(missing.stderr).toContain('there is no pull request #9 in shop')
  await stage.ao(['pr', 'merge', '1'])
  const merged = await claim('1', 'shop-login')
  expect(merged).toMatchObject({ code: 3 })
  expect(merged.stderr).toContain('is merged as')
  await stage.ao(['pr', 'close', '2'])
  expect(await claim('#2', 'shop-login')).toMatchObject({ code: 3 })
  expect((await claim('1')).code).toBe(2)
  expect((await claim('1', 'nobody')).stderr).toContain('there is no Worker/nobody')
  expect((await claim('1', '--release')).stderr).toContain('was claimed for nobody')
  expect((await describe_('shop-login')).metadata.overrides).toBeUndefined()
})

test('a worker declared again has the open pull request of the branch it goes on with', async () => {
  await openBy('shop-docs')
  expect(await stage.ao(['delete', 'shop-docs', '--force'])).toMatchObject({ code: 0 })
  expect(await stage.ao(['apply', '--yes'])).toMatchObject({ code: 0 })
  expect((await describe_('shop-docs')).status.pullRequest).toMatchObject({
    number: 1,
    state: 'open',
  })
  expect(await stage.ao(['pr', 'merge', '1'])).toMatchObject({ code: 0 })
  expect(await stage.ao(['reconcile', '--once'])).toMatchObject({ code: 0 })
  expect((await describe_('shop-docs')).status.pullRequest).toMatchObject({
    number: 1,
    state: 'merged',
  })
})

test('what is said of a claimed pull request of a forge reaches the worker, and its merge ends it', async () => {
  const shop = await createForgeShop()
  try {
    await shop.hub.commit('fix/login', { 'login.txt': 'in\n' })
    const pull = await shop.hub.openPull({ head: 'fix/login', title: 'Login', author: 'ann' })
    expect(await shop.ao(['reconcile', '--once'])).toMatchObject({ code: 0 })
    expect(await shop.ao(['pr', 'claim', '1', 'shop-one'])).toMatchObject({ code: 0 })
    await pull.check({ name: 'build', state: 'failure' })
    await shop.ao(['reconcile', '--once'])
    const { stdout } = await shop.ao(['events', '--for', 'shop-one'])
    expect(stdout).toContain('Pull request #1 was claimed for it')
    expect(stdout).toMatch(/CIFailureSent/)
    await pull.merge()
    expect(await shop.ao(['cleanup'])).toMatchObject({ code: 0 })
    const { items } = JSON.parse((await shop.ao(['get', 'workers', '-o', 'json'])).stdout) as {
      items: readonly Session[]
    }
    expect(items[0]?.status.conditions.find(({ type }) => type === 'Ready')?.reason).toBe('Done')
  } finally {
    await shop.close()
  }
})
