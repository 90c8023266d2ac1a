import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { AGENT_REPORT_SCHEMA } from '../../src/plugins/agent.ts'
import { digestOf } from '../../src/plugins/agent/script-reports.ts'
import { createScriptAgent } from '../../src/plugins/agent/script.ts'
import { eventually } from '../support/eventually.ts'
import { buildScriptProgram, setScriptStage } from '../support/script-stage.ts'
import type { BuiltProgram, PlayedAttempt, ScriptStage } from '../support/script-stage.ts'

let program: BuiltProgram
let stage: ScriptStage

beforeAll(async () => {
  program = await buildScriptProgram()
})
afterAll(() => {
  program.remove()
})
beforeEach(() => {
  stage = setScriptStage()
})
afterEach(async () => {
  await stage.strike()
})

async function argvOf(steps: readonly object[], attempt = 1): Promise<readonly string[]> {
  const agent = createScriptAgent({ program: program.path, node: process.execPath })
  const { argv } = await agent.command({
    config: { plugin: 'script', steps },
    model: undefined,
    permissions: 'default',
    sessionId: 'dd8a2b9c-3b0b-4a4c-9f53-1c2b4bd19a11',
    attempt,
    workspace: stage.workspace,
    baseDir: stage.workspace,
    userHome: stage.workspace,
  })
  return argv
}

async function play(steps: readonly object[], attempt = 1): Promise<PlayedAttempt> {
  return stage.play(await argvOf(steps, attempt), attempt)
}

/** A step that takes until `goOn` is called. */
const HOLD = { run: ['sh', '-c', 'while [ ! -e go ]; do sleep 0.02; done'] }

function goOn(): void {
  writeFileSync(join(stage.workspace, 'go'), '')
}

const paste = (text: string): string => `\x1b[200~${text}\x1b[201~\r`

const activities = (): readonly string[] =>
  stage.reports().flatMap(report => (report.type === 'activity' ? [report.activity] : []))

const accepted = (): readonly string[] =>
  stage.reports().flatMap(report => (report.type === 'message-accepted' ? [report.digest] : []))

async function untilPrinted(played: PlayedAttempt, text: string): Promise<void> {
  await eventually(`${text} in\n${played.output()}`, () => played.output().includes(text))
}

/** Until the last thing it said of itself is this. */
async function untilActivity(activity: string): Promise<void> {
  await eventually(activity, () => activities().at(-1) === activity)
}

async function endOf(played: PlayedAttempt): Promise<string | number | null> {
  const { code, signal } = await played.ended
  return signal ?? code
}

describe('a scenario', () => {
  test('becomes real edits, commits and pushes, and reports that the schema of the spool knows', async () => {
    const played = await play([
      { say: 'Hello' },
      { edit: { file: 'src/a.txt', content: 'one\n' } },
      { commit: 'Add a' },
      { fix: { file: 'src/a.txt', replace: { from: 'one', to: 'two' }, commit: 'Mend a' } },
      { run: ['sh', '-c', 'echo ran; exit 3'], when: 2 },
      { run: { argv: ['sh', '-c', 'echo ran in $PWD; exit 3'], 'may-fail': true } },
      { report: 'done' },
      { exit: 0 },
    ])
    expect(await endOf(played)).toBe(0)
    expect(stage.git('log', '--format=%an %s', '-2', 'origin/ao/w-1')).toBe('w-1 Mend a\nw-1 Add a')
    expect(stage.git('show', 'HEAD:src/a.txt')).toBe('two')
    expect(played.output()).toContain('Make the shop better.')
    expect(played.output()).toContain(`ran in ${stage.workspace}`)
    const isReport = new Ajv2020().compile(AGENT_REPORT_SCHEMA)
    const reports = stage.reports()
    expect(reports.filter(report => !isReport(report))).toEqual([])
    expect(reports[0]).toMatchObject({ type: 'prompt-accepted', uid: stage.uid, attempt: 1 })
    expect(reports.find(report => report.type === 'reported')).toMatchObject({ outcome: 'done' })
  })

  test('ends the attempt at a step that fails, and the next attempt begins with that step', async () => {
    const steps = [
      { say: 'first' },
      { run: ['sh', '-c', 'test -e go || { echo not yet; exit 4; }'] },
      { exit: 0 },
    ]
    const first = await play(steps)
    expect(await endOf(first)).toBe(1)
    expect(first.output()).toContain('ended with exit code 4')
    writeFileSync(join(stage.workspace, 'go'), '')
    const second = await play(steps, 2)
    expect(await endOf(second)).toBe(0)
    expect(second.output()).toContain('going on after step 1 of 3')
    expect(second.output()).not.toContain('first')
  })

  test('opens its pull request with the ao that is first on its PATH', async () => {
    writeFileSync(
      join(stage.bin, 'ao'),
      '#!/bin/sh\nprintf "%s|" "$PWD" "$@" > "$AO_HOME/asked"\necho opened\n',
    )
    chmodSync(join(stage.bin, 'ao'), 0o755)
    const played = await play([
      { 'open-pr': { title: "It's done", body: 'a\nb', draft: true } },
      { exit: 0 },
    ])
    expect(await endOf(played)).toBe(0)
    expect(readFileSync(join(stage.env['AO_HOME'] ?? '', 'asked'), 'utf8')).toBe(
      `${stage.workspace}|pr|create|--title|It's done|--body|a\nb|--draft|`,
    )
  })

  test('tells whether a variable is set and never what it is', async () => {
    const played = await play([{ env: 'AO_UID' }, { env: 'SECRET' }, { exit: 0 }])
    expect(await endOf(played)).toBe(0)
    expect(played.output()).toContain('AO_UID is set')
    expect(played.output()).toContain('SECRET is not set')
    expect(played.output()).not.toContain(stage.uid)
  })

  test('keeps braces in its words from being taken for the prompt', async () => {
    const argv = await argvOf([{ say: 'what is {{prompt}}?' }, { exit: 0 }])
    expect(argv.join(' ')).not.toContain('{{prompt}}')
    const played = stage.play(argv)
    expect(await endOf(played)).toBe(0)
    expect(played.output()).toContain('what is {{prompt}}?')
  })
})

describe('messages over a FIFO', () => {
  const serve = [
    { serve: { on: [{ matching: 'count', steps: [{ run: ['sh', '-c', 'echo x >> seen'] }] }] } },
  ]

  test('are one each, pasted or typed, and each is acknowledged by its digest', async () => {
    const played = await play(serve)
    await untilActivity('idle')
    played.write(paste('please\ncount'))
    played.write('and this\r')
    await untilPrinted(played, 'Noted.')
    await untilActivity('idle')
    expect(readFileSync(join(stage.workspace, 'seen'), 'utf8')).toBe('x\n')
    expect(accepted()).toEqual([digestOf('please\ncount'), digestOf('and this')])
    expect(activities()).toEqual(['idle', 'working', 'working', 'idle', 'working', 'idle'])
  })

  test('of 200 KiB arrive whole', async () => {
    const text = `${'long line of a log\n'.repeat(11_000)}end`
    const played = await play([{ 'wait-for-message': { matching: 'end$' } }, { exit: 0 }])
    await untilActivity('idle')
    // A FIFO takes 64 KiB at a time: somebody has to read while we write.
    execFileSync('sh', ['-c', 'cat > "$0"', join(stage.workspace, '..', 'input')], {
      input: paste(text),
    })
    expect(await endOf(played)).toBe(0)
    expect(accepted()).toEqual([digestOf(text)])
  })

  test('that name a file are read from there, and both texts are acknowledged', async () => {
    const file = join(stage.workspace, '..', 'a message.txt')
    writeFileSync(file, 'count\r\nthis\n')
    const played = await play(serve)
    await untilActivity('idle')
    played.write(paste(`Read the message in the file ${file}`))
    await eventually('the handler ran', () => existsSync(join(stage.workspace, 'seen')))
    expect(accepted()).toEqual([
      digestOf(`Read the message in the file ${file}`),
      digestOf('count\nthis'),
    ])
  })

  test('wait for the step that wants them', async () => {
    const played = await play([
      { 'wait-for-message': { matching: 'second' } },
      { say: 'got two' },
      { 'on-message': [{ matching: 'first', steps: [{ say: 'got one' }] }] },
      { 'wait-for-message': { timeout: '10ms' } },
      { exit: 0 },
    ])
    await untilActivity('idle')
    played.write(paste('the first'))
    played.write(paste('the SECOND'))
    expect(await endOf(played)).toBe(0)
    expect(played.output()).toMatch(/got two[^]*got one[^]*nobody wrote/)
  })

  test('answer questions only when they come after the question', async () => {
    const played = await play([
      HOLD,
      { ask: 'Which colour?' },
      { 'ask-permission': 'May I push?' },
      { exit: 0 },
    ])
    await eventually('it works', () => activities().includes('working'))
    played.write(paste('too early'))
    await eventually('it is taken', () => accepted().includes(digestOf('too early')))
    goOn()
    await untilActivity('needs-input')
    played.write(paste('blue'))
    await untilActivity('needs-permission')
    played.write('y\r')
    expect(await endOf(played)).toBe(0)
    expect(played.output()).toContain('  allowed')
  })
})

describe('a restart', () => {
  test('goes on after the last step done, and does nothing twice', async () => {
    const steps = [
      { edit: { file: 'a', append: 'a\n' } },
      { commit: 'Add a' },
      { crash: { signal: 'SIGKILL', attempts: [1] } },
      { edit: { file: 'b', append: 'b\n' } },
      { commit: 'Add b' },
      { exit: 0 },
    ]
    expect(await endOf(await play(steps))).toBe('SIGKILL')
    expect(await endOf(await play(steps, 2))).toBe(0)
    expect(stage.git('log', '--format=%s', '-2')).toBe('Add b\nAdd a')
    expect(stage.git('show', 'HEAD:a')).toBe('a')
  })

  test('loses no message that was accepted: neither one being handled nor one not looked at yet', async () => {
    const handle = [
      { run: ['sh', '-c', 'echo handled >> seen'] },
      { crash: { attempts: [1] } },
      { say: 'through' },
    ]
    const steps = [HOLD, { serve: { on: [{ matching: '^task', steps: handle }] } }]
    const first = await play(steps)
    await eventually('it works', () => activities().includes('working'))
    first.write(paste('task 1'))
    first.write(paste('task 2'))
    await eventually('both are taken', () => accepted().length === 2)
    goOn()
    expect(await endOf(first)).toBe(1)
    expect(accepted()).toEqual([digestOf('task 1'), digestOf('task 2')])
    const second = await play(steps, 2)
    await eventually('both are through', () => second.output().split('through').length === 3)
    expect(readFileSync(join(stage.workspace, 'seen'), 'utf8')).toBe('handled\nhandled\n')
  })

  test('begins anew when what was done is no longer what the scenario says', async () => {
    expect(await endOf(await play([{ say: 'old' }, { exit: 3 }]))).toBe(3)
    const second = await play([{ say: 'new' }, { exit: 3 }], 2)
    expect(await endOf(second)).toBe(3)
    expect(second.output()).toContain('new')
  })
})

describe('faults', () => {
  test.each([
    [{ crash: { code: 7 } }, 7],
    [{ crash: null }, 1],
    [{ crash: { signal: 'SIGTERM' } }, 'SIGTERM'],
    [{ exit: 9 }, 9],
  ])('%j ends it so', async (step, end) => {
    expect(await endOf(await play([step]))).toBe(end)
  })

  test('SIGTERM ends it by that very signal', async () => {
    const played = await play([{ serve: { on: [] } }])
    await untilActivity('idle')
    played.child.kill('SIGTERM')
    expect(await endOf(played)).toBe('SIGTERM')
  })

  test('ignored signals stay ignored after a restart', async () => {
    const steps = [{ 'ignore-signals': true }, { crash: { attempts: [1] } }, { serve: { on: [] } }]
    expect(await endOf(await play(steps))).toBe(1)
    const played = await play(steps, 2)
    await untilActivity('idle')
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) played.child.kill(signal)
    played.write(paste('still there?'))
    await untilPrinted(played, 'Noted.')
    played.child.kill('SIGKILL')
    expect(await endOf(played)).toBe('SIGKILL')
  })

  test('a hanging agent neither takes messages nor reports', async () => {
    const played = await play([{ hang: null }])
    await untilPrinted(played, 'from here on nothing happens')
    const before = stage.reports().length
    played.write(paste('hello?'))
    played.child.kill('SIGTERM')
    expect(await endOf(played)).toBe('SIGTERM')
    expect(stage.reports()).toHaveLength(before)
    expect(played.output()).not.toContain('hello?')
  })

  test('a child left behind outlives the agent', async () => {
    const played = await play([{ fork: null }, { exit: 0 }])
    expect(await endOf(played)).toBe(0)
    const pid = Number(/process (\d+) runs on/.exec(played.output())?.[1])
    const lived = isAlive(pid)
    if (lived) process.kill(pid, 'SIGKILL')
    expect(lived).toBe(true)
  })

  test('a spool that is gone does not stop the work', async () => {
    execFileSync('rm', ['-r', join(stage.env['AO_HOME'] ?? '', 'spool')])
    const played = await play([{ say: 'working on' }, { exit: 0 }])
    expect(await endOf(played)).toBe(0)
    execFileSync('mkdir', [join(stage.env['AO_HOME'] ?? '', 'spool')])
  })
})

describe('in a tmux pane', () => {
  const screen = (): string => stage.tmux(['capture-pane', '-p', '-t', '=w-1:'])

  async function startInTmux(steps: readonly object[]): Promise<void> {
    const variables = Object.entries(stage.env).flatMap(([name, value]) => [
      '-e',
      `${name}=${value}`,
    ])
    const size = ['-x', '100', '-y', '40']
    const argv = await argvOf(steps)
    stage.tmux([
      'new-session',
      '-d',
      '-s',
      'w-1',
      ...size,
      '-c',
      stage.workspace,
      ...variables,
      ...argv,
    ])
    await untilActivity('idle')
  }

  test('a pasted text of many lines is one message, and what is typed is echoed', async () => {
    await startInTmux([{ serve: { on: [] } }])
    stage.tmux(['load-buffer', '-b', 'm', '-'], 'one\n\n  two;\nthree')
    stage.tmux(['paste-buffer', '-p', '-d', '-b', 'm', '-t', '=w-1:'])
    stage.tmux(['send-keys', '-t', '=w-1:', 'Enter'])
    await eventually('acknowledged', () => accepted().includes(digestOf('one\n\n  two;\nthree')))
    await untilActivity('idle')
    stage.tmux(['send-keys', '-t', '=w-1:', '-l', 'helo'])
    stage.tmux(['send-keys', '-t', '=w-1:', 'BSpace'])
    stage.tmux(['send-keys', '-t', '=w-1:', '-l', 'lo'])
    await eventually('the echo', () => screen().includes('> hello'))
    stage.tmux(['send-keys', '-t', '=w-1:', 'Enter'])
    await eventually('acknowledged', () => accepted().includes(digestOf('hello')))
    expect(screen()).toContain(' message  one\n\n            two;\n          three')
  })

  test('Ctrl-C twice ends it, and a hang-up ends it too', async () => {
    await startInTmux([{ serve: { on: [] } }])
    stage.tmux(['set-option', '-g', 'remain-on-exit', 'on'])
    stage.tmux(['send-keys', '-t', '=w-1:', 'C-c', 'C-c'])
    const server = Number(stage.tmux(['display-message', '-p', '#{pid}']))
    await eventually('the pane is dead', () => {
      // tmux 3.3 sees that the terminal is closed, and may miss that its child ended until it hears of a child again.
      process.kill(server, 'SIGCHLD')
      const format = '#{pane_dead} #{pane_dead_status}'
      return stage.tmux(['list-panes', '-t', '=w-1:', '-F', format]).trim() === '1 130'
    })
    stage.tmux(['respawn-pane', '-t', '=w-1:', ...(await argvOf([{ serve: { on: [] } }]))])
    const pid = Number(stage.tmux(['list-panes', '-t', '=w-1:', '-F', '#{pane_pid}']))
    await eventually('it is up', () => screen().includes('for messages'))
    stage.tmux(['kill-session', '-t', '=w-1'])
    await eventually('the process is gone', () => !isAlive(pid))
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
