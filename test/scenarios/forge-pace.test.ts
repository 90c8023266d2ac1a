import { afterEach, beforeEach, expect, test } from 'vitest'

import { createForgeStage } from '../support/forge-stage.ts'
import type { ForgeStage } from '../support/forge-stage.ts'

const NAMES = ['shop-a', 'shop-b', 'shop-c'] as const

let stage: ForgeStage

beforeEach(async () => {
  stage = await createForgeStage()
  await stage.declare([stage.project, ...NAMES.map(name => stage.worker(name))].join(''))
})
afterEach(async () => {
  try {
    await stage.check()
  } finally {
    await stage.close()
  }
})

test('changes that several commands make at a time reach the forge a second apart (D3)', async () => {
  const pulls = []
  for (const name of NAMES) pulls.push(await stage.open(name))
  stage.forge.reset()
  const ends = await Promise.all(
    pulls.map(async ({ number }) =>
      stage.ao(['pr', 'review', String(number), '--comment', '--body', 'Hm.', '--project', 'shop']),
    ),
  )
  expect(ends.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
    NAMES.map(() => ({ code: 0, stderr: '' })),
  )
  const times = stage.forge.requests
    .filter(({ method, path, kind }) => kind === 'rest' && method === 'POST' && path.includes('/'))
    .map(({ at }) => at)
    .sort((a, b) => a - b)
  expect(times).toHaveLength(NAMES.length)
  // A process that is held up between its turn and its request may shorten what is seen here a little.
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0))
  expect(Math.min(...gaps)).toBeGreaterThan(700)
}, 120_000)

test('a pause that one command is given holds for the next ones: they ask nothing, and say until when (D3)', async () => {
  const pull = await stage.open('shop-a')
  const review = ['pr', 'review', String(pull.number), '--comment', '--body', 'Hm.']
  stage.forge.faults.set('secondary-limit', {
    status: 403,
    retryAfter: 60,
    times: 1,
    only: /^POST .*\/reviews/,
  })
  const refused = await stage.ao(review)
  expect(refused.code).not.toBe(0)
  expect(refused.stderr).toContain('secondary rate limit')
  stage.forge.reset()
  const next = await stage.ao(review)
  expect(next).toMatchObject({ code: refused.code })
  expect(next.stderr).toMatch(/asked again in \d+s/)
  const reconciled = await stage.ao(['reconcile', '--once'])
  expect(reconciled.code, reconciled.stderr).toBe(0)
  expect(stage.forge.requests.filter(({ kind }) => kind !== 'git')).toEqual([])
}, 120_000)
