import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { createForgeStage } from '../support/forge-stage.ts'
import type { ForgeStage } from '../support/forge-stage.ts'

const NAME = 'shop-login'
const LEAD = 'shop-orchestrator'
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

async function declare(...manifests: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await stage.declare([stage.project, ...manifests].join(''))
  expect(code, `${stdout}${stderr}`).toBe(0)
}

/** One pass, so many seconds later than it is. */
async function pass(seconds: number): Promise<void> {
  const env = { NODE_OPTIONS: `--require=${CLOCK}`, AO_TEST_LATER_MS: String(seconds * 1000) }
  const { code, stdout, stderr } = await stage.ao(['reconcile', '--once'], { env })
  expect(code, `${stdout}${stderr}`).toBe(0)
}

test('a budget outlives its process, and is given back only after two green looks a minute apart (case 7)', async () => {
  const reactions = 'reactions: { ci-failed: { retries: 1, escalateAfter: 9h } }'
  await declare(stage.worker(NAME, reactions))
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
  await stage.happens(NAME, 'Escalated', 'the agent was told once')
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

test('one green look and then silence give no budget back, however long it lasts (D1)', async () => {
  await declare(stage.worker(NAME, 'reactions: { ci-failed: { retries: 1, escalateAfter: 9h } }'))
  const pull = await stage.open(NAME)
  await pull.check({ name: 'test', state: 'failure', log: 'boom' })
  await pass(0)
  await stage.hears(NAME, 1, 'boom')
  await pull.check({ name: 'test', state: 'success' })
  await pass(100)
  expect((await stage.ao(['why', NAME])).stdout).toContain('its budget is given back')

  stage.forge.faults.set('bad-gateway', { status: 502 })
  await pass(170)
  await pass(300)
  stage.forge.faults.clear()
  await stage.work(NAME, 'again.txt', 'again\n')
  await pull.check({ name: 'test', state: 'failure', log: 'boom again' })
  await pass(400)
  await stage.happens(NAME, 'Escalated', 'the agent was told once')
  expect(stage.heard(NAME)).toHaveLength(1)
}, 120_000)

test('time alone climbs from the agent to the orchestrator to a person, each once and with the reason (case 7)', async () => {
  const lead = stage.worker(LEAD).replace('kind: Worker', 'kind: Orchestrator')
  await declare(lead, stage.worker(NAME, 'reactions: { ci-failed: { escalateAfter: 30m } }'))
  const pull = await stage.open(NAME)
  await pull.check({ name: 'test', state: 'failure', log: 'boom' })
  await pass(0)
  await stage.hears(NAME, 1, 'CI failed')
  await pass(1500)
  expect(stage.heard(LEAD)).toEqual([])
  await pass(1900)
  await stage.hears(LEAD, 1, `Worker ${NAME} needs you (ci-failed): check test failed on `)
  expect(stage.heard(LEAD)[0]).toContain(' and still stands after 30m')
  await pass(3400)
  expect(await stage.events('Escalated', NAME)).toHaveLength(1)
  await pass(3900)
  await stage.happens(NAME, 'Escalated', 'and still stands after 30m with the orchestrator')
  await pass(9000)
  expect(await stage.events('Escalated', NAME)).toHaveLength(2)
  expect([stage.heard(NAME).length, stage.heard(LEAD).length]).toEqual([1, 1])
}, 120_000)

test.each([
  ['before', 1, false],
  ['during', 0, true],
  ['after', 1, true],
] as const)(
  'killed %s a message is typed, it is typed once at most, and a person hears of what stays open (A10)',
  async (phase, heard, isOpen) => {
    await declare(stage.worker(NAME, 'reactions: { ci-failed: { escalateAfter: 2 } }'))
    const pull = await stage.open(NAME)
    await pull.check({ name: 'test', state: 'failure', log: 'boom' })
    // 128: by a signal.
    const env = { AO_FAILPOINT: `message:${phase}:kill` }
    expect(await stage.ao(['reconcile', '--once'], { env })).toMatchObject({ code: 128 })
    await pass(60)
    await pass(120)
    await eventually('what was typed is read', () => stage.heard(NAME).length === heard)
    const unsure = await stage.events('MessageNotWritten', NAME)
    expect(unsure).toHaveLength(isOpen ? 1 : 0)
    await pass(3600)
    const called = await stage.events('Escalated', NAME)
    expect(called.map(({ message }) => message)).toEqual(
      isOpen ? [expect.stringContaining('the agent may not have got what it was told')] : [],
    )
    expect(stage.heard(NAME)).toHaveLength(heard)
  },
  120_000,
)
