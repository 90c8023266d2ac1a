import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { createAoStage } from './support/ao.ts'
import type { AoStage } from './support/ao.ts'

let stage: AoStage
let workspace: string

/** What the session's own shell would have. */
const INSIDE = { AO_SESSION_ID: 'shop-login', AO_UID: 'uid', AO_PROJECT_ID: 'shop' }

const MANIFEST = `apiVersion: ao.dev/v1alpha1
kind: Project
metadata: { name: shop }
spec:
  scm: { plugin: local, approvals: 1, checks: [{ name: test, command: test -f login.txt }] }
---
apiVersion: ao.dev/v1alpha1
kind: Worker
metadata: { name: shop-login }
spec:
  project: shop
  prompt: Do it.
  runtime: process
  agent: { plugin: custom, command: [cat] }
`

interface Item {
  readonly number: number
  readonly state: string
  readonly head: { readonly branch: string; readonly sha: string }
  readonly reviews: readonly { readonly verdict: string; readonly author: string }[]
}

beforeEach(async () => {
  stage = createAoStage()
  stage.write('.ao/shop.yaml', MANIFEST)
  expect(await stage.ao(['apply', '--yes'])).toMatchObject({ code: 0 })
  workspace = join(realpathSync(stage.home), 'worktrees', 'shop', 'shop-login')
  stage.commit('login.txt', 'let them in\n', workspace)
})

afterEach(async () => {
  await stage.close()
})

async function open(): Promise<void> {
  const opened = await stage.ao(['pr', 'create', '--title', 'Let customers log in'], {
    cwd: workspace,
    env: INSIDE,
  })
  expect(opened).toMatchObject({ code: 0, stdout: '#1 ao://shop/pulls/1\n' })
}

test('a session opens a pull request of the branch it stands on, and once only', async () => {
  await open()
  await open()
  const { items, ...list } = await stage.json<{ items: Item[] }>(['pr', 'list'])
  expect(list).toEqual({ apiVersion: 'ao.dev/v1alpha1', kind: 'List' })
  expect(items).toMatchObject([
    {
      number: 1,
      title: 'Let customers log in',
      state: 'open',
      draft: false,
      head: { branch: 'ao/shop-login', sha: stage.run(['rev-parse', 'HEAD'], workspace) },
      base: { branch: 'main' },
      author: 'shop-login',
      session: 'shop-login',
      checks: [{ name: 'test', state: 'pending' }],
      approvals: { have: 0, need: 1 },
      reviewDecision: 'none',
      mergeable: 'clean',
    },
  ])
  expect(existsSync(join(stage.home, 'spool', '.wake'))).toBe(true)
  expect((await stage.ao(['pr', 'list', '-o', 'name'])).stdout).toBe('1\n')
})

test('without a title the last commit speaks', async () => {
  await stage.ao(['pr', 'create'], { cwd: workspace, env: INSIDE })
  const item = await stage.json<{ title: string; author: string }>(['pr', 'view', '1'])
  expect(item.title).toBe('Write login.txt')
})

test('longer words are typed or stand in a file, wherever a pull request gets some', async () => {
  stage.write('words.md', 'Two\nlines.\n')
  const file = ['--body-file', join(stage.path, 'words.md')]
  const opened = ['pr', 'create', '--title', 'Let customers log in', ...file]
  expect(await stage.ao(opened, { cwd: workspace, env: INSIDE })).toMatchObject({ code: 0 })
  const body = async (): Promise<string> =>
    (await stage.json<{ body: string }>(['pr', 'view', '1'])).body
  expect(await body()).toBe('Two\nlines.\n')
  expect(await stage.ao(['pr', 'edit', '1', '--body', 'One line.'])).toMatchObject({
    code: 0,
    stdout: '#1 has another body\n',
  })
  expect(await body()).toBe('One line.')
  expect(await stage.ao(['pr', 'review', '1', '--comment', ...file])).toMatchObject({ code: 0 })
  expect((await stage.ao(['pr', 'view', '1'])).stdout).toContain('    Two\n    lines.\n')
  const both = await stage.ao(['pr', 'edit', '1', '--body', 'Other.', ...file])
  expect(both).toMatchObject({ code: 2, stdout: '' })
  expect(both.stderr).toContain('next:  ao pr edit --help')
  const none = await stage.ao(['pr', 'review', '1', '--comment', '--body-file', 'nowhere.md'])
  expect(none.stderr).toContain(
    'error: nowhere.md cannot be read: ENOENT\nnext:  ao pr review --help\n',
  )
})

test('a session cannot approve its own pull request, whatever it says it is', async () => {
  await open()
  const asItself = await stage.ao(['pr', 'review', '1', '--approve'], {
    cwd: stage.path,
    env: INSIDE,
  })
  expect(asItself.code).toBe(3)
  const disguised = await stage.ao(['pr', 'review', '1', '--approve'], { cwd: workspace })
  expect(disguised.code).toBe(3)
  const renamed = { ...INSIDE, AO_SESSION_ID: 'shop-orchestrator' }
  expect(
    await stage.ao(['pr', 'review', '1', '--approve'], { cwd: workspace, env: renamed }),
  ).toMatchObject({ code: 3 })
  expect((await stage.json<Item>(['pr', 'view', '1'])).reviews).toEqual([])
})

test('a session merges only what is approved and green; a person is told what is missing', async () => {
  await open()
  const refused = await stage.ao(['pr', 'merge', '1'], { cwd: workspace, env: INSIDE })
  expect(refused.code).toBe(3)
  expect(refused.stderr).toContain('it has 0 of 1 approvals, check test is pending')
  const sent = await stage.ao(['pr', 'review', '1', '--request-changes', '--body', 'Add a test.'])
  expect(sent).toMatchObject({ code: 0, stdout: '#1 sent back\n' })
  expect(await stage.ao(['pr', 'review', '1', '--approve'])).toMatchObject({
    code: 0,
    stdout: '#1 approved\n',
  })
  const view = await stage.ao(['pr', 'view', '1'])
  expect(view.stdout).toContain('Add a test.')
  expect(view.stdout).toMatch(/login\.txt +\| 1 \+/)
  const merged = await stage.ao(['pr', 'merge', '1'])
  expect(merged.stdout).toMatch(/^#1 merged as [0-9a-f]{12}\n$/)
  expect(merged.stderr).toContain('merging although check test is pending')
  stage.run(['fetch', '-q', 'origin'])
  expect(stage.run(['show', 'origin/main:login.txt'])).toBe('let them in')
  expect(await stage.ao(['pr', 'list'])).toMatchObject({
    stdout: '',
    stderr: 'no open pull requests\n',
  })
  expect((await stage.ao(['pr', 'list', '--state', 'merged'])).stdout).toContain('#1')
})

test('a closed pull request is left alone, and one that never was is not found', async () => {
  await open()
  expect(await stage.ao(['pr', 'close', '1'])).toMatchObject({ code: 0, stdout: '#1 closed\n' })
  expect(await stage.ao(['pr', 'merge', '1'])).toMatchObject({ code: 3 })
  expect(await stage.ao(['pr', 'view', '7'])).toMatchObject({ code: 2 })
  expect(await stage.ao(['pr', 'view', 'x'])).toMatchObject({ code: 2 })
  expect(await stage.ao(['pr', 'review', '1'])).toMatchObject({ code: 2 })
  expect(await stage.ao(['pr', 'list', '--project', 'shp'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('did you mean "shop"?'),
  })
})
