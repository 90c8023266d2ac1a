import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { readProcessIdentity } from '../../src/plugins/process-identity.ts'
import { createProcessRuntime } from '../../src/plugins/runtime/process.ts'
import type { Runtime } from '../../src/plugins/runtime.ts'
import { eventually } from '../support/eventually.ts'
import {
  type RuntimeStage,
  SIGNAL,
  createProcessStage,
  isRunning,
  readIfThere,
} from '../support/runtime-stage.ts'

const GRACE = { graceMs: 300 }

describe('the process runtime and its files', () => {
  let stage: RuntimeStage
  let runtime: Runtime

  beforeEach(async () => {
    stage = await createProcessStage()
    runtime = stage.runtime
  })

  afterEach(async () => {
    await stage.checkSentinel()
    await stage.remove()
  })

  const up = async (session: string, args: readonly string[] = []) => {
    const launch = stage.launch(session, args)
    const { handle } = await runtime.start(launch, SIGNAL)
    const facts = await stage.facts(launch)
    return { launch, facts, found: { session, uid: launch.uid, handle } }
  }
  const shimPid = (runDir: string) =>
    Number(readFileSync(join(runDir, 'shim'), 'utf8').split('\n')[1])
  const namesDir = () => {
    const folder = join(stage.root, 'runs', 'by-name')
    return join(folder, readdirSync(folder)[0] ?? '')
  }

  test('finds nothing where nothing was ever started, and writes nothing', async () => {
    expect(await stage.listing()).toEqual({ sessions: [], serverGone: false })
    expect(readdirSync(join(stage.root, 'runs'))).toEqual([])
  })

  test('holds on to an agent whose shim was killed, and ends it by stop', async () => {
    const { launch, facts, found } = await up('app-1')
    const shim = shimPid(launch.runDir)
    process.kill(shim, 'SIGKILL')
    await eventually('the shim is gone', async () => !(await isRunning(shim)))
    expect(await stage.session('app-1')).toMatchObject({ pid: facts.pid, state: 'alive' })
    await runtime.send(found, { text: 'hello', bracketed: true }, SIGNAL)
    expect(await stage.messages(launch, 1)).toEqual(['hello'])
    await runtime.stop(found, GRACE, SIGNAL)
    expect(await isRunning(facts.pid)).toBe(false)
    expect((await stage.listing()).sessions).toEqual([])
  })

  test('reports an end that nobody could write down as an end without a code', async () => {
    const { launch, facts } = await up('app-1')
    process.kill(shimPid(launch.runDir), 'SIGKILL')
    process.kill(facts.pid, 'SIGKILL')
    const { exitCode, signal } = await stage.exited('app-1')
    expect({ exitCode, signal }).toEqual({ exitCode: undefined, signal: undefined })
  })

  test('outlives a signal to its group and writes down what it did (C8)', async () => {
    const { launch } = await up('app-1')
    process.kill(-shimPid(launch.runDir), 'SIGTERM')
    expect(await stage.exited('app-1')).toMatchObject({ signal: 15 })
  })

  test('finds nobody after a reboot, and starts again (C7)', async () => {
    const { found } = await up('app-1')
    const identity = await readProcessIdentity(process.platform)
    const options = { root: join(stage.root, 'runs'), shell: '/bin/sh' }
    const later = createProcessRuntime({ ...options, identity: { ...identity, bootId: 'later' } })
    expect(await later.list(SIGNAL)).toEqual({
      state: 'found',
      value: { sessions: [], serverGone: false },
    })
    const next = stage.launch('app-1', [], { uid: found.uid, attempt: 2 })
    await later.start(next, SIGNAL)
    expect(await later.list(SIGNAL)).toMatchObject({ value: { sessions: [{ attempt: 2 }] } })
  })

  test('does not take a process for the agent because it has its number', async () => {
    const { launch, facts, found } = await up('app-1')
    for (const name of ['shim', 'agent']) {
      const file = join(launch.runDir, name)
      const stat = /^(\d+ \(.*\) (?:\S+ ){19})\d+/m
      writeFileSync(file, readFileSync(file, 'utf8').replace(stat, '$11'))
    }
    expect(await stage.session('app-1')).toMatchObject({ state: 'exited' })
    await expect(
      runtime.send(found, { text: 'hello', bracketed: true }, SIGNAL),
    ).rejects.toMatchObject({ code: 'NotFound' })
    expect(await isRunning(facts.pid)).toBe(true)
  })

  test('starts an attempt once, even after it was stopped', async () => {
    const { launch, found } = await up('app-1')
    await runtime.stop(found, GRACE, SIGNAL)
    await expect(runtime.start(launch, SIGNAL)).rejects.toMatchObject({
      code: 'Conflict',
      message: expect.stringContaining('attempt 1'),
    })
    expect((await stage.listing()).sessions).toEqual([])
  })

  test('does not know when it cannot read who has a name', async () => {
    await up('app-1')
    mkdirSync(join(namesDir(), 'app-2'))
    expect(await runtime.list(SIGNAL)).toMatchObject({ state: 'unknown' })
    writeFileSync(join(namesDir(), 'app-3'), 'torn')
    await expect(
      runtime.stop({ session: 'app-3', uid: 'u', handle: 'u/1' }, GRACE, SIGNAL),
    ).rejects.toMatchObject({ code: 'Failed' })
  })

  test('never waits for an agent that does not read', async () => {
    const { found } = await up('app-1', ['deaf'])
    const text = 'x'.repeat(30_000)
    await runtime.send(found, { text, bracketed: true }, SIGNAL)
    await runtime.send(found, { text, bracketed: true }, SIGNAL)
    await expect(runtime.send(found, { text, bracketed: true }, SIGNAL)).rejects.toMatchObject({
      code: 'Ambiguous',
    })
    await expect(runtime.send(found, { text, bracketed: true }, SIGNAL)).rejects.toMatchObject({
      code: 'Timeout',
    })
  })

  test('lets a person watch what the agent prints', async () => {
    const { launch, found } = await up('app-1')
    await eventually('the log is written', () => readIfThere(launch.logFile).includes('ready'))
    const [program = '', ...args] = runtime.attachCommand(found) ?? []
    const { stdout } = spawnSync(program, args, { encoding: 'utf8', timeout: 1000 })
    expect(stdout).toContain('ready: grüße 👋')
  })

  test('works with a bash as the shell of its shim, as on macOS', async () => {
    const shell = existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh'
    const identity = await readProcessIdentity(process.platform)
    const other = createProcessRuntime({ root: join(stage.root, 'runs'), shell, identity })
    const launch = stage.launch('app-1')
    const { handle } = await other.start(launch, SIGNAL)
    const { pid } = await stage.facts(launch)
    expect(await stage.session('app-1')).toMatchObject({ pid, handle, state: 'alive' })
    process.kill(-shimPid(launch.runDir), 'SIGHUP')
    expect(await stage.exited('app-1')).toMatchObject({ signal: 1 })
    await expect(other.start(stage.launch('app-1'), SIGNAL)).rejects.toMatchObject({
      code: 'Conflict',
    })
  })

  test('keeps the environment out of its files', async () => {
    const launch = stage.launch('app-1')
    await runtime.start({ ...launch, env: { ...launch.env, TOKEN: 'secret-value' } }, SIGNAL)
    await eventually(
      'the agent is recorded',
      () => readIfThere(join(launch.runDir, 'agent')) !== '',
    )
    for (const file of ['shim', 'agent']) {
      expect(readFileSync(join(launch.runDir, file), 'utf8')).not.toContain('secret-value')
    }
  })
})
