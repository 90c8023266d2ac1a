import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { conditionOf, dumpWorld, panes, statusOf } from '../support/world.ts'
import { expectOrder } from './order.ts'
import { resting, succeed } from './routes.ts'
import { createStage, project, worker } from './stage.ts'
import type { Stage } from './stage.ts'

let stage: Stage | undefined

afterEach(async () => {
  await stage?.remove()
  stage = undefined
})

async function begin(...workers: readonly string[]): Promise<Stage> {
  stage = createStage()
  stage.declare('project.yaml', project())
  stage.declare('workers.yaml', workers.join('---\n'))
  await stage.ao(['apply', '-f', stage.manifests])
  return stage
}

const policies = (does = 'rest'): readonly string[] => [
  worker('app-always', does, 'restartPolicy: Always'),
  worker('app-failure', does, 'restartPolicy: OnFailure'),
  worker('app-never', does, 'restartPolicy: Never'),
]

describe('the tmux server', () => {
  test('B1 that was killed is gone with its sessions, and the restart policy decides', async () => {
    const one = await begin(...policies())
    await resting(one)
    one.tmux('kill-server')
    await eventually('the agents are gone', () => one.alive().length === 0)
    const diff = await one.ao(['diff', '-f', one.manifests])
    expect(diff.stdout).toContain('runtime server is gone')
    const ran = await one.ao(['reconcile', '--once'])
    expect(ran.code).toBe(6)
    await resting(one)
    expect(await succeed(one, ['events', '-o', 'jsonl'])).toContain('"ServerGone"')
    expect(conditionOf(one, 'Worker/app-always', 'Ready')).toBe('True:Running')
    expect(conditionOf(one, 'Worker/app-failure', 'Ready')).toBe('True:Running')
    expect(conditionOf(one, 'Worker/app-never', 'Stalled')).toBe('True:ServerGone')
    expectOrder(one, ['app-always', 'app-failure'])
  })

  test('B2 whose socket was deleted is asked for a new one, and nothing is started again', async () => {
    const one = await begin(worker('app-one'), worker('app-two'))
    one.tmux('new-session', '-d', '-s', 'person', 'exec sleep 1000')
    const before = panes(one)
    expect(before).toHaveLength(3)
    rmSync(one.socket)
    await succeed(one, ['reconcile', '--once'])
    expect(panes(one)).toEqual(before)
    expect(one.starts()).toHaveLength(2)
    expectOrder(one, ['app-one', 'app-two'])
  })

  test('B3 that is not installed makes sessions unknown: nothing is made, nothing removed, exit 7', async () => {
    const one = await begin(worker('app-one'), worker('app-two'))
    await resting(one)
    const before = dumpWorld(one)
    const env = { PATH: pathWithout(one, 'tmux') }
    one.declare(
      'workers.yaml',
      [worker('app-one'), worker('app-new', 'rest', 'runtime: tmux')].join('---\n'),
    )
    const diff = await one.ao(['diff', '-f', one.manifests, '--prune', '-o', 'json'], { env })
    expect(JSON.parse(diff.stdout)).toMatchObject({ summary: { unknown: 3 } })
    expect((await one.ao(['reconcile', '--once'], { env })).code).toBe(7)
    const args = ['apply', '-f', one.manifests, '--prune', '--yes', '--timeout', '2s']
    expect((await one.ao(args, { env })).code).toBe(7)
    expect(conditionOf(one, 'Worker/app-one', 'SessionRunning')).toBe('Unknown:RuntimeUnknown')
    const after = dumpWorld(one)
    expect([after.sessions, after.worktrees, after.refs]).toEqual([
      before.sessions,
      before.worktrees,
      before.refs,
    ])
    await succeed(one, ['apply', '-f', one.manifests, '--prune', '--yes'])
    expectOrder(one, ['app-new', 'app-one'])
  })

  test('B3 that hangs makes sessions unknown: a deletion waits, and nothing is removed', async () => {
    const one = await begin(worker('app-one'))
    await resting(one)
    const before = dumpWorld(one)
    const env = { PATH: one.fake('tmux', 'exec sleep 1000\n') }
    await one.ao(['delete', 'worker/app-one', '--force', '--no-wait'], { env })
    expect(conditionOf(one, 'Worker/app-one', 'SessionRunning')).toBe('Unknown:RuntimeUnknown')
    const after = dumpWorld(one)
    expect([after.sessions, after.worktrees, after.refs]).toEqual([
      before.sessions,
      before.worktrees,
      before.refs,
    ])
    expectOrder(one)
    await succeed(one, ['delete', 'worker/app-one', '--force'])
    expectOrder(one, [])
  })
})

describe('a session', () => {
  test('that is the last of its server is restarted at once, again and again', async () => {
    const one = await begin(worker('app-one'))
    for (let attempt = 2; attempt <= 6; attempt += 1) {
      await succeed(one, ['restart', 'app-one'])
      await eventually('the agent runs', () => one.alive()[0]?.attempt === attempt)
    }
    expect(await succeed(one, ['events', '--types', 'Warning', '-o', 'jsonl'])).toBe('')
    expectOrder(one, ['app-one'])
  })

  test('B4 that a person killed is restarted as its policy says', async () => {
    const one = await begin(...policies())
    await resting(one)
    for (const { name } of panes(one)) one.tmux('kill-session', '-t', `=${name}`)
    await eventually('the agents are gone', () => one.alive().length === 0)
    expect((await one.ao(['reconcile', '--once'])).code).toBe(6)
    await resting(one)
    expect(conditionOf(one, 'Worker/app-never', 'Stalled')).toMatch(/True:(ProcessGone|ServerGone)/)
    expectOrder(one, ['app-always', 'app-failure'])
    expect(one.alive().map(start => start.attempt)).toEqual([2, 2])
  })

  test('B4 that a person renamed is known by its uid and runs on', async () => {
    const one = await begin(worker('app-one'))
    const [before] = panes(one)
    one.tmux('rename-session', '-t', '=app-one', 'mine')
    await succeed(one, ['reconcile', '--once'])
    await succeed(one, ['apply', '-f', one.manifests])
    expect(panes(one).map(pane => pane.pid)).toEqual([before?.pid])
    expect(one.starts()).toHaveLength(1)
    expectOrder(one, ['app-one'])
    await succeed(one, ['delete', 'worker/app-one', '--force'])
    expectOrder(one, [])
  })

  test('B4 whose name begins another name is ended alone', async () => {
    const one = await begin(worker('app-1'), worker('app-10'))
    one.tmux('kill-session', '-t', '=app-1')
    await succeed(one, ['delete', 'worker/app-1', '--force'])
    expectOrder(one, ['app-10'])
  })

  test('B5 keeps exit code and signal of its agent in its status', async () => {
    const never = 'restartPolicy: Never'
    const one = await begin(
      worker('app-code', 'exit 3', never),
      worker('app-zero', 'exit 0', never),
      worker('app-kill', 'signal 9', never),
    )
    await eventually('all have ended', () => one.starts().length === 3 && one.alive().length === 0)
    const said = await eventually('all is seen', async () => {
      await one.ao(['reconcile', '--once'])
      const text = await succeed(one, ['describe', 'worker/app-code'])
      return text.includes('exited with 3') ? text : undefined
    })
    expect(said).toContain('exited with 3')
    expect(conditionOf(one, 'Worker/app-code', 'Stalled')).toBe('True:Exited')
    expect(conditionOf(one, 'Worker/app-zero', 'Stalled')).toBe('True:ExitedBeforeDone')
    expect(conditionOf(one, 'Worker/app-kill', 'Stalled')).toBe('True:KilledBySignal')
    expect(JSON.stringify(statusOf(one, 'Worker/app-kill'))).toContain('signal 9')
    expectOrder(one, [])
    await succeed(one, ['delete', 'worker/app-code', '--force'])
    expectOrder(one, [])
  })

  test('B6 before which a person types gets no automatic message meanwhile, and is no drift', async () => {
    const one = await begin(worker('app-one', 'read'))
    const read = join(one.manifests, 'read-app-one')
    const person = spawn('tmux', ['-S', one.socket, '-C', 'attach-session', '-t', '=app-one'], {
      env: { ...one.repo.env, TERM: 'xterm' },
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    try {
      await eventually('the person is there', () => one.tmux('list-clients') !== '')
      const beat = setInterval(() => person.stdin.write('refresh-client\n'), 200)
      const from = { AO_UID: 'somebody', AO_SESSION_ID: 'app-orchestrator' }
      await succeed(one, ['send', 'app-one', 'automatic'])
      await one.ao(['send', 'app-one', 'from another session'], { env: from })
      await one.ao(['reconcile', '--once'])
      clearInterval(beat)
      const diff = await one.ao(['diff', '-f', one.manifests])
      expect({ code: diff.code, said: diff.stdout }).toMatchObject({ code: 0 })
      await eventually('the person’s message is read', () =>
        existsSync(read) ? readFileSync(read, 'utf8').includes('automatic') : false,
      )
      expect(readFileSync(read, 'utf8')).not.toContain('from another session')
    } finally {
      person.kill()
    }
    await eventually('the other message is read', async () => {
      await one.ao(['reconcile', '--once'])
      return readFileSync(read, 'utf8').includes('from another session')
    })
    expect(readFileSync(read, 'utf8').match(/from another session/g)).toHaveLength(1)
    expectOrder(one, ['app-one'])
  })

  test('B17 of our name that is not ours is left alone, and the worker says so', async () => {
    const one = await begin(worker('app-two'))
    one.tmux('new-session', '-d', '-s', 'app-one', 'exec sleep 1000')
    const foreign = panes(one).find(pane => pane.name === 'app-one')
    one.declare('more.yaml', worker('app-one'))
    const ran = await one.ao(['apply', '-f', one.manifests])
    expect(ran.code).toBe(6)
    expect(conditionOf(one, 'Worker/app-one', 'Stalled')).toBe('True:NameTaken')
    expect(one.starts('app-one')).toEqual([])
    await one.ao(['delete', 'worker/app-one', '--force'])
    expect(panes(one).find(pane => pane.name === 'app-one')).toEqual(foreign)
    expectOrder(one, ['app-two'])
  })
})

/** A PATH of links to everything but one program. */
function pathWithout(one: Stage, program: string): string {
  const bin = join(one.repo.root, `without-${program}`)
  mkdirSync(bin)
  for (const folder of (one.repo.env['PATH'] ?? '').split(':')) {
    if (!existsSync(folder)) continue
    for (const name of readdirSync(folder)) {
      if (name !== program && !existsSync(join(bin, name)))
        symlinkSync(join(folder, name), join(bin, name))
    }
  }
  return bin
}
