import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { createAoStage } from './support/ao.ts'
import type { AoStage } from './support/ao.ts'
import { eventually } from './support/eventually.ts'
import { brokenConditions } from './support/world.ts'

let stage: AoStage

beforeEach(() => {
  stage = createAoStage()
})

afterEach(async () => {
  try {
    expect(brokenConditions(stage)).toEqual([])
  } finally {
    await stage.close()
  }
})

interface Report {
  readonly cleaned: readonly { readonly key: string; readonly preserved: readonly string[] }[]
  readonly skipped: readonly {
    readonly key: string
    readonly code: string
    readonly reason: string
  }[]
  readonly errors: readonly { readonly key: string; readonly message: string }[]
}

const project = (more = ''): string => `apiVersion: ao.dev/v1alpha1
kind: Project
metadata: { name: shop }
spec:
  scm: { plugin: local }
${more}`

/** Opens a pull request, then does what its steps say; `sleep` is work. */
const worker = (name: string, ...steps: readonly string[]): string => `---
apiVersion: ao.dev/v1alpha1
kind: Worker
metadata: { name: ${name} }
spec:
  project: shop
  prompt: Do it.
  runtime: process
  agent:
    plugin: script
    steps:
      - edit: { file: ${name}.txt, content: done }
      - commit: Done by ${name}
      - open-pr: { title: Work of ${name} }
${steps.map(step => `      - ${step}\n`).join('')}`

const ORCHESTRATOR = `---
apiVersion: ao.dev/v1alpha1
kind: Orchestrator
metadata: { name: shop-orchestrator }
spec:
  project: shop
  runtime: process
  agent: { plugin: custom, command: [cat] }
`

const workspace = (name: string): string => join(stage.home, 'worktrees', 'shop', name)

async function declare(...documents: readonly string[]): Promise<void> {
  stage.write('.ao/shop.yaml', documents.join(''))
  const { code, stderr } = await stage.ao(['apply', '--yes'])
  expect([code, stderr]).toMatchObject([0, expect.anything()])
}

async function pulls(): Promise<readonly { readonly number: number; readonly session: string }[]> {
  const list = await stage.json<{ items: { number: number; session: string }[] }>(['pr', 'list'])
  return list.items
}

async function merge(name: string): Promise<void> {
  let number = 0
  await eventually(`${name} has opened its pull request`, async () => {
    number = (await pulls()).find(({ session }) => session === name)?.number ?? 0
    return number > 0
  })
  expect(await stage.ao(['pr', 'merge', String(number)])).toMatchObject({ code: 0 })
}

async function message(name: string): Promise<string> {
  const { status } = await stage.json<{
    status: { conditions: readonly { type: string; message: string }[] }
  }>(['describe', `worker/${name}`])
  return status.conditions.find(({ type }) => type === 'Ready')?.message ?? ''
}

const RESTS = 'wait-for-message:'
/** Works until the file is there. */
const works = (file: string): string => `run: [sh, -c, 'until [ -e ${file} ]; do sleep 0.05; done']`

const only = (report: Report, key: string): Report['skipped'][number] | undefined =>
  report.skipped.find(line => line.key === key)

test('what is over is cleaned up on request, and its work preserved; a dry run only says so', async () => {
  await declare(project(), ORCHESTRATOR, worker('shop-one', RESTS), worker('shop-two', RESTS))
  await merge('shop-one')
  stage.write('late.txt', 'not committed\n', workspace('shop-one'))
  await eventually('the agent rests', async () => {
    const { status } = await stage.json<{ status: { agent: { activity: string } } }>([
      'describe',
      'worker/shop-one',
    ])
    await stage.ao(['apply', '--yes'])
    return status.agent.activity === 'idle'
  })

  const dry = await stage.ao(['cleanup', '--dry-run'])
  expect(dry.code).toBe(0)
  expect(dry.stdout).toContain('would clean  Worker/shop-one  merged; cleaning up')
  expect(dry.stdout).toMatch(
    /keeps 1 uncommitted or untracked file, in refs\/ao\/preserved\/shop-one/,
  )
  expect(dry.stdout).toContain('skipped  Orchestrator/shop-orchestrator  orchestrators are never')
  expect(dry.stderr).toContain('1 session is not over')
  expect(existsSync(workspace('shop-one'))).toBe(true)

  const report = await stage.json<Report>(['cleanup'])
  expect(report).toMatchObject({ kind: 'Cleanup', dryRun: false, errors: [] })
  expect(report.cleaned.map(({ key }) => key)).toEqual(['Worker/shop-one'])
  const [ref = ''] = report.cleaned[0]?.preserved ?? []
  expect(stage.run(['show', `${ref}:late.txt`])).toBe('not committed')
  expect(only(report, 'Worker/shop-two')?.code).toBe('NotOver')
  expect(existsSync(workspace('shop-one'))).toBe(false)
  expect(existsSync(workspace('shop-two'))).toBe(true)
  expect(stage.run(['for-each-ref', 'refs/heads/ao/shop-one'])).toBe('')
  expect(await message('shop-one')).toMatch(/^merged #\d as/)

  const again = await stage.ao(['cleanup', 'shop-one', 'shop-two'])
  expect(again).toMatchObject({ code: 0, stdout: 'skipped  Worker/shop-two  it is not over\n' })
  expect(again.stderr).toContain('nothing to clean up')
})

test('an agent that still works keeps its session, and is cleaned up when it rests', async () => {
  const file = join(stage.root, 'enough')
  await declare(project(), worker('shop-one', works(file), RESTS))
  await merge('shop-one')
  await stage.ao(['apply', '--yes'])
  const first = await stage.json<Report>(['cleanup'])
  expect(first.cleaned).toEqual([])
  expect(only(first, 'Worker/shop-one')).toMatchObject({ code: 'Grace' })
  expect(await message('shop-one')).toMatch(
    /^merged #1 as \w+; its agent still works; cleaned up as soon as it rests, or at 20/,
  )
  const watcher = stage.start(['reconcile', '--watch'])
  await eventually('the watcher looks', () => watcher.stderr().includes('Watching'))
  expect(only(await stage.json<Report>(['cleanup']), 'Worker/shop-one')?.code).toBe('Grace')
  expect(existsSync(workspace('shop-one'))).toBe(true)

  writeFileSync(file, '')
  await eventually('it is cleaned up', () => !existsSync(workspace('shop-one')))
  watcher.signal('SIGTERM')
  await watcher.exit
})

test('the grace ends by the clock, also for who waits until all is done', async () => {
  const never = join(stage.root, 'never')
  await declare(graced('2s'), worker('shop-one', works(never)))
  await merge('shop-one')
  const ended = await stage.ao(['reconcile', '--until', 'done', '--timeout', '40s'])
  expect(ended.code).toBe(0)
  expect(existsSync(workspace('shop-one'))).toBe(false)
})

test('work that can not be preserved blocks, what can not be looked at is left, and both are told', async () => {
  await declare(project(), worker('shop-one', RESTS))
  await merge('shop-one')
  const nested = join(workspace('shop-one'), 'inner')
  stage.run(['init', '-q', nested], workspace('shop-one'))
  stage.commit('mine.txt', 'mine\n', nested)
  const blocked = await stage.ao(['cleanup', 'shop-one'])
  expect(blocked.stdout).toContain('skipped  Worker/shop-one')
  expect(blocked.stdout).toContain("(inner) can't be saved")
  expect(blocked.stdout).toContain('next: move inner away')
  expect(existsSync(nested)).toBe(true)

  stage.run(['worktree', 'list'])
  const head = join(stage.path, '.git', 'HEAD')
  writeFileSync(head, 'nonsense\n')
  const blind = await stage.json<Report>(['cleanup', '--dry-run'])
  expect(only(blind, 'Worker/shop-one')).toMatchObject({ code: 'Unknown' })
  writeFileSync(head, 'ref: refs/heads/main\n')
})

test('a pull request that was closed unmerged is a question for a person, where that is the policy', async () => {
  await declare(project('  defaults: { onPullRequestClosed: keep }\n'), worker('shop-one', RESTS))
  await eventually('it is open', async () => (await pulls()).length === 1)
  await stage.ao(['pr', 'close', '1'])
  const report = await stage.json<Report>(['cleanup'])
  expect(only(report, 'Worker/shop-one')).toMatchObject({ code: 'Closed' })
  expect((await stage.ao(['cleanup', 'shop-nobody'])).stderr).toContain('there is no Worker')
  expect((await stage.ao(['cleanup', 'project/shop'])).code).toBe(2)
})

const graced = (grace: string): string => project(`  cleanup: { grace: ${grace} }\n`)

/** With a commit of its own, and a pull request of it. */
async function opened(name: string, grace: string): Promise<string> {
  await declare(graced(grace), silent(name))
  const head = stage.commit('work.txt', 'work\n', workspace(name))
  const inside = { cwd: workspace(name), env: { AO_SESSION_ID: name, AO_PROJECT_ID: 'shop' } }
  expect(await stage.ao(['pr', 'create', '--title', 'Work'], inside)).toMatchObject({ code: 0 })
  return head
}

async function closed(name: string, grace: string): Promise<string> {
  const head = await opened(name, grace)
  expect(await stage.ao(['pr', 'close', '1'])).toMatchObject({ code: 0 })
  return head
}

/** Its agent says nothing of what it does. */
const silent = (name: string): string => `---
apiVersion: ao.dev/v1alpha1
kind: Worker
metadata: { name: ${name} }
spec: { project: shop, prompt: Do it., runtime: process, agent: { plugin: custom, command: [cat] } }
`

interface Standing {
  readonly status: { readonly attempt: number; readonly display: string }
}

const standing = async (name: string): Promise<Standing> =>
  stage.json<Standing>(['get', `worker/${name}`])

test('an agent of which nobody knows whether it rests keeps its session for the grace', async () => {
  await opened('shop-one', '5m')
  await merge('shop-one')
  await stage.ao(['reconcile', '--once'])
  expect(await message('shop-one')).toMatch(
    /^merged #1 as \w+; nobody knows whether its agent rests; cleaned up as soon as it rests, or at 20/,
  )
  expect(only(await stage.json<Report>(['cleanup']), 'Worker/shop-one')?.code).toBe('Grace')
  expect(existsSync(workspace('shop-one'))).toBe(true)

  await declare(graced('0s'), silent('shop-one'))
  expect((await stage.json<Report>(['cleanup'])).cleaned).toMatchObject([
    { key: 'Worker/shop-one' },
  ])
  expect(existsSync(workspace('shop-one'))).toBe(false)
})

test('without a forge, the branch of what was closed stays, and another pull request of it goes on', async () => {
  const head = await closed('shop-one', '5m')
  expect(only(await stage.json<Report>(['cleanup']), 'Worker/shop-one')).toMatchObject({
    code: 'Grace',
    reason: expect.stringMatching(/^pull request #1 was closed unmerged; cleaned up at 20/),
  })
  await stage.ao(['reconcile', '--once'])
  expect(existsSync(workspace('shop-one'))).toBe(true)
  stage.write('.ao/shop.yaml', `${graced('0s')}${silent('shop-one')}`)
  await stage.ao(['apply', '--yes'])
  expect((await stage.ao(['cleanup', '--dry-run'])).stdout).toContain('closed; cleaning up')
  const { cleaned, errors } = await stage.json<Report>(['cleanup'])
  expect([cleaned.map(({ key }) => key), errors]).toEqual([['Worker/shop-one'], []])
  expect(existsSync(workspace('shop-one'))).toBe(false)
  expect(stage.run(['rev-parse', 'ao/shop-one'])).toBe(head)
  expect(await standing('shop-one')).toMatchObject({ status: { display: 'Closed' } })

  const again = ['pr', 'create', '--head', 'ao/shop-one', '--title', 'Again', '--project', 'shop']
  expect(await stage.ao(again)).toMatchObject({ code: 0 })
  expect(await stage.ao(['reconcile', '--once'])).toMatchObject({ code: 0 })
  expect(await standing('shop-one')).toMatchObject({ status: { attempt: 2 } })
  expect(stage.run(['rev-parse', 'HEAD'], workspace('shop-one'))).toBe(head)
  await stage.ao(['pr', 'merge', '2'])
  expect(await stage.ao(['reconcile', '--until', 'done', '--timeout', '40s'])).toMatchObject({
    code: 0,
  })
  expect(existsSync(workspace('shop-one'))).toBe(false)
})

test('what was closed and is deleted may be declared again, and begins anew on what it left', async () => {
  const head = await closed('shop-one', '0s')
  expect(await stage.ao(['reconcile', '--until', 'done', '--timeout', '40s'])).toMatchObject({
    code: 6,
  })
  expect(await standing('shop-one')).toMatchObject({ status: { display: 'Closed' } })
  expect(await stage.ao(['delete', 'worker/shop-one', '--force'])).toMatchObject({ code: 0 })
  expect(await stage.ao(['apply', '--yes'])).toMatchObject({ code: 0 })
  expect(await standing('shop-one')).toMatchObject({ status: { attempt: 1 } })
  expect(stage.run(['rev-parse', 'HEAD'], workspace('shop-one'))).toBe(head)
})
