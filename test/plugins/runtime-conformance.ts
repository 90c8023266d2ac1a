import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { HouseError } from '../../src/errors.ts'
import { readProcesses } from '../../src/plugins/process-tree.ts'
import type { Launch, Runtime } from '../../src/plugins/runtime.ts'
import { eventually } from '../support/eventually.ts'
import {
  type RuntimeStage,
  SIGNAL,
  allTextBelow,
  isRunning,
  readIfThere,
} from '../support/runtime-stage.ts'

const STARTER = fileURLToPath(new URL('../support/runtime-starter.ts', import.meta.url))
const GRACE = { graceMs: 300 }

/** What every runtime promises, tried on real processes with something foreign beside them. */
export function describeRuntime(name: string, createStage: () => Promise<RuntimeStage>): void {
  describe(`the ${name} runtime`, () => {
    let stage: RuntimeStage
    let runtime: Runtime

    beforeEach(async () => {
      stage = await createStage()
      runtime = stage.runtime
    })

    afterEach(async () => {
      try {
        await stage.checkSentinel()
      } finally {
        await stage.remove()
      }
    })

    const start = async (launch: Launch) => {
      const { handle } = await runtime.start(launch, SIGNAL)
      return { session: launch.session, uid: launch.uid, handle }
    }
    const up = async (session: string, args: readonly string[] = []) => {
      const launch = stage.launch(session, args)
      const found = await start(launch)
      const facts = await stage.facts(launch)
      return { launch, found, facts }
    }
    const say = async (found: { session: string; uid: string; handle: string }, text: string) =>
      runtime.send(found, { text, bracketed: true }, SIGNAL)

    test('starts the agent in its workspace and finds it with its identity', async () => {
      const { launch, found, facts } = await up('app-1', ['plain', 'x;', ';', "it's", '#{pid}', ''])
      expect(facts.cwd).toBe(launch.cwd)
      expect(facts.args).toEqual(['plain', 'x;', ';', "it's", '#{pid}', ''])
      expect(await stage.session('app-1')).toEqual({
        session: 'app-1',
        uid: launch.uid,
        attempt: 1,
        handle: found.handle,
        pid: facts.pid,
        state: 'alive',
        personTyping: false,
      })
    })

    test('gives the agent the environment of the launch and nothing of the starter', async () => {
      process.env['AO_CANARY'] = 'canary-of-the-starter'
      try {
        const { launch, facts } = await up('app-1')
        expect(facts.env).toMatchObject({
          ...launch.env,
          AO_UID: launch.uid,
          AO_ATTEMPT: '1',
          AO_SESSION_ID: 'app-1',
          AO_PROMPT_FILE: launch.promptFile,
        })
        const own = ['AO_ATTEMPT', 'AO_PROMPT_FILE', 'AO_SESSION_ID', 'AO_UID']
        const shells = ['_', 'OLDPWD', 'PWD', 'SHLVL', 'SHELL', 'TERM', 'TERM_PROGRAM']
        const known = [...own, ...shells, 'TERM_PROGRAM_VERSION', 'TMUX', 'TMUX_PANE']
        const more = Object.keys(facts.env).filter(key => !(key in launch.env))
        expect(more.filter(key => !known.includes(key))).toEqual([])
        await eventually('the log is written', () => readIfThere(launch.logFile).includes('ready'))
        expect(allTextBelow(stage.root)).not.toContain('canary-of-the-starter')
      } finally {
        delete process.env['AO_CANARY']
      }
    })

    test('shows no value of the environment to others on this machine', async () => {
      const launch = stage.launch('app-1')
      await start({ ...launch, env: { ...launch.env, TOKEN: 'secret-of-the-manifest' } })
      await stage.facts(launch)
      const commands = (await readProcesses()).map(({ pid }) => readIfThere(`/proc/${pid}/cmdline`))
      expect(commands.filter(each => each.includes('secret-of-the-manifest'))).toEqual([])
      // What the agent itself wrote down is its own affair.
      rmSync(join(launch.runDir, 'out'))
      expect(allTextBelow(stage.root)).not.toContain('secret-of-the-manifest')
    })

    test('puts the prompt into the command when it is run, whatever the prompt holds', async () => {
      const launch = stage.launch('app-1', ['--say={{prompt}}!', '{{prompt}}{{prompt}}', 'end;'])
      const prompt = 'Zwei Zeilen: 👋\n  `$HOME` $(id) "q" \\ {{prompt}} & ; \'\n\n'
      writeFileSync(launch.promptFile, prompt)
      await start(launch)
      const { args } = await stage.facts(launch)
      expect(args).toEqual([`--say=${prompt}!`, prompt + prompt, 'end;'])
    })

    test('appends what the agent prints to the log', async () => {
      const launch = stage.launch('app-1')
      mkdirSync(join(launch.logFile, '..'), { recursive: true })
      writeFileSync(launch.logFile, 'before\n')
      await start(launch)
      await eventually('the log is written', () => {
        const log = readIfThere(launch.logFile)
        return log.startsWith('before\n') && log.includes('ready: grüße 👋')
      })
    })

    test('refuses a command or a workspace that is not there, and starts nothing', async () => {
      const missing = stage.launch('app-1', [], { argv: ['no-such-agent', 'x'] })
      await expect(runtime.start(missing, SIGNAL)).rejects.toMatchObject({
        code: 'EnvironmentMissing',
        message: expect.stringContaining('no-such-agent'),
      })
      const nowhere = stage.launch('app-2', [], { cwd: join(stage.root, 'gone') })
      await expect(runtime.start(nowhere, SIGNAL)).rejects.toMatchObject({ code: 'Failed' })
      const { sessions } = await stage.listing()
      expect(sessions.filter(({ uid }) => uid !== undefined)).toEqual([])
    })

    test('reports exit codes and signals (B5, C8)', async () => {
      const before = Date.now()
      for (const [session, order, outcome] of [
        ['app-0', 'exit 0', { exitCode: 0 }],
        ['app-3', 'exit 3', { exitCode: 3 }],
        ['app-9', 'die SIGKILL', { signal: 9 }],
        ['app-15', 'die SIGTERM', { signal: 15 }],
      ] as const) {
        const { found } = await up(session)
        await say(found, order)
        const { exitCode, signal, exitedAt = 0 } = await stage.exited(session)
        expect({ session, exitCode, signal }).toEqual({
          session,
          exitCode: undefined,
          signal: undefined,
          ...outcome,
        })
        expect(Math.abs(exitedAt - before)).toBeLessThan(30_000)
      }
    })

    test('keeps an exited session, and its name, until it is stopped', async () => {
      const { launch, found } = await up('app-1')
      await say(found, 'exit 1')
      await stage.exited('app-1')
      const next = stage.launch('app-1', [], { uid: launch.uid, attempt: 2 })
      await expect(runtime.start(next, SIGNAL)).rejects.toMatchObject({ code: 'Conflict' })
      await expect(say(found, 'hello')).rejects.toMatchObject({ code: 'NotFound' })
      await runtime.stop(found, GRACE, SIGNAL)
      await start(next)
      expect(await stage.session('app-1')).toMatchObject({ attempt: 2, state: 'alive' })
    })

    test('lets exactly one of twenty concurrent starts of a name win', async () => {
      const runtimes = [runtime, stage.another(), stage.another()]
      const starts = Array.from({ length: 20 }, (_, at) => {
        const launch = stage.launch('app-1')
        return (runtimes[at % 3] ?? runtime).start(launch, SIGNAL).then(() => launch)
      })
      const outcomes = await Promise.allSettled(starts)
      const winners = outcomes.flatMap(each => (each.status === 'fulfilled' ? each.value : []))
      const losers = outcomes.flatMap(each => (each.status === 'rejected' ? [each.reason] : []))
      expect(winners).toHaveLength(1)
      expect(losers.map(error => (error as HouseError).code)).toEqual(
        Array.from({ length: 19 }, () => 'Conflict'),
      )
      expect(await stage.session('app-1')).toMatchObject({ uid: winners[0]?.uid, state: 'alive' })
      const { sessions } = await stage.listing()
      expect(sessions.filter(({ session }) => session === 'app-1')).toHaveLength(1)
    })

    test('lets exactly one of several starts of one attempt win', async () => {
      const launch = stage.launch('app-1')
      const runtimes = [runtime, stage.another(), stage.another()]
      const starts = Array.from({ length: 9 }, (_, at) =>
        (runtimes[at % 3] ?? runtime).start(launch, SIGNAL),
      )
      const outcomes = await Promise.allSettled(starts)
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(await stage.session('app-1')).toMatchObject({ state: 'alive' })
    })

    test('starts thirty sessions at once, each with its own outcome', async () => {
      const launches = Array.from({ length: 30 }, (_, at) =>
        at === 7
          ? stage.launch('app-7', [], { argv: ['no-such-agent'] })
          : stage.launch(`app-${at}`, [], { argv: ['sleep', '1000'] }),
      )
      const outcomes = await Promise.allSettled(
        launches.map(launch => runtime.start(launch, SIGNAL)),
      )
      expect(outcomes.map(({ status }) => status)).toEqual(
        launches.map((_, at) => (at === 7 ? 'rejected' : 'fulfilled')),
      )
      const { sessions } = await stage.listing()
      const ours = sessions.filter(({ uid }) => uid !== undefined)
      expect(ours.map(({ uid }) => uid).sort()).toEqual(
        launches.flatMap(({ uid }, at) => (at === 7 ? [] : uid)).sort(),
      )
      expect(ours.every(({ state }) => state === 'alive')).toBe(true)
    })

    test('tells a name from one that it begins with', async () => {
      const { found } = await up('app-10')
      const short = { session: 'app-1', uid: randomUUID(), handle: 'nobody' }
      await runtime.stop(short, GRACE, SIGNAL)
      await expect(say(short, 'hello')).rejects.toMatchObject({ code: 'NotFound' })
      await up('app-1')
      await runtime.stop(await uidOf('app-1'), GRACE, SIGNAL)
      expect(await stage.session('app-10')).toMatchObject({ handle: found.handle, state: 'alive' })
    })

    const uidOf = async (session: string) => {
      const { uid, handle } = await stage.session(session)
      return { session, uid: uid ?? '', handle }
    }

    test('touches a session only while it carries the uid it was asked for', async () => {
      const { found, facts } = await up('app-1')
      const other = { ...found, uid: randomUUID() }
      await runtime.stop(other, GRACE, SIGNAL)
      await expect(say(other, 'hello')).rejects.toMatchObject({ code: 'NotFound' })
      expect(await isRunning(facts.pid)).toBe(true)
      expect(await stage.session('app-1')).toMatchObject({ uid: found.uid, state: 'alive' })
    })

    test('stops and forgets a session, and is content when it is gone already', async () => {
      const { found, facts } = await up('app-1')
      const neighbour = await up('app-2')
      await runtime.stop(found, GRACE, SIGNAL)
      expect(await isRunning(facts.pid)).toBe(false)
      const { sessions } = await stage.listing()
      expect(sessions.filter(({ session }) => session === 'app-1')).toEqual([])
      await runtime.stop(found, GRACE, SIGNAL)
      expect(await isRunning(neighbour.facts.pid)).toBe(true)
    })

    test('kills an agent that ignores SIGTERM and hang-ups, after the grace', async () => {
      const { found, facts } = await up('app-1', ['stubborn'])
      const before = performance.now()
      await runtime.stop(found, { graceMs: 400 }, SIGNAL)
      expect(performance.now() - before).toBeGreaterThan(390)
      expect(await isRunning(facts.pid)).toBe(false)
    })

    test('ends children that ignore signals, also those that left the group', async () => {
      const { launch, found } = await up('app-1')
      await say(found, 'fork')
      await say(found, 'leave')
      const children = await stage.children(launch, 2)
      await runtime.stop(found, GRACE, SIGNAL)
      expect(await Promise.all(children.map(isRunning))).toEqual([false, false])
    })

    test('sees that an agent exited whose child lives on, and ends the child by stop', async () => {
      const { launch, found } = await up('app-1')
      await say(found, 'fork 4')
      const [child = 0] = await stage.children(launch, 1)
      expect(await stage.exited('app-1')).toMatchObject({ exitCode: 4 })
      expect(await isRunning(child)).toBe(true)
      await runtime.stop(found, GRACE, SIGNAL)
      expect(await isRunning(child)).toBe(false)
    })

    test('leaves a session alone that was started by an agent of the one it stops', async () => {
      const { launch, found } = await up('app-1')
      const { uid } = stage.launch('app-2')
      await say(found, `found ${uid}`)
      const [child = 0] = await stage.children(launch, 1)
      await eventually('the child has become itself', () =>
        readIfThere(`/proc/${child}/environ`).includes(uid),
      )
      await runtime.stop(found, GRACE, SIGNAL)
      expect(await isRunning(child)).toBe(true)
    })

    test('types a message of many lines and scripts once, whole, and as one', async () => {
      const { launch, found } = await up('app-1')
      const text = '  Grüße, 世界 👩‍💻\n\n\tsecond; "$HOME" \'#{pid}\' %H ;\n-- third \\n'
      await say(found, text)
      await say(found, 'and another;')
      expect(await stage.messages(launch, 2)).toEqual([text, 'and another;'])
    })

    test('types nothing that an agent would take for keys or for a line that goes on', async () => {
      const { launch, found } = await up('app-1')
      await say(found, 'a\u001B[201~\u0003\u0000b\r\nc\u0007 ends with \\')
      await expect(say(found, '\u0007\n')).rejects.toMatchObject({ code: 'Usage' })
      expect(await stage.messages(launch, 1)).toEqual(['ab\nc ends with \\ '])
    })

    test('types a plain line for an agent without bracketed paste', async () => {
      const { launch, found } = await up('app-1', ['plain'])
      await runtime.send(found, { text: 'one\n', bracketed: false }, SIGNAL)
      await runtime.send(found, { text: 'two', bracketed: false }, SIGNAL)
      expect(await stage.messages(launch, 2)).toEqual(['one', 'two'])
    })

    test('cuts no long line of a message to an agent that reads lines', async () => {
      const { launch, found } = await up('app-1', ['plain'])
      const text = `first\n${'grüße '.repeat(5000)}end`
      await runtime.send(found, { text, bracketed: false }, SIGNAL)
      const [got = ''] = await stage.messages(launch, 1)
      const file = /^Read the message in the file (\S+)$/.exec(got)?.[1]
      expect(file === undefined ? got : readFileSync(file, 'utf8')).toBe(text)
    })

    test('brings a message of 40 KiB', async () => {
      const { launch, found } = await up('app-1')
      const line = 'grüße '.repeat(10)
      const text = Array.from({ length: 600 }, (_, at) => `${at} ${line}`)
        .join('\n')
        .trimEnd()
      expect(Buffer.byteLength(text)).toBeGreaterThan(40 * 1024)
      await say(found, text)
      const [got = ''] = await stage.messages(launch, 1)
      const file = /^Read the message in the file (\S+)$/.exec(got)?.[1]
      expect(file === undefined ? got : readFileSync(file, 'utf8')).toBe(text)
    })

    test('keeps messages apart that are sent at the same time', async () => {
      const { launch, found } = await up('app-1')
      const texts = Array.from({ length: 8 }, (_, at) => `${at}\n${'x'.repeat(9000)}`)
      await Promise.all(texts.map(text => say(found, text)))
      expect([...(await stage.messages(launch, 8))].sort()).toEqual(texts)
    })

    test('finds a session again whose starter was killed', async () => {
      const launch = stage.launch('app-1')
      const [kind, options] = stage.starter
      const args = ['--import', 'tsx', STARTER, kind, options, JSON.stringify(launch)]
      const starter = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      await once(starter.stdout, 'data')
      const facts = await stage.facts(launch)
      starter.kill('SIGKILL')
      await once(starter, 'exit')
      expect(await stage.session('app-1')).toMatchObject({
        uid: launch.uid,
        attempt: 1,
        pid: facts.pid,
        state: 'alive',
      })
      const { handle } = await stage.session('app-1')
      await say({ session: 'app-1', uid: launch.uid, handle }, 'still there?')
      expect(await stage.messages(launch, 1)).toEqual(['still there?'])
    })

    test('does not start what was interrupted before', async () => {
      const aborted = AbortSignal.abort()
      await expect(runtime.start(stage.launch('app-1'), aborted)).rejects.toBeInstanceOf(HouseError)
    })
  })
}
