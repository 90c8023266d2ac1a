import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { parseListing } from '../../src/plugins/runtime/tmux-listing.ts'
import { createTmuxRuntime } from '../../src/plugins/runtime/tmux.ts'
import type { Runtime } from '../../src/plugins/runtime.ts'
import { eventually } from '../support/eventually.ts'
import { SIGNAL, type TmuxStage, createTmuxStage, isRunning } from '../support/runtime-stage.ts'

const GRACE = { graceMs: 300 }

describe('the tmux runtime and its server', () => {
  let stage: TmuxStage
  let runtime: Runtime

  beforeEach(async () => {
    stage = await createTmuxStage()
    runtime = stage.runtime
  })

  afterEach(async () => {
    await stage.remove()
  })

  const up = async (session: string, args: readonly string[] = []) => {
    const launch = stage.launch(session, args)
    const { handle } = await runtime.start(launch, SIGNAL)
    const facts = await stage.facts(launch)
    return { launch, facts, found: { session, uid: launch.uid, handle } }
  }
  const withTmux = (script: string): Runtime => {
    const tmuxPath = join(stage.root, 'tmux-wrapper')
    writeFileSync(tmuxPath, `#!/bin/sh\n${script}\n`)
    chmodSync(tmuxPath, 0o755)
    return createTmuxRuntime({ ...stage.place, tmuxPath, now: () => Date.now() })
  }
  const ours = async () => (await stage.listing()).sessions.filter(({ uid }) => uid !== undefined)

  test('finds nothing, and says so, when no server was ever started', async () => {
    const socket = join(stage.root, 'other.sock')
    const serverFile = join(stage.root, 'other')
    const other = createTmuxRuntime({ ...stage.place, socket, serverFile, now: () => 0 })
    expect(await other.list(SIGNAL)).toEqual({
      state: 'found',
      value: { sessions: [], serverGone: true },
    })
    expect(existsSync(serverFile)).toBe(false)
  })

  test('writes the server down when it starts, and nothing when it lists', async () => {
    const before = readFileSync(stage.place.serverFile, 'utf8')
    expect(before.split('\n')[0]).toBe(String(stage.serverPid()))
    await up('app-1')
    await stage.listing()
    expect(readFileSync(stage.place.serverFile, 'utf8')).toBe(before)
  })

  test('finds no session after the server was killed, and starts again (B1)', async () => {
    const { facts, launch } = await up('app-1')
    const server = stage.serverPid()
    process.kill(server, 'SIGKILL')
    await eventually('the server is gone', async () => !(await isRunning(server)))
    expect(await stage.listing()).toEqual({ sessions: [], serverGone: true })
    const next = stage.launch('app-1', [], { uid: launch.uid, attempt: 2 })
    await runtime.start(next, SIGNAL)
    expect(await isRunning(facts.pid)).toBe(false)
    expect(await stage.session('app-1')).toMatchObject({ attempt: 2, state: 'alive' })
  })

  test('ends an agent that outlived its server before another takes its place (B1)', async () => {
    const { facts, launch } = await up('app-1', ['stubborn'])
    const server = stage.serverPid()
    process.kill(server, 'SIGKILL')
    await eventually('the server is gone', async () => !(await isRunning(server)))
    expect(await isRunning(facts.pid)).toBe(true)
    const next = stage.launch('app-1', [], { uid: launch.uid, attempt: 2 })
    await runtime.start(next, SIGNAL)
    expect(await isRunning(facts.pid)).toBe(false)
  })

  test('gets a deleted socket back and finds the same agents (B2)', async () => {
    const { facts, found } = await up('app-1')
    const server = stage.serverPid()
    rmSync(stage.place.socket)
    expect(await stage.session('app-1')).toMatchObject({ pid: facts.pid, state: 'alive' })
    rmSync(stage.place.socket)
    await expect(runtime.start(stage.launch('app-1'), SIGNAL)).rejects.toMatchObject({
      code: 'Conflict',
    })
    rmSync(stage.place.socket)
    await runtime.send(found, { text: 'exit 2', bracketed: true }, SIGNAL)
    expect(await stage.exited('app-1')).toMatchObject({ exitCode: 2 })
    expect(stage.serverPid()).toBe(server)
    await stage.checkSentinel()
  })

  test('does not know when the socket is gone and the server cannot make it again (B2)', async () => {
    await up('app-1')
    const server = stage.serverPid()
    rmSync(stage.place.socket)
    process.kill(server, 'SIGSTOP')
    try {
      expect(await runtime.list(SIGNAL)).toMatchObject({
        state: 'unknown',
        reason: expect.stringContaining(`pid ${server}`),
      })
      await expect(runtime.start(stage.launch('app-2'), SIGNAL)).rejects.toMatchObject({
        code: 'Unreachable',
      })
    } finally {
      process.kill(server, 'SIGCONT')
    }
    expect(await stage.session('app-1')).toMatchObject({ state: 'alive' })
    await stage.checkSentinel()
  })

  test('does not know when the server does not answer within 5 s (B3, C9)', async () => {
    const { found } = await up('app-1')
    const server = stage.serverPid()
    process.kill(server, 'SIGSTOP')
    try {
      expect(await runtime.list(SIGNAL)).toMatchObject({
        state: 'unknown',
        reason: expect.stringContaining('5000 ms'),
      })
      await expect(runtime.stop(found, GRACE, SIGNAL)).rejects.toMatchObject({ code: 'Timeout' })
    } finally {
      process.kill(server, 'SIGCONT')
    }
    expect(await stage.session('app-1')).toMatchObject({ state: 'alive' })
  })

  test.each([
    ['is not installed', undefined, 'not installed'],
    ['may not be run', 'exit 0', 'tmux-wrapper'],
    [
      'is refused by its server',
      'echo "error connecting to x (Permission denied)" >&2; exit 1',
      'Permission denied',
    ],
    [
      'fails for a reason of its own',
      'echo "unknown command: list-panes" >&2; exit 1',
      'unknown command',
    ],
  ])('does not know when tmux %s (B3)', async (_title, script, reason) => {
    const tmuxPath = join(stage.root, 'tmux-wrapper')
    const other =
      script === undefined
        ? createTmuxRuntime({ ...stage.place, tmuxPath: `${tmuxPath}-none`, now: () => 0 })
        : withTmux(script)
    if (script === 'exit 0') chmodSync(tmuxPath, 0o644)
    expect(await other.list(SIGNAL)).toMatchObject({
      state: 'unknown',
      reason: expect.stringContaining(reason),
    })
    await expect(other.start(stage.launch('app-1'), SIGNAL)).rejects.toThrow(reason)
    expect(await ours()).toEqual([])
  })

  test('marks a session again whose starter died before it was marked (A7)', async () => {
    const uid = randomUUID()
    const identity = [`AO_UID=${uid}`, 'AO_ATTEMPT=3', 'AO_SESSION_ID=app-1']
    const env = identity.flatMap(each => ['-e', each])
    stage.tmux('new-session', '-d', '-s', 'app-1', ...env, 'exec sleep 1000')
    expect(await stage.session('app-1')).toMatchObject({ uid, attempt: 3, state: 'alive' })
    const marks = '#{@ao_uid} #{@ao_attempt} #{@ao_session} #{@ao_pane}'
    const { handle } = await stage.session('app-1')
    expect(stage.tmux('list-panes', '-t', '=app-1', '-F', marks)).toBe(`${uid} 3 app-1 ${handle}`)
    await runtime.stop({ session: 'app-1', uid, handle }, GRACE, SIGNAL)
    expect(await ours()).toEqual([])
  })

  test('does not take sessions for ours because the server was started inside one', async () => {
    stage.tmux(
      'set-environment',
      '-g',
      'AO_UID',
      randomUUID(),
      ';',
      'set-environment',
      '-g',
      'AO_SESSION_ID',
      'app-1',
    )
    expect(await stage.session('sentinel')).toMatchObject({ uid: undefined })
  })

  test('finds a renamed session by its uid, and works with it (B4)', async () => {
    const { launch, found, facts } = await up('app-1')
    stage.tmux('rename-session', '-t', '=app-1', 'mine: a.b|c 👋')
    expect(await stage.session('app-1')).toMatchObject({
      uid: launch.uid,
      handle: found.handle,
      pid: facts.pid,
    })
    await expect(runtime.start(stage.launch('app-1'), SIGNAL)).rejects.toMatchObject({
      code: 'Conflict',
    })
    await runtime.send(found, { text: 'hello', bracketed: true }, SIGNAL)
    expect(await stage.messages(launch, 1)).toEqual(['hello'])
    await runtime.stop(found, GRACE, SIGNAL)
    expect(await isRunning(facts.pid)).toBe(false)
    expect(await ours()).toEqual([])
    await stage.checkSentinel()
  })

  test('leaves a foreign session of a wanted name alone (B17, C10)', async () => {
    stage.tmux('new-session', '-d', '-s', 'app-1', 'exec sleep 1000')
    stage.tmux('new-session', '-d', '-s', 'größe 👋', 'exec sleep 1000')
    await expect(runtime.start(stage.launch('app-1'), SIGNAL)).rejects.toMatchObject({
      code: 'Conflict',
    })
    expect(await stage.session('app-1')).toMatchObject({ uid: undefined, state: 'alive' })
    const { handle } = await stage.session('app-1')
    await runtime.stop({ session: 'app-1', uid: randomUUID(), handle }, GRACE, SIGNAL)
    expect(await stage.session('app-1')).toMatchObject({ handle, state: 'alive' })
    expect(await stage.session('größe 👋')).toMatchObject({ uid: undefined })
  })

  test("tells the agent's pane from those a person opened beside it", async () => {
    const { found, facts } = await up('app-1')
    stage.tmux('split-window', '-t', '=app-1:', 'exec sleep 1000')
    stage.tmux('new-window', '-t', '=app-1:', 'exec sleep 1000')
    expect(await stage.session('app-1')).toMatchObject({ handle: found.handle, pid: facts.pid })
    stage.tmux('kill-pane', '-t', found.handle)
    expect(await stage.session('app-1')).toMatchObject({ uid: found.uid, state: 'exited' })
    await expect(
      runtime.send(found, { text: 'hello', bracketed: true }, SIGNAL),
    ).rejects.toMatchObject({ code: 'NotFound' })
    await runtime.stop(found, GRACE, SIGNAL)
    expect(await ours()).toEqual([])
  })

  test('sees a person typing, and opens the terminal from inside another tmux (B6)', async () => {
    const { found } = await up('app-1')
    const command = runtime.attachCommand(found) ?? []
    const person = join(stage.root, 'person.sock')
    const outer = (...args: readonly string[]) =>
      spawn('tmux', ['-S', person, '-f', '/dev/null', ...args], { stdio: 'ignore' })
    outer('new-session', '-d', '-s', 'desk', ...command)
    try {
      await eventually('a client is attached', () =>
        stage.tmux('list-clients', '-t', '=app-1').includes('app-1'),
      )
      await eventually(
        'the person pauses',
        async () => !(await stage.session('app-1')).personTyping,
      )
      outer('send-keys', '-t', 'desk', 'x')
      await eventually('the person types', async () => (await stage.session('app-1')).personTyping)
      expect(await stage.session('sentinel')).toMatchObject({ personTyping: false })
    } finally {
      outer('kill-server')
    }
  })

  test('types into the agent, not into the history a person has scrolled to (B6)', async () => {
    const { launch, found } = await up('app-1')
    stage.tmux('copy-mode', '-t', found.handle)
    await runtime.send(found, { text: 'two\nlines', bracketed: true }, SIGNAL)
    expect(await stage.messages(launch, 1)).toEqual(['two\nlines'])
    expect(stage.tmux('display-message', '-p', '-t', found.handle, '#{pane_in_mode}')).toBe('0')
    expect(stage.tmux('list-buffers')).toBe('')
  })

  test('lists with one client, and looks and starts thirty sessions with two', async () => {
    const calls = join(stage.root, 'calls')
    const counted = withTmux(`echo x >> '${calls}'; exec tmux "$@"`)
    const count = () => (existsSync(calls) ? readFileSync(calls, 'utf8').length / 2 : 0)
    const launches = Array.from({ length: 30 }, (_, at) =>
      stage.launch(`app-${at}`, [], { argv: ['sleep', '1000'] }),
    )
    await Promise.all(launches.map(launch => counted.start(launch, SIGNAL)))
    expect(count()).toBe(2)
    const before = count()
    expect(await counted.list(SIGNAL)).toMatchObject({ state: 'found' })
    expect(count() - before).toBe(1)
    expect(await ours()).toHaveLength(30)
  })

  test('carries a command and an environment of any size and any text', async () => {
    const nasty = '~/$HOME ${X} "q" \\ \t\u001B[1m # no\n   # comment; {a} %if #{pid};'
    const launch = stage.launch('app-1', ['x'.repeat(60_000), nasty, '~', ';'])
    const env = { ...launch.env, NASTY: nasty, LONG: 'ü'.repeat(20_000) }
    await runtime.start({ ...launch, env }, SIGNAL)
    const facts = await stage.facts(launch)
    expect(facts.args).toEqual(['x'.repeat(60_000), nasty, '~', ';'])
    expect(facts.env).toMatchObject({ NASTY: nasty, LONG: env.LONG })
  })

  test('starts the others when a name is taken at the last moment', async () => {
    const taken = `exec tmux -S '${stage.place.socket}' new-session -d -s app-2 'exec sleep 1000'`
    const racy = withTmux(
      `case "$*" in *source-file*) [ -e '${stage.root}/raced' ] || { : > '${stage.root}/raced'; (${taken}) </dev/null; };; esac\nexec tmux "$@"`,
    )
    const outcomes = await Promise.allSettled(
      ['app-1', 'app-2', 'app-3'].map(name => racy.start(stage.launch(name), SIGNAL)),
    )
    expect(
      outcomes.map(each => (each.status === 'rejected' ? each.reason.code : 'started')),
    ).toEqual(['started', 'Conflict', 'started'])
    expect((await ours()).map(({ session }) => session).sort()).toEqual(['app-1', 'app-3'])
    expect(await stage.session('app-2')).toMatchObject({ uid: undefined })
  })

  test('says that nobody knows when tmux goes away while it types', async () => {
    const { found } = await up('app-1')
    const lossy = withTmux(
      'case "$*" in *load-buffer*) echo "lost server" >&2; exit 1;; esac\nexec tmux "$@"',
    )
    await expect(
      lossy.send(found, { text: 'hello', bracketed: true }, SIGNAL),
    ).rejects.toMatchObject({ code: 'Ambiguous' })
  })

  test('keeps a session on a server that a person started with another configuration', async () => {
    stage.tmux('set-option', '-g', 'remain-on-exit', 'off')
    const { found } = await up('app-1')
    await runtime.send(found, { text: 'exit 6', bracketed: true }, SIGNAL)
    expect(await stage.exited('app-1')).toMatchObject({ exitCode: 6 })
  })

  test('opens a terminal of 200 by 50 with our own settings', async () => {
    const { found } = await up('app-1')
    expect(
      stage.tmux('display-message', '-p', '-t', found.handle, '#{pane_width} #{window_height}'),
    ).toMatch(/^200 (49|50)$/)
    expect(stage.tmux('show-options', '-gv', 'history-limit')).toBe('20000')
    expect(stage.tmux('show-options', '-sv', 'escape-time')).toBe('10')
    expect(stage.tmux('show-options', '-gv', 'mouse')).toBe('off')
    expect(stage.tmux('show-environment', '-g')).not.toContain('LEAK')
  })
})

test('reads an older tmux that knows no signals and no times', () => {
  const line = 'p|$0|%0|77|1||||u-1|2|app-1|%0||||5|app-1'
  const { sessions, serverPid } = parseListing(`${line}\n`, 0)
  expect(serverPid).toBe(5)
  expect(sessions).toMatchObject([
    { session: 'app-1', uid: 'u-1', attempt: 2, handle: '%0', pid: 77, detached: true },
  ])
})
