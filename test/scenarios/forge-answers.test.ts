import { afterAll, beforeAll, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import type { ForgeStage } from '../support/forge-stage.ts'
import { createForgeStage } from '../support/forge-stage.ts'

/** Believes that it is done whenever it is told that it is not. */
const HASTY = `{ plugin: script, steps: [{ serve: { 'on': [{ matching: 'CI failed', steps: [{ report: done }] }] } }] }`
const LEAD = 'shop-orchestrator'

let stage: ForgeStage

beforeAll(async () => {
  stage = await createForgeStage()
  const hasty = 'reactions: { ci-failed: { retries: 3, escalateAfter: 2s } }'
  const manifests = [
    stage.project,
    stage.worker(LEAD).replace('kind: Worker', 'kind: Orchestrator'),
    stage.worker('shop-red'),
    stage.worker('shop-calm'),
    stage.worker('shop-hasty', hasty, HASTY),
  ]
  const { code, stdout, stderr } = await stage.declare(manifests.join(''))
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

test('what is said of one reaches its own agent, where it works, once, and leaves others alone (F1, F11, F12)', async () => {
  const red = await stage.open('shop-red')
  const calm = await stage.open('shop-calm')
  await calm.check({ name: 'test', state: 'running' })
  await red.check({ name: 'test', state: 'failure', log: 'first' })
  await stage.hears('shop-red', 1, 'CI failed on pull request #1')
  // While it is at it, more of another kind is told to the very same agent.
  const comments = [{ path: 'shop-red.txt', line: 1, body: 'And this?' }]
  await red.review({ author: 'ann', verdict: 'comment', comments })
  await stage.hears('shop-red', 2, 'And this?')
  expect(stage.heard('shop-red')[0]).toContain('first')
  expect(await stage.events('CIFailureSent', 'shop-red')).toHaveLength(1)
  const { stdout } = await stage.ao(['get', 'workers', '-o', 'name'])
  expect(stdout.trim().split('\n')).toHaveLength(3)
  for (const name of ['shop-red', 'shop-calm']) {
    expect((await stage.told(name)).status.attempt).toBe(1)
    expect(stage.run(['branch', '--show-current'], stage.worktree(name))).toBe(`ao/${name}`)
  }
  expect(stage.heard('shop-calm')).toEqual([])
}, 90_000)

test('an agent that says it is done has done nothing while the head stays: it climbs to the orchestrator, and only the merge ends it (F5, F6, P19)', async () => {
  const name = 'shop-hasty'
  const pull = await stage.open(name)
  const before = stage.heard(LEAD).length
  await pull.check({ name: 'test', state: 'failure', log: 'still red' })
  await stage.happens(name, 'CIFailureSent', 'check test failed')
  await stage.happens(name, 'Escalated', 'still stands after 2s')
  await stage.hears(LEAD, before + 1, name)
  expect(stage.heard(LEAD).at(-1)).toContain(`/pull/${pull.number}`)
  await stage.becomes(name, 'ChecksPassing', 'ChecksFailing')
  expect((await stage.condition(name, 'Ready'))?.reason).not.toBe('Done')
  expect(pull.state).toBe('open')

  // A success is silent.
  await stage.work(name, 'fixed.txt', 'fixed\n')
  await pull.check({ name: 'test', state: 'success' })
  await stage.becomes(name, 'ChecksPassing', 'ChecksPassing')
  expect(stage.heard(LEAD)).toHaveLength(before + 1)
  await pull.merge()
  await stage.becomes(name, 'Ready', 'Done')
  await eventually(
    'it is told as done once',
    async () => (await stage.events('Done', name)).length === 1,
    30_000,
  )
}, 90_000)
