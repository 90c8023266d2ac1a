import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { conditionOf, dumpWorld, lostWork, statusOf } from '../support/world.ts'
import { expectOrder } from './order.ts'
import { WORK, resting, succeed } from './routes.ts'
import { createStage, project, worker } from './stage.ts'
import type { Stage } from './stage.ts'

let stage: Stage | undefined

afterEach(async () => {
  await stage?.remove()
  stage = undefined
})

async function begin(does: string, more?: string): Promise<Stage> {
  stage = createStage()
  stage.declare('project.yaml', project())
  stage.declare('workers.yaml', worker('app-one', does, more))
  await succeed(stage, ['apply', '-f', stage.manifests])
  await resting(stage)
  return stage
}

describe('a workspace', () => {
  test('B7 whose directory was deleted is checked out again from its branch, and what is lost is said', async () => {
    const one = await begin('work')
    const directory = one.worktree('app-one')
    rmSync(directory, { recursive: true })
    const diff = await one.ao(['diff', '-f', one.manifests])
    expect(diff.code).toBe(1)
    expect(diff.stdout).toContain('uncommitted work in it is lost')
    await succeed(one, ['reconcile', '--once'])
    await resting(one)
    expect(readFileSync(join(directory, 'app-one.txt'), 'utf8')).toContain('committed by app-one')
    const events = await succeed(one, ['events', '--types', 'Warning', '-o', 'jsonl'])
    expect(events).toContain('DirectoryMissing')
    expect(events).toContain('uncommitted')
    expect(one.starts().map(start => start.attempt)).toEqual([1, 2])
    expectOrder(one, ['app-one'])
  })

  test.each(['git worktree move', 'mv and git worktree repair'])(
    'B8 that was moved by %s is known by its owner file, and no second one is made beside it',
    async how => {
      const one = await begin('work')
      const directory = one.worktree('app-one')
      const moved = join(one.repo.root, 'moved')
      if (how === 'git worktree move') one.repo.run(['worktree', 'move', directory, moved])
      else {
        renameSync(directory, moved)
        one.repo.run(['worktree', 'repair', moved])
      }
      const back = `git -C ${moved} worktree move ${moved} ${directory}`
      const diff = await one.ao(['diff', '-f', one.manifests])
      expect(diff).toMatchObject({ code: 0 })
      expect(diff.stdout.replaceAll(/\s+/g, ' ')).toContain(`workspace was moved to ${moved}`)
      await succeed(one, ['reconcile', '--once'])
      await succeed(one, ['reconcile', '--once'])
      expect(conditionOf(one, 'Worker/app-one', 'WorkspaceReady')).toBe('False:Moved')
      expect(conditionOf(one, 'Worker/app-one', 'Ready')).toBe('True:Running')
      const events = await succeed(one, ['events', '--types', 'Warning', '-o', 'jsonl'])
      expect(events.match(/"Moved"/g)).toHaveLength(1)

      const restart = await one.ao(['restart', 'app-one'])
      expect(restart.code).toBe(6)
      expect(restart.stderr.replaceAll(/\s+/g, ' ')).toContain(back)
      expect((await one.ao(['delete', 'worker/app-one', '--force', '--timeout', '5s'])).code).toBe(
        6,
      )
      expect(existsSync(directory)).toBe(false)
      expect(readFileSync(join(moved, 'untracked-too.txt'), 'utf8')).toContain('untracked by')
      expect(one.starts()).toHaveLength(1)
      expectOrder(one, ['app-one'])

      one.repo.run(['worktree', 'move', moved, directory])
      await succeed(one, ['reconcile', '--once'])
      expect(existsSync(directory)).toBe(false)
      expect(lostWork(one, 'app-one', WORK)).toEqual([])
      expectOrder(one, [])
    },
  )

  test('B8 that was moved by hand, unknown to git, keeps every file where it is now, and a new one stands in its place', async () => {
    const one = await begin('work')
    const directory = one.worktree('app-one')
    const moved = join(one.repo.root, 'moved')
    renameSync(directory, moved)
    await succeed(one, ['reconcile', '--once'])
    await resting(one)
    expect(readFileSync(join(moved, 'untracked-too.txt'), 'utf8')).toContain('untracked by')
    expect(readFileSync(join(moved, 'staged-too.txt'), 'utf8')).toContain('staged by')
    expect(readFileSync(join(moved, 'README.md'), 'utf8')).toContain('edited by')
    expect(readFileSync(join(directory, 'app-one.txt'), 'utf8')).toContain('committed by app-one')
    expectOrder(one, ['app-one'])
  })

  test('B10 that a person switched to another branch is reported and left', async () => {
    const one = await begin('rest')
    const directory = one.worktree('app-one')
    one.repo.run(['switch', '-q', '-c', 'elsewhere'], directory)
    one.repo.commit('person.txt', 'committed by a person\n', directory)
    const diff = await one.ao(['diff', '-f', one.manifests])
    expect(diff.stdout).toContain('branch elsewhere instead of ao/app-one')
    await succeed(one, ['reconcile', '--once'])
    await succeed(one, ['reconcile', '--once'])
    const events = await succeed(one, ['events', '--types', 'Warning', '-o', 'jsonl'])
    expect(events.match(/"BranchSwitched"/g)).toHaveLength(1)
    expect(one.repo.run(['branch', '--show-current'], directory)).toBe('elsewhere')
    expect(one.starts()).toHaveLength(1)
    expectOrder(one, ['app-one'])
    await succeed(one, ['delete', 'worker/app-one', '--force'])
    expect(one.repo.run(['show', 'elsewhere:person.txt'])).toBe('committed by a person')
    expectOrder(one, [])
  })

  test('B16 with a stale index.lock is left with it, and no work is lost when it is deleted', async () => {
    const one = await begin('work')
    const lock = join(one.repo.path, '.git/worktrees/app-one/index.lock')
    writeFileSync(lock, '')
    const before = statSync(lock)
    await succeed(one, ['reconcile', '--once'])
    await succeed(one, ['restart', 'app-one'])
    await succeed(one, ['suspend', 'app-one'])
    expect(statSync(lock).ino).toBe(before.ino)
    expect(lostWork(one, 'app-one', WORK)).toEqual([])
    expectOrder(one, [])
    await one.ao(['delete', 'worker/app-one', '--force', '--timeout', '5s'])
    expect(lostWork(one, 'app-one', WORK)).toEqual([])
    expectOrder(one)
  })

  test('B16 with an index.lock that has stood for minutes says since when, who holds it and what removes it', async () => {
    const one = await begin('work')
    const lock = join(one.repo.path, '.git/worktrees/app-one/index.lock')
    writeFileSync(lock, '')
    await succeed(one, ['reconcile', '--once'])
    expect(conditionOf(one, 'Worker/app-one', 'WorkspaceReady')).toBe('True:Succeeded')
    // Whole seconds, which every file system keeps.
    const since = new Date(Math.floor(Date.now() / 1000) * 1000 - 10 * 60_000)
    utimesSync(lock, since, since)
    await succeed(one, ['reconcile', '--once'])
    await succeed(one, ['reconcile', '--once'])
    expect(conditionOf(one, 'Worker/app-one', 'WorkspaceReady')).toBe('False:IndexLocked')
    const events = await succeed(one, ['events', '--types', 'Warning', '-o', 'jsonl'])
    expect(events.match(/"IndexLocked"/g)).toHaveLength(1)
    expect(events).toContain(`${lock} stands there for minutes, since ${since.toISOString()}`)
    expect(events).toContain(`no process has it open; left alone; rm ${lock}`)

    const holder = spawn('sh', ['-c', `exec sleep 1000 3>>'${lock}'`], { stdio: 'ignore' })
    try {
      await eventually('the holder to be named', async () => {
        const diff = await one.ao(['diff', '-f', one.manifests])
        return diff.stdout.replaceAll(/\s+/g, ' ').includes(`pid ${holder.pid} has it open`)
      })
    } finally {
      holder.kill()
    }
    expect(existsSync(lock)).toBe(true)
    rmSync(lock)
    await succeed(one, ['reconcile', '--once'])
    expect(conditionOf(one, 'Worker/app-one', 'WorkspaceReady')).toBe('True:Succeeded')
    expectOrder(one, ['app-one'])
  })

  test('B16 an index.lock of the person’s own checkout is nobody’s but the person’s', async () => {
    const one = await begin('rest')
    const lock = join(one.repo.path, '.git/index.lock')
    writeFileSync(lock, 'mine')
    one.declare('more.yaml', worker('app-two'))
    await succeed(one, ['apply', '-f', one.manifests])
    await succeed(one, ['delete', 'worker/app-one', '--force'])
    expect(readFileSync(lock, 'utf8')).toBe('mine')
    expectOrder(one, ['app-two'])
  })

  test('B17 a worktree and a branch of our name that are not ours block only their workers', async () => {
    const one = await begin('rest')
    const path = one.worktree('app-path')
    one.repo.run(['worktree', 'add', '-q', '-b', 'persons', path])
    one.repo.write('person.txt', 'a person wrote this\n', path)
    one.repo.run(['branch', 'ao/app-branch', 'foreign-branch'])
    const tip = one.repo.run(['rev-parse', 'ao/app-branch'])
    one.declare('more.yaml', [worker('app-path'), worker('app-branch')].join('---\n'))
    const ran = await one.ao(['apply', '-f', one.manifests])
    expect(ran.code).toBe(6)
    expect(conditionOf(one, 'Worker/app-branch', 'Stalled')).toBe('True:BranchTaken')
    expect(conditionOf(one, 'Worker/app-path', 'Ready')).toMatch(/^False:/)
    expect(one.starts('app-path')).toEqual([])
    expect(one.starts('app-branch')).toEqual([])
    await one.ao(['delete', 'worker/app-path', 'worker/app-branch', '--force', '--timeout', '5s'])
    expect(one.repo.run(['rev-parse', 'ao/app-branch'])).toBe(tip)
    expect(readFileSync(join(path, 'person.txt'), 'utf8')).toBe('a person wrote this\n')
    expect(one.repo.run(['branch', '--show-current'], path)).toBe('persons')
    expectOrder(one, ['app-one'])
  })
})

describe('a branch', () => {
  test('B9 that was deleted is not made again, for it may have held commits', async () => {
    const one = await begin('work')
    const tip = one.repo.run(['rev-parse', 'ao/app-one'])
    one.repo.run(['update-ref', '-d', 'refs/heads/ao/app-one'])
    expect((await one.ao(['reconcile', '--once'])).code).toBe(6)
    expect(conditionOf(one, 'Worker/app-one', 'Stalled')).toBe('True:BranchMissing')
    expect((await one.ao(['apply', '-f', one.manifests])).code).toBe(6)
    expect(one.repo.run(['branch', '--list', 'ao/app-one'])).toBe('')
    expectOrder(one, ['app-one'])
    one.repo.run(['branch', 'ao/app-one', tip])
    await succeed(one, ['reconcile', '--once'])
    expect(conditionOf(one, 'Worker/app-one', 'Ready')).toBe('True:Running')
    expectOrder(one, ['app-one'])
  })

  test('B9 that was deleted keeps an agent that ended from being started again, which a person is told once', async () => {
    const one = await begin('rest')
    const tip = one.repo.run(['rev-parse', 'ao/app-one'])
    one.repo.run(['update-ref', '-d', 'refs/heads/ao/app-one'])
    one.tmux('kill-session', '-t', 'app-one')
    for (const _twice of [1, 2]) expect((await one.ao(['reconcile', '--once'])).code).toBe(6)
    const told = await succeed(one, ['events', '--types', 'Warning', '-o', 'jsonl'])
    const calls = told.split('\n').filter(line => line.includes("but it can't be started"))
    expect(calls.map(line => JSON.parse(line) as unknown)).toMatchObject([
      { reason: 'Notified', cause: 'agent-exited', object: 'Worker/app-one' },
    ])
    expect(one.starts()).toHaveLength(1)
    one.repo.run(['branch', 'ao/app-one', tip])
    await succeed(one, ['reconcile', '--once'])
    expect(one.starts()).toHaveLength(2)
    expectOrder(one, ['app-one'])
  })

  test('B9 that was deleted is saved when its worker is deleted', async () => {
    const one = await begin('work')
    one.repo.run(['update-ref', '-d', 'refs/heads/ao/app-one'])
    await succeed(one, ['delete', 'worker/app-one', '--force'])
    expect(lostWork(one, 'app-one', WORK)).toEqual([])
    expectOrder(one, [])
  })

  test('B14 with two open pull requests is stalled and names both', async () => {
    const one = await begin('open')
    one.repo.run(['push', '-q', 'origin', 'main:refs/heads/next'])
    one.repo.run(['branch', 'next', 'main'])
    const second = ['pr', 'create', '--project', 'app', '--head', 'ao/app-one', '--base', 'next']
    expect(await succeed(one, second)).toContain('#2 ')
    expect((await one.ao(['reconcile', '--once'])).code).toBe(6)
    expect(conditionOf(one, 'Worker/app-one', 'Stalled')).toBe('True:AmbiguousPullRequest')
    expect(await succeed(one, ['describe', 'worker/app-one'])).toMatch(/#1.*#2/)
    expectOrder(one, ['app-one'])
    await succeed(one, ['pr', 'close', '2', '--project', 'app'])
    await succeed(one, ['reconcile', '--once'])
    expect(conditionOf(one, 'Worker/app-one', 'PullRequestOpen')).toBe('True:Open')
    expectOrder(one, ['app-one'])
  })
})

describe('a pull request', () => {
  test('that origin refuses to take says so in its conditions, with what is tried next, until it is merged', async () => {
    stage = createStage()
    const one = stage
    const hook = join(one.repo.root, 'origin.git/hooks/pre-receive')
    const reactions = 'approved-and-green: { auto: true, require: none, settle: 1s }'
    const more = `reactions: { ${reactions} }\ncleanup: { grace: 0s }`
    one.declare('project.yaml', project({ more }))
    one.declare('workers.yaml', worker('app-one', 'open'))
    await succeed(one, ['apply', '-f', one.manifests])
    await resting(one)
    writeFileSync(hook, '#!/bin/sh\necho "main is protected" >&2\nexit 1\n', { mode: 0o755 })
    await eventually('merging to have failed', async () => {
      await one.ao(['reconcile', '--once'])
      return conditionOf(one, 'Worker/app-one', 'Merged') === 'False:MergeFailed'
    })
    const merged = statusOf(one, 'Worker/app-one')?.conditions.find(({ type }) => type === 'Merged')
    expect(merged?.message).toContain('refuses the push to main: pre-receive hook declined; git ')
    await succeed(one, ['apply', '-f', one.manifests])
    expect(conditionOf(one, 'Worker/app-one', 'Merged')).toBe('False:MergeFailed')
    expectOrder(one, ['app-one'])
    rmSync(hook)
    await eventually('it to be merged', async () => {
      await one.ao(['reconcile', '--once'])
      return conditionOf(one, 'Worker/app-one', 'Ready') === 'True:Done'
    })
    expectOrder(one, [])
  })
})

describe('a repository', () => {
  test('B15 that is gone makes its workers wait for it, and nothing is pruned or ended', async () => {
    const one = await begin('work')
    const before = dumpWorld(one)
    const away = join(one.repo.root, 'away')
    renameSync(one.repo.path, away)
    await one.ao(['reconcile', '--once'])
    expect(conditionOf(one, 'Project/app', 'RepositoryReachable')).toBe('False:RepositoryMissing')
    expect(conditionOf(one, 'Worker/app-one', 'Ready')).toMatch(/^False:Repository/)
    rmSync(join(one.manifests, 'workers.yaml'))
    const args = ['apply', '-f', one.manifests, '--prune', '--yes', '--timeout', '2s']
    const ran = await one.ao(args)
    expect(ran.code).not.toBe(0)
    await one.ao(['reconcile', '--once'])
    expect(existsSync(one.worktree('app-one'))).toBe(true)
    mkdirSync(join(one.repo.root, 'kept'), { recursive: true })
    renameSync(away, one.repo.path)
    const after = dumpWorld(one)
    expect([after.worktrees, after.refs]).toEqual([before.worktrees, before.refs])
    expect(lostWork(one, 'app-one', WORK)).toEqual([])
    expectOrder(one)
    one.declare('workers.yaml', worker('app-one', 'work'))
    await eventually('all is well again', async () => {
      await one.ao(['apply', '-f', one.manifests, '--yes', '--timeout', '5s'])
      return conditionOf(one, 'Worker/app-one', 'Ready') === 'True:Running'
    })
    await resting(one)
    expectOrder(one, ['app-one'])
  })
})
