import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { createForgeStage } from '../support/forge-stage.ts'
import type { ForgeStage } from '../support/forge-stage.ts'

const NAME = 'shop-login'
const CLOCK = fileURLToPath(new URL('../support/moved-clock.cjs', import.meta.url))

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

/** One pass, so many seconds later than it is. */
async function pass(seconds: number): Promise<void> {
  const env = { NODE_OPTIONS: `--require=${CLOCK}`, AO_TEST_LATER_MS: String(seconds * 1000) }
  const { code, stdout, stderr } = await stage.ao(['reconcile', '--once'], { env })
  expect(code, `${stdout}${stderr}`).toBe(0)
}

test('a budget outlives its process, and is given back only after two green looks a minute apart (case 7)', async () => {
  const reactions = 'reactions: { ci-failed: { retries: 1, escalateAfter: 9h } }'
  const { code, stdout, stderr } = await stage.declare(
    `${stage.project}${stage.worker(NAME, reactions)}`,
  )
  expect(code, `${stdout}${stderr}`).toBe(0)
  const pull = await stage.open(NAME)
  const push = async (head: number, state: 'failure' | 'success'): Promise<void> => {
    await stage.work(NAME, `head-${head}.txt`, `${head}\n`)
    await pull.check({ name: 'test', state, log: `of head ${head}` })
  }

  await push(1, 'failure')
  await pass(0)
  await stage.hears(NAME, 1, 'of head 1')

  // Green once, and green again too soon: what was used stays used.
  await push(2, 'success')
  await pass(100)
  const { stdout: soon } = await stage.ao(['why', NAME])
  expect(soon).toContain('its budget is given back when this lasts a minute')
  await pass(130)
  await push(3, 'failure')
  await pass(140)
  await stage.happens(NAME, 'Escalated', 'the agent was told 1 times')
  expect(stage.heard(NAME)).toHaveLength(1)

  // Pending says neither: the minute begins with the first green look, and a second one ends it.
  await push(4, 'success')
  await pass(200)
  await pull.check({ name: 'test', state: 'running' })
  await pass(230)
  await pull.check({ name: 'test', state: 'success' })
  await pass(300)
  await pass(361)
  await push(5, 'failure')
  await pass(400)
  await stage.hears(NAME, 2, 'of head 5')
  expect(await stage.events('Escalated', NAME)).toHaveLength(1)
}, 120_000)
