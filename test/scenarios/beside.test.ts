import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { conditionOf } from '../support/world.ts'
import { resting, succeed } from './routes.ts'
import { createStage, project, worker } from './stage.ts'
import type { Running, Stage } from './stage.ts'

let stage: Stage | undefined

afterEach(async () => {
  await stage?.remove()
  stage = undefined
})

async function watching(one: Stage): Promise<Running> {
  const watcher = one.start(['reconcile', '--watch', '-f', one.manifests])
  await eventually('it watches', () => watcher.said().includes('Watching '))
  return watcher
}

describe('commands beside a watcher', () => {
  test('that want nothing new of a worker interrupt nothing that is done for it (E5, E6)', async () => {
    const one = (stage = createStage())
    const runs = join(one.manifests, 'runs')
    one.declare(
      'project.yaml',
      project({ postCreate: `echo run >> '${runs}'; sleep 3; echo ready > .prepared` }),
    )
    one.declare('workers.yaml', worker('app-one'))
    const watcher = await watching(one)
    await eventually('it is being prepared', () => readText(runs) !== '')
    await succeed(one, ['apply', '-f', one.manifests, '--no-wait'])
    const pass = await one.ao(['reconcile', '--once'])
    expect(pass).toMatchObject({
      code: 0,
      stderr: `the watcher (pid ${watcher.child.pid}) makes the pass\n`,
    })
    await resting(one)
    expect(readText(runs)).toBe('run\n')
    expect(one.starts()).toHaveLength(1)
    one.sentinel.check()
  })
})

describe('a record', () => {
  test('that is missing is there again before anything is started', async () => {
    const one = (stage = createStage())
    one.declare('project.yaml', project())
    one.declare('workers.yaml', worker('app-one', 'rest', 'state: Suspended'))
    await succeed(one, ['apply', '-f', one.manifests])
    const records = join(one.home, 'records')
    const before = readdirSync(records)
    for (const file of before) rmSync(join(records, file))
    await succeed(one, ['reconcile', '--once'])
    expect(readdirSync(records)).toEqual(before)
  })
})

describe('a project whose path names a variable', () => {
  test('is unknown where that is not set, and holds up no other project', async () => {
    const one = (stage = createStage())
    one.declare('app.yaml', [project({ path: '${PLACE}/repo' }), worker('app-one')].join('---\n'))
    one.declare(
      'web.yaml',
      [project({ name: 'web' }), worker('web-one', 'rest', 'restartPolicy: Always')].join('---\n'),
    )
    const env = { PLACE: one.repo.root }
    await one.ao(['apply', '-f', one.manifests], { env })
    await resting(one)
    one.tmux('kill-server')
    const ran = await one.ao(['reconcile', '--once'])
    expect(ran.code, ran.stderr).toBe(7)
    expect(ran.stderr).toContain('error: Project/app: spec.path: the environment variable PLACE')
    expect(one.alive().map(({ session }) => session)).toEqual(['web-one'])
    expect(conditionOf(one, 'Worker/app-one', 'Ready')).toBe('False:RepositoryUnknown')
    await one.ao(['reconcile', '--once'], { env })
    expect(one.alive()).toHaveLength(2)
    one.sentinel.check()
  })
})

describe('manifests in a linked worktree', () => {
  test('are held while something is in progress there (F6)', async () => {
    const one = (stage = createStage())
    const linked = join(one.repo.root, 'linked')
    const git = (...args: readonly string[]): string =>
      execFileSync('git', args, { env: one.repo.env, encoding: 'utf8' }).trim()
    git('-C', one.repo.path, 'worktree', 'add', '-q', '-b', 'manifests', linked)
    const declare = (file: string, text: string): void => {
      one.declare(join('..', 'linked', '.ao', file), text)
    }
    cpSync(join(one.manifests, 'agent.sh'), join(linked, '.ao', 'agent.sh'))
    declare('project.yaml', project({ path: one.repo.path }))
    declare('one.yaml', worker('app-one', 'rest', 'state: Suspended'))
    const watcher = one.start(['reconcile', '--watch', '-f', join(linked, '.ao')])
    await eventually('it watches', () => watcher.said().includes('Watching '))
    const head = git('-C', linked, 'rev-parse', '--git-path', 'MERGE_HEAD')
    writeFileSync(head, `${git('-C', linked, 'rev-parse', 'HEAD')}\n`)
    declare('two.yaml', worker('app-two', 'rest', 'state: Suspended'))
    await eventually(
      'it is held',
      () => conditionOf(one, 'Project/app', 'SourceHeld') === 'True:SourceBusy',
    )
    rmSync(head)
    declare('three.yaml', worker('app-three', 'rest', 'state: Suspended'))
    await eventually('it is followed again', async () =>
      (await succeed(one, ['get', 'workers', '-o', 'name'])).includes('app-two'),
    )
  })
})

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
