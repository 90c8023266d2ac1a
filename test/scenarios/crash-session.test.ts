import {
  existsSync,
  readFileSync,
  readdirSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { conditionOf, dumpWorld, panes } from '../support/world.ts'
import { expectOrder } from './order.ts'
import { resting, succeed } from './routes.ts'
import { createStage, project, worker } from './stage.ts'
import type { Stage } from './stage.ts'

let stage: Stage | undefined

afterEach(async () => {
  await stage?.remove()
  stage = undefined
})

function begin(does = 'rest'): Stage {
  stage = createStage()
  stage.declare('project.yaml', project())
  stage.declare('workers.yaml', worker('app-one', does))
  return stage
}

async function apply(one: Stage): Promise<void> {
  await succeed(one, ['apply', '-f', one.manifests])
  await resting(one)
}

describe('a session whose start was cut off', () => {
  test('A7 a session without tags is known by its environment, tagged again and not started twice', async () => {
    const one = begin()
    await apply(one)
    const before = panes(one)
    for (const option of ['@ao_uid', '@ao_session', '@ao_attempt', '@ao_pane']) {
      one.tmux('set-option', '-u', '-t', '=app-one:', option)
    }
    await apply(one)
    await succeed(one, ['reconcile', '--once'])
    expect(panes(one)).toEqual(before)
    const tag = one.tmux('show-options', '-v', '-t', '=app-one:', '@ao_uid')
    expect(tag).toBe(before[0]?.uid)
    expect(one.starts()).toHaveLength(1)
    expectOrder(one, ['app-one'])
  })

  test.each(['before', 'during', 'after'])(
    'A8 killed %s the start, the agent that runs has its prompt, once',
    async phase => {
      const one = begin()
      const env = { AO_FAILPOINT: `session.start:${phase}:kill` }
      const broken = await one.ao(['apply', '-f', one.manifests], { env })
      expect(broken.signal).toBe('SIGKILL')
      await apply(one)
      const [start, ...more] = one.alive()
      expect(more).toEqual([])
      const prompt = join(one.manifests, `prompt-app-one-${start?.attempt ?? 0}`)
      expect(readFileSync(prompt, 'utf8').match(/Do the work of app-one\./g)).toHaveLength(1)
      expect(conditionOf(one, 'Worker/app-one', 'PromptDelivered')).toBe('True:Delivered')
      expectOrder(one, ['app-one'])
    },
  )

  test('A9 a message whose writing was cut off is never written again, and says so', async () => {
    const one = begin('read')
    await succeed(one, ['apply', '-f', one.manifests])
    const path = one.fake(
      'tmux',
      `case " $* " in *' load-buffer '*) touch '${one.manifests}/hangs'; sleep 1000 ;; esac
exec "$real" "$@"
`,
    )
    const broken = one.start(['send', 'app-one', 'Please hurry.'], { env: { PATH: path } })
    await eventually('the message is being written', () => existsSync(join(one.manifests, 'hangs')))
    broken.child.kill('SIGKILL')
    await broken.ended
    await succeed(one, ['reconcile', '--once'])
    await succeed(one, ['reconcile', '--once'])
    expect(existsSync(join(one.manifests, 'read-app-one'))).toBe(false)
    expect(await succeed(one, ['describe', 'worker/app-one'])).toContain('unconfirmed')
    expectOrder(one, ['app-one'])
  })
})

describe('a pull request', () => {
  test('A10 that exists before it was recorded is found, and opened no second time', async () => {
    const one = begin('open')
    await apply(one)
    const create = ['pr', 'create', '--project', 'app', '--head', 'ao/app-one']
    for (const ms of [60, 90, 120]) {
      const broken = one.start(create)
      await sleep(ms)
      broken.child.kill('SIGKILL')
      await broken.ended
    }
    expect(await succeed(one, create)).toContain('#1 ')
    await succeed(one, ['reconcile', '--once'])
    expect(conditionOf(one, 'Worker/app-one', 'PullRequestOpen')).toBe('True:Open')
    const listed = await succeed(one, ['pr', 'list', '--project', 'app', '-o', 'name'])
    expect(listed.trim()).toBe('1')
    expectOrder(one, ['app-one'])
  })
})

describe('state whose writing was cut off', () => {
  test('A14 A15 killed at any moment of an apply, no half file is ever read and none stays', async () => {
    const one = begin()
    one.declare('more.yaml', ['two', 'three'].map(name => worker(`app-${name}`)).join('---\n'))
    const args = ['apply', '-f', one.manifests]
    for (let ms = 60; ms <= 420; ms += 60) {
      const broken = one.start(args)
      await sleep(ms)
      broken.child.kill('SIGKILL')
      await broken.ended
      expectOrder(one)
    }
    await apply(one)
    const left = (): readonly string[] =>
      readdirSync(one.home, { recursive: true, encoding: 'utf8' })
        .filter(name => /corrupt|\.tmp$/.test(name))
        .map(name => join(one.home, name))
    const minutesAgo = new Date(Date.now() - 120_000)
    for (const file of left()) utimesSync(file, minutesAgo, minutesAgo)
    await succeed(one, ['reconcile', '--once'])
    expect(left()).toEqual([])
    expectOrder(one, ['app-one', 'app-three', 'app-two'])
  })

  test('A16 a torn last line of the event log is dropped, and the log goes on', async () => {
    const one = begin()
    await apply(one)
    const log = join(one.home, 'events.jsonl')
    truncateSync(log, statSync(log).size - 9)
    const before = await succeed(one, ['events', '-o', 'jsonl'])
    await succeed(one, ['restart', 'app-one'])
    const after = await succeed(one, ['events', '-o', 'jsonl'])
    expect(after.startsWith(before.trimEnd().split('\n')[0] ?? '-')).toBe(true)
    expect(after).toContain('Restarted')
    for (const line of after.trimEnd().split('\n')) JSON.parse(line)
    expectOrder(one, ['app-one'])
  })

  test('A17 killed between loading and the first effect, nothing is there and the same is planned', async () => {
    const one = begin()
    const world = dumpWorld(one)
    const env = { AO_FAILPOINT: 'base.fetch:before:kill' }
    await one.ao(['apply', '-f', one.manifests], { env })
    const now = dumpWorld(one)
    expect([now.sessions, now.worktrees, now.refs]).toEqual([
      world.sessions,
      world.worktrees,
      world.refs,
    ])
    const diff = await one.ao(['diff', '-f', one.manifests, '-o', 'json'])
    expect(diff.code).toBe(1)
    expect(JSON.parse(diff.stdout)).toMatchObject({ summary: { create: 1, unchanged: 1 } })
    expectOrder(one)
  })
})

describe('a command that a signal meets', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'A18 %s during a long wait ends it, ends what it ran and lets go of the lock',
    async signal => {
      const one = begin()
      const pidFile = join(one.manifests, 'pid')
      const gate = join(one.manifests, 'gate')
      const postCreate = `[ -e '${gate}' ] || { echo $$ > '${pidFile}'; sleep 1000; }; echo ready > .prepared`
      one.declare('project.yaml', project({ postCreate }))
      const waiting = one.start(['apply', '-f', one.manifests])
      await eventually('postCreate runs', () => existsSync(pidFile))
      waiting.child.kill(signal)
      const { code, stderr } = await waiting.ended
      expect([130, 143]).toContain(code)
      expect(stderr).toContain('interrupted')
      expect(existsSync(join(one.home, 'lock'))).toBe(false)
      const pid = Number(readFileSync(pidFile, 'utf8'))
      await eventually('postCreate ended', () => !existsSync(`/proc/${pid}`))
      expectOrder(one)
      writeFileSync(gate, '')
      await apply(one)
      expectOrder(one, ['app-one'])
    },
  )

  test('A18 SIGTERM ends a watcher and leaves its sessions running', async () => {
    const one = begin()
    const watcher = one.start(['reconcile', '--watch', '-f', one.manifests])
    await eventually('the session runs', () => one.alive().length === 1)
    watcher.child.kill('SIGTERM')
    const { code } = await watcher.ended
    expect([130, 143]).toContain(code)
    expect(existsSync(join(one.home, 'lock'))).toBe(false)
    expect(one.alive()).toHaveLength(1)
    expectOrder(one)
  })

  test('A19 a stopped holder keeps the lock, for it lives; woken it goes on, and nothing was done twice', async () => {
    const one = begin()
    const pidFile = join(one.manifests, 'pid')
    const gate = join(one.manifests, 'gate')
    const postCreate = `echo $$ > '${pidFile}'; until [ -e '${gate}' ]; do sleep 0.05; done; echo ready > .prepared`
    one.declare('project.yaml', project({ postCreate }))
    const holder = one.start(['apply', '-f', one.manifests])
    await eventually('postCreate runs', () => existsSync(pidFile))
    holder.child.kill('SIGSTOP')
    writeFileSync(gate, '')
    const other = await one.ao(['apply', '-f', one.manifests, '--lock-timeout', '300ms'])
    expect(other.code).toBe(3)
    expect(other.stderr).toContain(`pid ${holder.child.pid ?? 0}`)
    expect(one.starts()).toEqual([])
    holder.child.kill('SIGCONT')
    expect((await holder.ended).code).toBe(0)
    expect(one.starts()).toHaveLength(1)
    expectOrder(one, ['app-one'])
  })

  test('A19 a holder that was stopped and then killed is replaced at once', async () => {
    const one = begin()
    const pidFile = join(one.manifests, 'pid')
    const gate = join(one.manifests, 'gate')
    const postCreate = `echo $$ > '${pidFile}'; until [ -e '${gate}' ]; do sleep 0.05; done; echo ready > .prepared`
    one.declare('project.yaml', project({ postCreate }))
    const holder = one.start(['apply', '-f', one.manifests])
    await eventually('postCreate runs', () => existsSync(pidFile))
    holder.child.kill('SIGSTOP')
    holder.child.kill('SIGKILL')
    await holder.ended
    writeFileSync(gate, '')
    await apply(one)
    expectOrder(one, ['app-one'])
  })
})

describe('a failure of one', () => {
  test('A20 an error in one key is retried and stops no other', async () => {
    const one = begin()
    one.declare('more.yaml', worker('app-two'))
    const watcher = one.start(['reconcile', '--watch', '-f', one.manifests], {
      env: { AO_FAILPOINT: 'workspace.populate:before:1:throw' },
    })
    await eventually('one session runs', () => one.alive().length === 1)
    await eventually('both sessions run', () => one.alive().length === 2)
    expect(watcher.said()).toContain('failpoint workspace.populate:before')
    await eventually(
      'both are Ready',
      () =>
        conditionOf(one, 'Worker/app-one', 'Ready') === 'True:Running' &&
        conditionOf(one, 'Worker/app-two', 'Ready') === 'True:Running',
    )
    watcher.child.kill('SIGTERM')
    await watcher.ended
    expectOrder(one, ['app-one', 'app-two'])
  })

  test('A20 a broken project stops no other', async () => {
    const one = begin()
    one.declare('bad.yaml', `${project({ name: 'bad', path: '../bad' })}---\n${worker('bad-one')}`)
    one.declare(
      'worse.yaml',
      `${project({ name: 'worse', postCreate: 'echo no; exit 7' })}---\n${worker('worse-one')}`,
    )
    const ran = await one.ao(['apply', '-f', one.manifests])
    expect(ran.code).toBe(6)
    await resting(one)
    expect(conditionOf(one, 'Worker/app-one', 'Ready')).toBe('True:Running')
    expect(conditionOf(one, 'Worker/bad-one', 'Ready')).toBe('False:RepositoryMissing')
    expect(conditionOf(one, 'Worker/worse-one', 'Stalled')).toBe('True:Failed')
    expect(one.starts('worse-one')).toEqual([])
    expectOrder(one, ['app-one'])
  })
})
