import { realpathSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { createAoStage, type AoStage } from './support/ao.ts'
import { startGitLab, type GitLab } from './support/gitlab/gitlab.ts'
import { accept } from './support/gitlab/merging.ts'
import { addPipeline } from './support/gitlab/pipelines.ts'
import type { Project } from './support/gitlab/state.ts'

let stage: AoStage
let lab: GitLab
let shop: Project
let workspace: string
let inside: { readonly cwd: string; readonly env: Readonly<Record<string, string>> }

beforeEach(async () => {
  stage = createAoStage()
  lab = await startGitLab()
  const owner = lab.addUser('octo')
  lab.addToken('glpat-octo', owner)
  shop = await lab.addProject('octo/shop', { from: stage.origin, members: [[owner, 40]] })
  stage.run(['remote', 'set-url', 'origin', `${lab.git.url}/octo/shop.git`])
  const manifest = `apiVersion: ao.dev/v1alpha1
kind: Project
metadata: { name: shop }
spec:
  scm: { plugin: gitlab, host: '${lab.url}', token: { valueFrom: { env: LAB } }, merge: merge }
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
  stage.write('.ao/shop.yaml', manifest)
  const env = {
    LAB: 'glpat-octo',
    AO_SESSION_ID: 'shop-login',
    AO_UID: 'uid',
    AO_PROJECT_ID: 'shop',
  }
  workspace = join(realpathSync(stage.home), 'worktrees', 'shop', 'shop-login')
  inside = { cwd: workspace, env }
  const applied = await stage.ao(['apply', '--yes'], { env: { LAB: 'glpat-octo' } })
  expect(applied).toMatchObject({ code: 0 })
})
afterEach(async () => {
  try {
    await stage.close()
  } finally {
    await lab.close()
  }
})

test('a session pushes to GitLab and opens a merge request, and a person sees, approves and merges it', async () => {
  const head = stage.commit('login.txt', 'let them in\n', workspace)
  expect(await stage.ao(['pr', 'push'], inside)).toMatchObject({ code: 0 })
  const opened = await stage.ao(['pr', 'create', '--title', 'Let customers log in'], inside)
  expect(opened).toMatchObject({ code: 0, stdout: expect.stringContaining('/-/merge_requests/1') })
  addPipeline(lab.world, shop, {
    sha: head,
    jobs: [{ name: 'unit', status: 'failed', trace: 'expected 1, got 2\n' }],
  })
  const person = { env: { LAB: 'glpat-octo' } }
  const seen = await stage.json<{
    readonly session: string
    readonly head: { readonly sha: string }
    readonly checks: readonly object[]
  }>(['pr', 'view', '1', '-o', 'json'], person)
  expect(seen).toMatchObject({
    session: 'shop-login',
    head: { sha: head },
    checks: [{ name: 'unit', state: 'failure', logTail: 'expected 1, got 2' }],
  })
  const listed = await stage.ao(['pr', 'list'], person)
  expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining('Let customers log in') })
  const approved = await stage.ao(['pr', 'review', '1', '--approve'], person)
  expect(approved).toMatchObject({ code: 0 })
  const merged = await stage.ao(['pr', 'merge', '1'], person)
  expect(merged).toMatchObject({ code: 0 })
  const tip = shop.git.refs().get('refs/heads/main') ?? ''
  expect((await shop.git.commit(tip))?.parents).toContain(head)
  expect((await stage.ao(['pr', 'merge', '1'], person)).code).toBe(0)
  const refused = await stage.ao(['pr', 'push'], inside)
  expect(refused.code).not.toBe(0)
  expect(refused.stderr).toContain('merged')
})

test('the branch of what was merged on GitLab goes by the next look, once', async () => {
  const person = { env: { LAB: 'glpat-octo' } }
  const look = async (): Promise<void> => {
    expect(await stage.ao(['reconcile', '--once'], person)).toMatchObject({ code: 0 })
  }
  const head = stage.commit('login.txt', 'let them in\n', workspace)
  expect(await stage.ao(['pr', 'push'], inside)).toMatchObject({ code: 0 })
  expect(await stage.ao(['pr', 'create', '--title', 'Log in'], inside)).toMatchObject({ code: 0 })
  const [merge] = lab.world.merges
  if (merge === undefined) throw new Error('nothing was opened')
  const tip = async (): Promise<string | undefined> =>
    shop.git.refs().get(`refs/heads/${merge.sourceBranch}`)
  await look()
  // By somebody who leaves the branch.
  expect(await accept(lab.world, merge, {})).toBeUndefined()
  expect(await tip()).toBe(head)
  await look()
  expect(await tip()).toBeUndefined()
  await look()
  expect(lab.requests.filter(({ method }) => method === 'DELETE')).toHaveLength(1)
  const { stdout } = await stage.ao(['events', '-o', 'jsonl'])
  expect(stdout.match(/"BranchDeleted"/g)).toHaveLength(1)
})

test('a merge request gets other words, stays a draft, and keeps whose it is (P7, P8, P16)', async () => {
  const head = stage.commit('login.txt', 'let them in\n', workspace)
  const created = ['pr', 'create', '--draft', '--title', 'Login', '--body', 'Because.']
  expect(await stage.ao(created, inside)).toMatchObject({ code: 0 })
  const person = { env: { LAB: 'glpat-octo' }, cwd: stage.root }
  const edit = ['pr', 'edit', 'shop-login', '--title', 'Let customers in', '--body-file', '-']
  const edited = await stage.ao(edit, { ...person, input: 'As *they* asked.\n' })
  expect(edited).toMatchObject({ code: 0, stdout: '#1 has another title and body\n' })
  expect(await stage.json(['pr', 'view', '1'], person)).toMatchObject({
    title: 'Let customers in',
    body: 'As *they* asked.',
    draft: true,
    session: 'shop-login',
    head: { sha: head },
  })
  const again = await stage.ao(edit, { ...person, input: 'As *they* asked.\n' })
  expect(again).toMatchObject({ code: 0, stdout: '#1 is so already\n' })
  expect(await stage.ao(['pr', 'close', '1'], person)).toMatchObject({ code: 0 })
  expect(await stage.ao(edit, { ...person, input: 'Late.\n' })).toMatchObject({ code: 3 })
})

test('without a token ao says which setting it lacks, and loses nothing', async () => {
  const bare = await stage.ao(['pr', 'list'], { env: { LAB: '' } })
  expect(bare.code).not.toBe(0)
  expect(bare.stderr).toMatch(/spec\.scm\.token|LAB/)
})
