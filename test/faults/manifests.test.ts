import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { agent, createStage, project, spoil, worker } from './stage.ts'
import type { Running, Stage } from './stage.ts'

/** Longer than two looks lie apart, and than any debounce. */
const LONG_ENOUGH_MS = 800

let stage: Stage

beforeEach(() => {
  stage = createStage()
  stage.write('project.yaml', project(stage))
})

afterEach(async () => stage.close())

const names = async (): Promise<readonly string[]> =>
  (await stage.list())
    .filter(({ kind }) => kind === 'Worker')
    .map(({ metadata }) => metadata.name)
    .toSorted()

const untilAgents = async (count: number, timeoutMs?: number): Promise<unknown> =>
  eventually(`${count} agents`, () => stage.agents().size === count, timeoutMs)

/** Fails when within the time the condition is true for a moment. */
const never = async (what: string, ask: () => boolean | Promise<boolean>): Promise<void> => {
  const happened = eventually(what, ask, LONG_ENOUGH_MS).then(
    () => true,
    () => false,
  )
  expect(await happened, what).toBe(false)
}

const hasEvent = async (reason: string): Promise<boolean> =>
  (await stage.events()).some(event => event.reason === reason)

const file = (name: string): string => join(stage.manifests, name)

describe('manifests that change under us', () => {
  test('a file edited while it is applied: the apply is that of what it read, the next one does the rest (F1)', async () => {
    stage.write('project.yaml', project(stage, { workspace: { postCreate: ['sleep 1'] } }))
    stage.write('workers.yaml', worker(stage, 'app-1'))
    const first = stage.start(['apply', '-f', stage.manifests])
    await eventually(
      'the first worker to be in the making',
      async () => (await stage.ao(['get', 'app-1'])).code === 0,
    )
    stage.write('workers.yaml', worker(stage, 'app-1', { priority: 7 }), worker(stage, 'app-2'))
    expect((await first.ended).code).toBe(0)
    expect(await names()).toEqual(['app-1'])
    expect((await stage.get('app-1')).spec['priority']).toBe(0)
    const { actions } = await stage.plan()
    expect(actions.map(({ action, name }) => `${action} ${name}`)).toEqual([
      'unchanged app',
      'update app-1',
      'create app-2',
    ])
  })

  test('a watcher applies additions and edits by itself, and saves by rename and short absence remove nothing (F2)', async () => {
    stage.write('workers.yaml', worker(stage, 'app-1'))
    const watcher = await stage.watch(['-f', stage.manifests, '--prune'])
    await untilAgents(1)
    stage.write('more.yaml', worker(stage, 'app-2'))
    await untilAgents(2)

    for (let save = 1; save <= 5; save += 1) {
      const next = file('.workers.yaml.swp')
      writeFileSync(next, stage.read('workers.yaml').replace(/priority: \d+|$/, `# ${save}\n`))
      rmSync(file('workers.yaml'))
      // Absent for a moment, as some editors leave it.
      await new Promise(resolve => setTimeout(resolve, 60))
      renameSync(next, file('workers.yaml'))
    }
    await never('an agent to end', () => stage.agents().size !== 2)
    expect(await names()).toEqual(['app-1', 'app-2'])
    expect(stage.launches()).toHaveLength(2)

    stage.write('workers.yaml', worker(stage, 'app-1', { priority: 3 }))
    await eventually(
      'the edit to arrive',
      async () => (await stage.get('app-1')).spec['priority'] === 3,
    )

    rmSync(file('more.yaml'))
    await eventually('app-2 to be pruned', async () => (await names()).length === 1)
    await watcher.kill('SIGTERM')
  })

  test('a file edited while a watcher makes what it said: the rest follows, and nothing is started twice (F1)', async () => {
    stage.write('project.yaml', project(stage, { workspace: { postCreate: ['sleep 1'] } }))
    stage.write('workers.yaml', worker(stage, 'app-1'))
    const watcher = await stage.watch(['-f', stage.manifests])
    await eventually('app-1 to be in the making', async () => (await names()).length === 1)
    stage.write('workers.yaml', worker(stage, 'app-1', { priority: 7 }), worker(stage, 'app-2'))
    await untilAgents(2, 10_000)
    expect((await stage.get('app-1')).spec['priority']).toBe(7)
    const starts = stage.launches().map(({ session, attempt }) => `${session} ${attempt}`)
    expect(starts.toSorted()).toEqual(['app-1 1', 'app-2 1'])
    await watcher.kill('SIGTERM')
    await stage.must(['diff', '-f', stage.manifests])
  })

  test('a source that begins to declare what is another’s is held under a watcher, and neither loses anything', async () => {
    stage.write('workers.yaml', worker(stage, 'app-1'))
    const other = join(stage.repo.root, 'other-manifests')
    mkdirSync(other)
    const declare = (...workers: readonly object[]): void => {
      writeFileSync(
        join(other, 'workers.yaml'),
        workers.map(one => JSON.stringify(one)).join('\n---\n'),
      )
    }
    declare(worker(stage, 'app-2'))
    await stage.must(['apply', '-f', stage.manifests])
    const watcher = await stage.watch(['-f', stage.manifests, '-f', other, '--prune'])
    await untilAgents(2)
    const before = (await stage.get('app-1')).metadata.uid
    declare(worker(stage, 'app-1', { priority: 9 }))
    await eventually('the conflict to be told', async () => hasEvent('SourceInvalid'))
    const told = (await stage.events()).find(({ reason }) => reason === 'SourceInvalid')
    expect(told?.message).toContain(other)
    expect(told?.message).toContain(stage.manifests)
    await never('an agent to end', () => stage.agents().size !== 2)
    expect((await stage.get('app-1')).spec['priority']).toBe(0)
    expect((await stage.get('app-1')).metadata.uid).toBe(before)
    stage.write('workers.yaml', worker(stage, 'app-1', { priority: 3 }))
    await eventually(
      'the first source to be followed on',
      async () => (await stage.get('app-1')).spec['priority'] === 3,
    )
    await watcher.kill('SIGTERM')
  })

  test('a watcher without --prune removes nothing', async () => {
    stage.write('workers.yaml', worker(stage, 'app-1'), worker(stage, 'app-2'))
    const watcher = await stage.watch(['-f', stage.manifests])
    await untilAgents(2)
    stage.write('workers.yaml', worker(stage, 'app-1'), worker(stage, 'app-3'))
    await untilAgents(3)
    await never('app-2 to go', () => stage.agents().size !== 3)
    await watcher.kill('SIGTERM')
    const { actions } = await stage.plan(['--prune'])
    expect(actions.find(({ name }) => name === 'app-2')?.action).toBe('prune')
  })

  test('a watcher removes no more than its share by itself', async () => {
    const many = Array.from({ length: 8 }, (_, index) =>
      worker(stage, `app-${index + 1}`, { state: 'Suspended' }),
    )
    stage.write('workers.yaml', ...many)
    const watcher = await stage.watch(['-f', stage.manifests, '--prune'])
    await eventually('eight to be there', async () => (await names()).length === 8)
    stage.write('workers.yaml', ...many.slice(0, 2))
    await eventually('pruning to be held', async () => hasEvent('PruneHeld'))
    expect(await names()).toHaveLength(8)
    await watcher.kill('SIGTERM')
  })
})

describe('a checkout that holds manifests', () => {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, {
      cwd: stage.manifests,
      env: { ...stage.repo.env, GIT_EDITOR: 'true' },
      encoding: 'utf8',
      stdio: 'pipe',
    })
  const commit = (message: string): void => {
    git('add', '--all')
    git('commit', '-q', '-m', message)
  }
  let watcher: Running

  beforeEach(async () => {
    git('init', '-q', '-b', 'main')
    stage.write('workers.yaml', worker(stage, 'app-1'), worker(stage, 'app-2'))
    commit('Two')
    git('checkout', '-q', '-b', 'other')
    stage.write('workers.yaml', worker(stage, 'app-1', { priority: 1 }))
    commit('One')
    git('checkout', '-q', 'main')
    watcher = await stage.watch(['-f', stage.manifests, '--prune'])
    await untilAgents(2)
  })

  afterEach(async () => {
    await watcher.kill('SIGTERM')
  })

  const isHeld = async (reason: string): Promise<void> => {
    await eventually('the source to be held', async () => {
      const app = await stage.get('app')
      return app.status.conditions.some(
        held => held.type === 'SourceHeld' && held.status === 'True' && held.reason === reason,
      )
    })
    expect(await hasEvent(reason)).toBe(true)
    await never('an agent to end', () => stage.agents().size !== 2)
    expect(await names()).toEqual(['app-1', 'app-2'])
  }

  const isFree = async (): Promise<void> => {
    await eventually('the source to be followed again', async () => {
      const app = await stage.get('app')
      return !app.status.conditions.some(
        held => held.type === 'SourceHeld' && held.status === 'True',
      )
    })
    expect(stage.launches()).toHaveLength(2)
  }

  test('another branch is held until the first one is back, and nothing is pruned (F6)', async () => {
    git('checkout', '-q', 'other')
    await isHeld('SourceBranchChanged')
    // Whoever asks the watcher for a pass learns that a person is needed, and the watcher goes on.
    const { stderr } = await stage.must(['reconcile', '--once'], 6)
    expect(stderr).toContain(`what ${stage.manifests} says is not followed (SourceBranchChanged)`)
    git('checkout', '-q', 'main')
    await isFree()
    await stage.must(['reconcile', '--once'])
  })

  test.each(['merge', 'rebase'])(
    'a %s in progress is held, and nothing is pruned (F6)',
    async verb => {
      // Both sides change the same lines, so that git stops in the middle.
      stage.write('workers.yaml', worker(stage, 'app-1', { priority: 2 }), worker(stage, 'app-2'))
      commit('Prefer the first')
      await eventually(
        'the commit to be accepted',
        async () => (await stage.get('app-1')).spec['priority'] === 2,
      )
      expect(() => git(verb, 'other')).toThrow('Command failed')
      await isHeld('SourceBusy')
      git(verb, '--abort')
      await isFree()
    },
  )
})

describe('manifests that are wrong', () => {
  const nothingIsThere = async (): Promise<void> => {
    expect((await stage.ao(['get', '-o', 'name'])).stdout.trim()).toBe('')
    expect(stage.launches()).toEqual([])
  }

  test('one bad file of ten: nothing is applied, nothing pruned; --skip-invalid applies the rest and prunes nothing (F3)', async () => {
    stage.write('old.yaml', worker(stage, 'app-old'))
    await stage.must(['apply', '-f', stage.manifests])
    rmSync(file('old.yaml'))
    for (let n = 1; n <= 9; n += 1) {
      stage.write(
        `w${n}.yaml`,
        worker(stage, `app-${n}`, { state: n < 9 ? 'Suspended' : 'Running' }),
      )
    }
    spoil(stage, 'w5.yaml')
    const { stderr } = await stage.must(['apply', '-f', stage.manifests, '--prune', '--yes'], 2)
    expect(stderr).toMatch(/w5\.yaml:\d+:\d+/)
    expect(stderr).toContain('nothing was applied, nothing was pruned')
    expect(await names()).toEqual(['app-old'])

    await stage.ao(['apply', '-f', stage.manifests, '--prune', '--skip-invalid', '--yes'])
    const expected = [1, 2, 3, 4, 6, 7, 8, 9].map(n => `app-${n}`)
    expect(await names()).toEqual([...expected, 'app-old'])
    expect(stage.agents().size).toBe(2)
  })

  test('a watcher holds a source that became invalid, and goes on when it is mended (F3)', async () => {
    stage.write('workers.yaml', worker(stage, 'app-1'), worker(stage, 'app-2'))
    const watcher = await stage.watch(['-f', stage.manifests, '--prune'])
    await untilAgents(2)
    stage.write('workers.yaml', worker(stage, 'app-1'))
    spoil(stage, 'workers.yaml')
    await eventually('the source to be held', async () => hasEvent('SourceInvalid'))
    await never('an agent to end', () => stage.agents().size !== 2)
    stage.write(
      'workers.yaml',
      worker(stage, 'app-1'),
      worker(stage, 'app-2'),
      worker(stage, 'app-3'),
    )
    await untilAgents(3)
    await watcher.kill('SIGTERM')
  })

  test('a pass ends with 2 while a source is invalid and 6 while it is in the middle of a merge, and what was accepted goes on (F3, F6)', async () => {
    stage.write('workers.yaml', worker(stage, 'app-1'))
    await stage.must(['apply', '-f', stage.manifests])
    spoil(stage, 'workers.yaml')
    const { stderr } = await stage.must(['reconcile', '--once'], 2)
    expect(stderr).toContain(`what ${stage.manifests} says is not followed (SourceInvalid)`)
    expect(stderr).toContain(`next: ao diff -f ${stage.manifests}`)
    expect(stage.agents().size).toBe(1)
    stage.write('workers.yaml', worker(stage, 'app-1', { priority: 4 }))
    await stage.must(['reconcile', '--once'])
    expect((await stage.get('app-1')).spec['priority']).toBe(4)

    mkdirSync(join(stage.manifests, '.git'))
    writeFileSync(join(stage.manifests, '.git', 'MERGE_HEAD'), '')
    const held = await stage.must(['reconcile', '--once'], 6)
    expect(held.stderr).toContain(`next: git -C ${stage.manifests} status`)
    expect(stage.agents().size).toBe(1)
    // One that nothing is of holds nothing up.
    await stage.must(['delete', 'worker/app-1', 'project/app', '--force'])
    await stage.must(['reconcile', '--once'])
  })

  test('one name twice is told with both positions (F4)', async () => {
    stage.write('a.yaml', worker(stage, 'app-1'))
    stage.write('b.yaml', worker(stage, 'app-2'), worker(stage, 'app-1'))
    const { stderr } = await stage.must(['apply', '-f', stage.manifests], 2)
    expect(stderr).toMatch(/a\.yaml:\d+/)
    expect(stderr).toMatch(/b\.yaml:\d+/)
    await nothingIsThere()
  })

  test('two sources that declare one object are both named, and the first one keeps it', async () => {
    stage.write('workers.yaml', worker(stage, 'app-1'))
    await stage.must(['apply', '-f', stage.manifests])
    const second = join(stage.repo.root, 'second')
    mkdirSync(second)
    writeFileSync(join(second, 'workers.yaml'), stage.read('workers.yaml'))
    const { stderr } = await stage.must(['apply', '-f', second], 3)
    expect(stderr).toContain(file('workers.yaml'))
    expect(stderr).toContain(join(second, 'workers.yaml'))
    expect(stage.launches()).toHaveLength(1)
    await stage.must(['diff', '-f', stage.manifests])
  })

  test('an empty directory and a path that is not there are refused, and remove nothing (F5)', async () => {
    stage.write('workers.yaml', worker(stage, 'app-1'))
    await stage.must(['apply', '-f', stage.manifests])
    const saved = stage.read('workers.yaml')
    for (const name of ['workers.yaml', 'project.yaml']) rmSync(file(name))
    for (const path of [stage.manifests, join(stage.repo.root, 'nowhere')]) {
      await stage.must(['apply', '-f', path, '--prune', '--yes'], 2)
      await stage.must(['diff', '-f', path, '--prune'], 2)
    }
    expect(await names()).toEqual(['app-1'])
    expect(stage.agents().size).toBe(1)
    writeFileSync(file('workers.yaml'), saved)
  })

  test('a circle of dependencies is told with its path (F7)', async () => {
    stage.write(
      'workers.yaml',
      worker(stage, 'app-1', { dependsOn: ['app-2'] }),
      worker(stage, 'app-2', { dependsOn: ['app-3'] }),
      worker(stage, 'app-3', { dependsOn: ['app-1'] }),
    )
    const { stderr } = await stage.must(['apply', '-f', stage.manifests], 2)
    expect(stderr).toMatch(/app-1.*app-2.*app-3.*app-1/)
    await nothingIsThere()
  })

  const head =
    'apiVersion: ao.dev/v1alpha1\nkind: Worker\nmetadata: {name: app-1}\nspec:\n  project: app\n'
  const bomb = Array.from(
    { length: 9 },
    (_, n) => `a${n + 1}: &a${n + 1} [${Array.from({ length: 9 }, () => `*a${n}`).join()}]`,
  )
  test.each([
    ['an unknown field', `${head}  prompt: x\n  budgit: 3\n`, /:7:3/],
    ['a duplicate key', `${head}  prompt: x\n  prompt: y\n`, /:7:3/],
    ['a wrong type', `${head}  prompt: [x]\n`, /:6:11/],
    [
      'a boolean of YAML 1.1',
      `${head}  prompt: yes\n  reactions: {ci-failed: {auto: yes}}\n`,
      /:\d+:\d+/,
    ],
    ['a tab as indentation', `${head}\tprompt: x\n`, /:6:1/],
    ['a billion laughs', `a0: &a0 [lol]\n${bomb.join('\n')}\n`, /alias/i],
    ['something that is no YAML', '{ [ : -\n', /:1:\d+/],
    [
      'a kind that does not exist',
      'apiVersion: ao.dev/v1alpha1\nkind: Wurker\nmetadata: {name: a}\n',
      /Worker/,
    ],
    ['a name that climbs', `${head.replace('app-1', '"../../etc"')}  prompt: x\n`, /:3:\d+/],
  ])('%s is refused with its place, and nothing is done (F8)', async (_what, text, where) => {
    writeFileSync(file('bad.yaml'), text)
    const { stderr } = await stage.must(['apply', '-f', stage.manifests], 2)
    expect(stderr).toContain('bad.yaml')
    expect(stderr).toMatch(where)
    await nothingIsThere()
  })

  test('links and paths that lead out of their root are refused (F10)', async () => {
    stage.write('workers.yaml', worker(stage, 'app-1'))
    const outside = join(stage.repo.root, 'outside')
    mkdirSync(outside)
    writeFileSync(
      join(outside, 'secret.yaml'),
      stage.read('workers.yaml').replace('app-1', 'app-9'),
    )
    symlinkSync(outside, file('linked'))
    const linked = await stage.ao(['apply', '-f', stage.manifests])
    expect(linked.code, linked.stdout + linked.stderr).toBe(2)
    rmSync(file('linked'))
    stage.write(
      'project.yaml',
      project(stage, { workspace: { symlinks: ['../outside/secret.yaml'] } }),
    )
    const { stderr } = await stage.must(['apply', '-f', stage.manifests], 2)
    expect(stderr).toMatch(/project\.yaml:\d+:\d+/)
    await nothingIsThere()
    expect(realpathSync(outside)).toBe(outside)
  })
})

describe('more than may run', () => {
  test('limits.maxActive holds the rest back in order of priority, and each that is done lets the next one in (F12, case 12)', async () => {
    stage.write('project.yaml', project(stage, { limits: { maxActive: 2 } }))
    const many = Array.from({ length: 40 }, (_, n) =>
      worker(stage, `app-${n + 1}`, { priority: n }),
    )
    stage.write('workers.yaml', ...many)
    await stage.must(['apply', '-f', stage.manifests])
    expect(
      stage
        .launches()
        .map(({ session }) => session)
        .toSorted(),
    ).toEqual(['app-39', 'app-40'])
    const waiting = await stage.get('app-1')
    expect(waiting.status.conditions.find(({ type }) => type === 'Ready')?.reason).toBe('Waiting')
    await stage.must(['diff', '-f', stage.manifests])
    await stage.must(['suspend', 'app-40'])
    await stage.must(['reconcile', '--once'])
    expect(stage.launches().map(({ session }) => session)).toContain('app-38')
    expect(stage.agents().size).toBe(2)
  })

  test('dependsOn waits for Done, and holds by record when the first one is no longer declared', async () => {
    stage.write(
      'workers.yaml',
      worker(stage, 'app-1', { agent: agent(stage, 'ends'), doneWhen: 'exited' }),
      worker(stage, 'app-2', { dependsOn: ['app-1'] }),
    )
    await stage.must(['reconcile', '-f', stage.manifests, '--once'])
    expect(stage.launches().map(({ session }) => session)).toEqual(['app-1', 'app-2'])
    stage.write(
      'workers.yaml',
      worker(stage, 'app-2', { dependsOn: ['app-1'] }),
      worker(stage, 'app-3', { dependsOn: ['app-1'] }),
    )
    await stage.must(['apply', '-f', stage.manifests, '--prune', '--yes'])
    expect(await names()).toEqual(['app-2', 'app-3'])
    expect(stage.launches().map(({ session }) => session)).toEqual(['app-1', 'app-2', 'app-3'])
    expect(readFileSync(file('workers.yaml'), 'utf8')).toContain('app-1')
  })
})
