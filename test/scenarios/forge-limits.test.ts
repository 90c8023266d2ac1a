import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

import { afterEach, beforeEach, expect, test } from 'vitest'

import type { HttpChannel } from '../support/channels/http-channel.ts'
import { startHttpChannel } from '../support/channels/http-channel.ts'
import { eventually } from '../support/eventually.ts'
import { createForgeStage } from '../support/forge-stage.ts'
import type { ForgeStage } from '../support/forge-stage.ts'

const NAME = 'shop-login'
/** What the build puts in its place. */
const VERSION = 'data:text/javascript,globalThis.AO_VERSION = "0.0.0"'
const HOURS = new URL('../bench/forge-hour.ts', import.meta.url)

let stage: ForgeStage
let channel: HttpChannel
let engine: ChildProcess | undefined

beforeEach(async () => {
  stage = await createForgeStage()
  channel = await startHttpChannel({ fine: { status: 200 } })
})
afterEach(async () => {
  try {
    const ended = engine === undefined ? undefined : exit(engine)
    engine?.disconnect()
    await ended
    engine = undefined
    stage.forge.faults.clear()
    await stage.check()
  } finally {
    await channel.close()
    await stage.close()
  }
})

async function exit(child: ChildProcess): Promise<void> {
  await new Promise(resolve => {
    child.once('exit', resolve)
  })
}

async function message(child: ChildProcess): Promise<{ readonly error?: string }> {
  return new Promise((resolve, reject) => {
    child.once('message', value => {
      resolve(value as { readonly error?: string })
    })
    child.once('exit', code => {
      reject(new Error(`the engine ended with ${code}`))
    })
  })
}

/** The engine with a clock that is moved. */
async function start(): Promise<ChildProcess> {
  const env = { ...stage.env, GITHUB_TOKEN: stage.forge.token, FORGE: stage.forge.apiUrl }
  const child = fork(HOURS, {
    cwd: stage.path,
    env: { ...env, AO_HOME: stage.home },
    execArgv: ['--import', VERSION, '--import', import.meta.resolve('tsx')],
  })
  await message(child)
  return child
}

/** Lets this much time pass, with a look every ten seconds. */
async function pass(minutes: number): Promise<void> {
  if (engine === undefined) throw new Error('no engine was started')
  const answered = message(engine)
  engine.send({ id: minutes, minutes })
  expect((await answered).error).toBeUndefined()
}

const told = (): readonly string[] => channel.received.map(({ body }) => body)

test('a limit that does not end is waited for longer and longer, and after an hour a person is told, once (D3)', async () => {
  const notifier = `---
apiVersion: ao.dev/v1alpha1
kind: Notifier
metadata: { name: people }
spec: { plugin: webhook, routes: [action], config: { url: '${channel.url}' } }
`
  const declared = await stage.declare(`${stage.project}${stage.worker(NAME)}${notifier}`)
  expect(declared.code, `${declared.stdout}${declared.stderr}`).toBe(0)
  const pull = await stage.open(NAME)
  await pull.check({ name: 'test', state: 'success' })
  engine = await start()
  await pass(1)
  const forge = async () => stage.condition('project/shop', 'ForgeReachable')
  expect(await forge()).toMatchObject({ status: 'True' })

  stage.forge.faults.set('secondary-limit')
  await pass(50)
  expect(await forge()).toMatchObject({ status: 'Unknown', reason: 'ForgeUnreachable' })
  expect(told()).toEqual([])
  const refused = stage.forge.requests.filter(({ status }) => status === 403).length
  // A minute, two, four, eight, and then every fifteen.
  expect(refused).toBeLessThanOrEqual(8)

  await pass(60)
  expect(await forge()).toMatchObject({ status: 'False', reason: 'ForgeUnreachable' })
  expect((await forge())?.message).toMatch(
    /secondary rate limit.*it has not stopped since \d{4}-.*spec\.scm\.interval.*asked again at/,
  )
  expect(await stage.condition('project/shop', 'Stalled')).toMatchObject({
    reason: 'ForgeUnreachable',
  })
  await pass(60)
  await eventually('a person is told', () => told().length > 0)
  expect(told()).toEqual([expect.stringContaining('shop: needs a person')])
  // When it began, and when that took too long.
  const events = await stage.events('ForgeUnreachable', 'shop')
  expect(events.map(({ message }) => message.includes('it has not stopped since'))).toEqual([
    false,
    true,
  ])
  expect((await stage.told(NAME)).status).toMatchObject({ attempt: 1 })
  expect(await stage.condition(NAME, 'SessionRunning')).toMatchObject({ status: 'True' })

  stage.forge.faults.clear()
  await pull.check({ name: 'test', state: 'failure', log: 'at last' })
  await pass(20)
  expect(await forge()).toMatchObject({ status: 'True' })
  await stage.hears(NAME, 1, 'at last')
}, 240_000)
