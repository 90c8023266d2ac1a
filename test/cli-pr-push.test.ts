import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { createAoStage } from './support/ao.ts'
import { createForgeShop } from './support/forge-shop.ts'
import type { ForgeShop } from './support/forge-shop.ts'

const BRANCH = 'ao/shop-one'

describe('to a forge', () => {
  let shop: ForgeShop

  beforeEach(async () => {
    shop = await createForgeShop()
    shop.stage.commit('one.txt', 'one\n', shop.workspace)
  })
  afterEach(async () => {
    shop.forge.faults.clear()
    await shop.close()
  })

  const tip = async (): Promise<string | undefined> => shop.hub.tip(BRANCH)
  const here = async (): Promise<string> => shop.git(['rev-parse', 'HEAD'], shop.workspace)
  const open = async (): Promise<void> => {
    const opened = await shop.inside(['pr', 'create', '--title', '[codex] Add one'])
    expect(opened).toMatchObject({ code: 0 })
  }
  const amend = async (): Promise<void> => {
    await shop.git(['commit', '-q', '--amend', '-m', 'Another one'], shop.workspace)
  }

  test('opening pushes what is committed and leaves the rest; pushing moves its head (P10, P11, P21, P22)', async () => {
    shop.stage.write('half.txt', 'half\n', shop.workspace)
    const opened = await shop.inside(['pr', 'create', '--title', '[codex] Add one'])
    expect(opened).toMatchObject({ code: 0 })
    expect(opened.stderr).toContain('1 file is not committed')
    expect(opened.stderr).toContain('  half.txt')
    expect(await tip()).toBe(await here())
    const shown = await shop.ao(['pr', 'view', '1', '-o', 'json'])
    expect(JSON.parse(shown.stdout)).toMatchObject({ title: 'Add one', session: 'shop-one' })

    shop.stage.commit('two.txt', 'two\n', shop.workspace)
    const pushed = await shop.inside(['pr', 'push'])
    const head = await here()
    expect(pushed).toMatchObject({
      code: 0,
      stdout: `${BRANCH} pushed at ${head.slice(0, 12)} (#1)\n`,
    })
    expect(await tip()).toBe(head)
    expect(await shop.git(['status', '--porcelain'], shop.workspace)).toContain('half.txt')
  })

  test('a merged one gets nothing more, although we still think it open (P1, P2)', async () => {
    await open()
    const head = await tip()
    await shop.hub.pull(1).merge()
    shop.stage.commit('late.txt', 'late\n', shop.workspace)
    for (const command of [
      ['pr', 'push'],
      ['pr', 'create'],
    ]) {
      const late = await shop.inside(command)
      expect(late.code).toBe(3)
      expect(late.stderr).toContain(`pull request #1 of ${BRANCH} is merged`)
      expect(late.stderr).toContain('next:')
    }
    expect(await tip()).toBe(head)
  })

  test('a closed one asks a person, once (P3, D18)', async () => {
    await open()
    const head = await tip()
    expect(await shop.ao(['reconcile', '--once'])).toMatchObject({ code: 0 })
    shop.hub.pull(1).close()
    shop.stage.commit('late.txt', 'late\n', shop.workspace)
    for (const _time of [1, 2]) {
      const late = await shop.inside(['pr', 'push'])
      expect(late.code).toBe(3)
      expect(late.stderr).toContain('is closed, and a person has to say whether it goes on')
      await shop.ao(['reconcile', '--once'])
    }
    const { stdout } = await shop.ao(['events', '--for', 'shop-one', '-o', 'jsonl'])
    const told = stdout.split('\n').filter(line => line.includes('"pr-closed#1"'))
    expect(told.filter(line => line.includes('"Notified"'))).toHaveLength(1)
    expect(await tip()).toBe(head)
    shop.hub.pull(1).reopen()
    expect(await shop.inside(['pr', 'push'])).toMatchObject({ code: 0 })
    expect(await tip()).toBe(await here())
  })

  test('a forge that can not be asked denies (D11)', async () => {
    await open()
    const head = await tip()
    shop.stage.commit('two.txt', 'two\n', shop.workspace)
    shop.forge.faults.set('refused-token')
    const denied = await shop.inside(['pr', 'push'])
    expect(denied.code).not.toBe(0)
    expect(await tip()).toBe(head)
  })

  test('what was pushed is replaced only with a lease and a reason, which is recorded first (P4, P5)', async () => {
    await open()
    const before = await tip()
    await amend()
    const plain = await shop.inside(['pr', 'push'])
    expect(plain.code).toBe(3)
    expect(await tip()).toBe(before)
    const silent = await shop.inside(['pr', 'push', '--force-with-lease'])
    expect(silent.code).toBe(2)
    expect(silent.stderr).toContain('needs a reason')
    expect(await shop.inside(['pr', 'push', '--reason', 'x'])).toMatchObject({ code: 2 })
    expect(await tip()).toBe(before)

    const why = 'Rebased on main'
    const forced = await shop.inside(['pr', 'push', '--force-with-lease', '--reason', why])
    expect(forced).toMatchObject({ code: 0 })
    expect(forced.stdout).toContain(`over ${before?.slice(0, 12)}`)
    expect(await tip()).toBe(await here())
    const { stdout } = await shop.ao(['events', '--for', 'shop-one'])
    expect(stdout).toMatch(/ForcedPush .*shop-one pushes ao\/shop-one over .*: Rebased on main/)
    expect((await shop.ao(['describe', 'shop-one'])).stdout).toMatch(
      /Forced push +ao\/shop-one from \w{7} to \w{7} by shop-one: Rebased on main/,
    )
  })

  test('commits of somebody else that nobody here saw are not replaced', async () => {
    await open()
    const theirs = await shop.hub.commit(BRANCH, { 'theirs.txt': 'theirs\n' })
    await amend()
    const forced = await shop.inside(['pr', 'push', '--force-with-lease', '--reason', 'Mine'])
    expect(forced.code).toBe(3)
    expect(await tip()).toBe(theirs)
    // A fetch shows them to git, and to nobody else (git's --force-if-includes).
    await shop.git(['fetch', '-q', 'origin'], shop.workspace)
    const again = await shop.inside(['pr', 'push', '--force-with-lease', '--reason', 'Mine'])
    expect(again.code).toBe(3)
    expect(again.stderr).toContain(`${theirs.slice(0, 7)} `)
    expect(again.stderr).toContain(`would go, and was never in ${BRANCH} here`)
    expect(await tip()).toBe(theirs)
    await shop.git(['merge', '-q', '--no-edit', theirs], shop.workspace)
    expect(await shop.inside(['pr', 'push'])).toMatchObject({ code: 0 })
    expect(await tip()).toBe(await here())
  })

  test('nothing is pushed from elsewhere, and nothing without commits (P6, P10, P20)', async () => {
    const outside = await shop.inside(['pr', 'push'], { cwd: shop.stage.root })
    expect(outside.code).toBe(3)
    expect(outside.stderr).toContain('is no checkout of shop')
    const main = await shop.inside(['pr', 'push'], { cwd: shop.stage.path })
    expect(main.code).toBe(3)
    expect(main.stderr).toContain('shop-one pushes from its own workspace')
    const person = await shop.ao(['pr', 'push'])
    expect(person.stderr).toContain('main is what pull requests of shop go into')

    await shop.git(['reset', '-q', '--mixed', 'HEAD~1'], shop.workspace)
    const empty = await shop.inside(['pr', 'push'])
    expect(empty.code).toBe(3)
    expect(empty.stderr).toContain('has no commits that main lacks')
    expect(empty.stderr).toContain('one.txt is not committed')
    expect(await tip()).toBeUndefined()
  })
})

test('without a forge nothing has to be pushed, and a merged one is refused all the same', async () => {
  const stage = createAoStage()
  try {
    stage.write(
      '.ao/shop.yaml',
      `apiVersion: ao.dev/v1alpha1
kind: Project
metadata: { name: shop }
spec: { scm: local }
---
apiVersion: ao.dev/v1alpha1
kind: Worker
metadata: { name: shop-one }
spec:
  project: shop
  prompt: Do it.
  runtime: process
  agent: { plugin: custom, command: [cat] }
`,
    )
    expect(await stage.ao(['apply', '--yes'])).toMatchObject({ code: 0 })
    const cwd = join(stage.home, 'worktrees', 'shop', 'shop-one')
    stage.commit('one.txt', 'one\n', cwd)
    const env = { AO_SESSION_ID: 'shop-one', AO_PROJECT_ID: 'shop' }
    await stage.ao(['pr', 'create'], { cwd, env })
    const pushed = await stage.ao(['pr', 'push'], { cwd, env })
    expect(pushed).toMatchObject({ code: 0 })
    expect(pushed.stdout).toContain('nothing has to be pushed')
    expect(await stage.ao(['pr', 'merge', '1'])).toMatchObject({ code: 0 })
    stage.commit('late.txt', 'late\n', cwd)
    expect((await stage.ao(['pr', 'push'], { cwd, env })).stderr).toContain(
      '#1 of ao/shop-one is merged',
    )
  } finally {
    await stage.close()
  }
})
