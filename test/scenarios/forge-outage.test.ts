import { afterEach, beforeEach, expect, test } from 'vitest'

import type { Condition } from '../../src/resource/conditions.ts'
import { eventually } from '../support/eventually.ts'
import { createForgeStage } from '../support/forge-stage.ts'
import type { ForgeStage } from '../support/forge-stage.ts'

const NAME = 'shop-login'

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

async function forge(): Promise<Condition | undefined> {
  return stage.condition('project/shop', 'ForgeReachable')
}

async function isTold(reason: string): Promise<void> {
  await eventually(`the forge is ${reason}`, async () => (await forge())?.reason === reason, 30_000)
}

async function countOf(reason: string): Promise<number> {
  return (await stage.events(reason, 'shop')).length
}

test('an outage is told within moments, with its reason, since when, the age of what is known and when it is asked again; and that it is over (D1)', async () => {
  const cleanup = 'cleanup: { grace: 0s }'
  await stage.declare([`${stage.project}  ${cleanup}\n`, stage.worker(NAME)].join(''))
  const pull = await stage.open(NAME)
  stage.watch()
  await stage.becomes(NAME, 'PullRequestOpen', 'Open')
  await isTold('Reachable')
  expect((await stage.ao(['get', NAME])).stdout).not.toMatch(/#1 open .* ago/)

  stage.forge.faults.set('bad-gateway', { status: 502 })
  await isTold('ForgeUnreachable')
  expect((await forge())?.status).toBe('Unknown')
  expect((await forge())?.message).toMatch(
    /answered 502.*; since \S+Z; what is known of acme\/shop is of \S+Z; it is asked again at \S+Z$/,
  )
  await stage.becomes(NAME, 'PullRequestOpen', 'RepositoryUnknown')
  expect((await stage.ao(['get', NAME])).stdout).toMatch(/#1 open \d+s ago/)
  expect((await stage.ao(['describe', NAME])).stdout).toMatch(/#1 open.*as it was \d+s ago/)
  // It is asked again and again, and told once.
  const asked = stage.forge.faults.struck('bad-gateway')
  await eventually(
    'it is asked again',
    () => stage.forge.faults.struck('bad-gateway') > asked,
    30_000,
  )
  expect(await countOf('ForgeUnreachable')).toBe(1)
  expect(await countOf('ForgeReachable')).toBe(0)

  // Also another process has nothing newer to tell.
  await stage.unwatch()
  stage.watch()
  await eventually(
    'the new one asks',
    () => stage.forge.faults.struck('bad-gateway') > asked + 1,
    30_000,
  )
  expect(await forge()).toMatchObject({ reason: 'ForgeUnreachable' })
  expect(await countOf('ForgeReachable')).toBe(0)

  await pull.check({ name: 'test', state: 'failure', log: 'seen afterwards' })
  stage.forge.faults.clear()
  await stage.hears(NAME, 1, 'seen afterwards')
  await isTold('Reachable')
  expect(await countOf('ForgeReachable')).toBe(1)
  expect(await countOf('ForgeUnreachable')).toBe(1)
  const [over] = await stage.events('ForgeReachable', 'shop')
  expect(over?.message).toMatch(/it could not since \S+Z$/)
  expect((await stage.ao(['get', NAME])).stdout).not.toMatch(/#1 open .* ago/)
  expect((await stage.told(NAME)).status.attempt).toBe(1)
}, 120_000)

test('one look that fails says nothing (D1)', async () => {
  await stage.declare([stage.project, stage.worker(NAME)].join(''))
  await stage.open(NAME)
  stage.watch()
  await stage.becomes(NAME, 'PullRequestOpen', 'Open')
  stage.forge.faults.set('bad-gateway', { status: 502, times: 1 })
  await eventually('it fails', () => stage.forge.faults.struck('bad-gateway') === 1, 30_000)
  stage.forge.reset()
  await eventually(
    'it is asked again',
    () => stage.forge.requests.some(({ status, kind }) => kind !== 'git' && status < 400),
    30_000,
  )
  expect(await forge()).toMatchObject({ status: 'True', reason: 'Reachable' })
  expect(await countOf('ForgeUnreachable')).toBe(0)
}, 60_000)
