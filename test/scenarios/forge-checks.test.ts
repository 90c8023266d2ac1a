import { afterEach, beforeEach, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { createForgeStage } from '../support/forge-stage.ts'
import type { ForgeStage } from '../support/forge-stage.ts'

const LOGIN = 'shop-login'

let stage: ForgeStage

beforeEach(async () => {
  stage = await createForgeStage()
})
afterEach(async () => {
  try {
    await stage.check()
  } finally {
    await stage.close()
  }
})

async function declare(more: string): Promise<void> {
  const { code, stdout, stderr } = await stage.declare(`${stage.project}${more}`)
  expect(code, `${stdout}${stderr}`).toBe(0)
}

test('a check that fails again and again is told for each head, across a restart, until a person is called (case 7, F4, F12)', async () => {
  await declare(stage.worker(LOGIN, 'reactions: { ci-failed: { retries: 2, escalateAfter: 30m } }'))
  const pull = await stage.open(LOGIN)
  stage.watch()
  await pull.check({ name: 'test', state: 'failure', log: 'first\u001b[31m boom' })
  await stage.hears(LOGIN, 1, 'Check "test", step "Run test"')
  expect(stage.heard(LOGIN)[0]).toContain('```untrusted\nfirst boom\n```')

  // The same head, red and pending by turns, is the same news.
  await pull.check({ name: 'test', state: 'running' })
  await stage.becomes(LOGIN, 'ChecksPassing', 'ChecksPending')
  await pull.check({ name: 'test', state: 'failure', log: 'first' })
  await stage.becomes(LOGIN, 'ChecksPassing', 'ChecksFailing')
  await stage.unwatch()

  await stage.work(LOGIN, 'more.txt', 'more\n')
  await pull.check({ name: 'test', state: 'failure', log: 'second' })
  stage.watch()
  await stage.hears(LOGIN, 2, 'CI failed on pull request #1')
  expect(stage.heard(LOGIN)[1]).toContain('second')
  await stage.unwatch()

  await stage.work(LOGIN, 'most.txt', 'most\n')
  await pull.check({ name: 'test', state: 'failure', log: 'third' })
  stage.watch()
  await stage.happens(LOGIN, 'Escalated', 'the agent was told 2 times')
  expect(stage.heard(LOGIN)).toHaveLength(2)

  await stage.work(LOGIN, 'green.txt', 'green\n')
  await pull.check({ name: 'test', state: 'success' })
  await stage.becomes(LOGIN, 'ChecksPassing', 'ChecksPassing')
  expect(await stage.events('Escalated', LOGIN)).toHaveLength(1)
}, 90_000)

test('time alone calls a person when a check stays red, once (case 7)', async () => {
  await declare(stage.worker(LOGIN, 'reactions: { ci-failed: { retries: 5, escalateAfter: 2s } }'))
  const pull = await stage.open(LOGIN)
  await pull.check({ name: 'test', state: 'failure', log: 'boom' })
  stage.watch()
  await stage.hears(LOGIN, 1, 'CI failed')
  await stage.happens(LOGIN, 'Escalated', 'still stands after 2s')
  const { stdout } = await stage.ao(['why', LOGIN])
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('still stands after 2s')
  await stage.unwatch()
  await stage.ao(['reconcile', '--once'])
  expect(await stage.events('Escalated', LOGIN)).toHaveLength(1)
  expect(stage.heard(LOGIN)).toHaveLength(1)
}, 60_000)

test('a check that is cancelled or skipped is no failure, and one that nobody requires stops nothing (case 7)', async () => {
  stage.hub.protect('main', { requiredChecks: ['test'] })
  await declare(stage.worker(LOGIN))
  const pull = await stage.open(LOGIN)
  await pull.check({ name: 'test', state: 'success' })
  await pull.check({ name: 'old', state: 'cancelled' })
  await pull.check({ name: 'docs', state: 'skipped' })
  await pull.check({ name: 'extra', state: 'failure' })
  stage.watch()
  await stage.becomes(LOGIN, 'ChecksPassing', 'ChecksPassing')
  expect(stage.heard(LOGIN)).toEqual([])
}, 60_000)

test('a conflict is told with its base, again with another one, and not again while it stands (case 9, F3)', async () => {
  await declare(stage.worker(LOGIN))
  const pull = await stage.open(LOGIN)
  await pull.check({ name: 'test', state: 'success' })
  stage.watch()
  await stage.becomes(LOGIN, 'ChecksPassing', 'ChecksPassing')
  await stage.hub.commit('main', { 'shop-login.txt': 'theirs\n' })
  await stage.hears(LOGIN, 1, 'conflicts with main')
  await stage.happens(LOGIN, 'ConflictSent', 'conflicts with main')

  // It clears when the agent's side gives way.
  const cleared = await stage.hub.tip('main')
  await stage.hub.commit('main', { 'shop-login.txt': 'shop-login\n' })
  await eventually(
    'it clears',
    async () => (await stage.ao(['events'])).stdout.includes('conflicting -> '),
    30_000,
  )
  await stage.hub.commit('main', { 'shop-login.txt': 'theirs again\n' })
  await stage.hears(LOGIN, 2, 'conflicts with main')
  expect(stage.heard(LOGIN)[1]).not.toContain(cleared?.slice(0, 12))
}, 90_000)

test('what is built on a pull request with a problem waits for that one (case 9)', async () => {
  await declare(stage.worker(LOGIN))
  const parent = await stage.open(LOGIN)
  stage.run(['switch', '-q', '-c', 'ao/shop-login-2'], stage.worktree(LOGIN))
  await stage.work(LOGIN, 'child.txt', 'child\n')
  const made = await stage.ao(
    ['pr', 'create', '--base', parent.headBranch, '--title', 'Child'],
    stage.inside(LOGIN),
  )
  expect(made).toMatchObject({ code: 0 })
  const child = stage.hub.pull(2)
  await parent.check({ name: 'test', state: 'failure', log: 'parent' })
  await child.check({ name: 'test', state: 'failure', log: 'child' })
  stage.watch()
  await stage.hears(LOGIN, 1, 'CI failed on pull request #1')
  await stage.happens(LOGIN, 'ReactionHeld', 'waits for #1, which it is built on')
  await parent.check({ name: 'test', state: 'success' })
  await stage.hears(LOGIN, 2, 'CI failed on pull request #2')
}, 60_000)

test('while an agent waits for a person, what is to be told stays pending; answered, it is told (case 9)', async () => {
  const steps = `[{ ask: 'Which colour?' }, { serve: { "on": [{ matching: 'conflicts with main', steps: [{ say: heard }] }] } }]`
  await declare(stage.worker(LOGIN, '', `{ plugin: script, steps: ${steps} }`))
  const pull = await stage.open(LOGIN)
  await pull.check({ name: 'test', state: 'success' })
  stage.watch()
  await stage.becomes(LOGIN, 'AgentResponsive', 'NeedsInput')
  await stage.hub.commit('main', { 'shop-login.txt': 'theirs\n' })
  await stage.happens(LOGIN, 'ConflictSent', 'conflicts with main')
  const { stdout } = await stage.ao(['logs', LOGIN])
  expect(stdout).not.toContain('heard')
  expect(await stage.ao(['send', LOGIN, 'Blue'])).toMatchObject({ code: 0 })
  await eventually(
    'the agent hears of it',
    async () => (await stage.ao(['logs', LOGIN])).stdout.includes('heard'),
    30_000,
  )
}, 60_000)
