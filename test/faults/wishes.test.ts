import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { condition, createStage, project, worker } from './stage.ts'
import type { Stage } from './stage.ts'

let stage: Stage

beforeEach(async () => {
  stage = createStage()
  stage.write('project.yaml', project(stage))
  stage.write('workers.yaml', worker(stage, 'app-1'))
  await stage.must(['apply', '-f', stage.manifests])
})

afterEach(async () => stage.close())

describe('suspending and resuming by command', () => {
  test('an override is visible in get and diff, outlives applies, and resuming is a new attempt in the same workspace', async () => {
    const { workspace = '' } = (await stage.get('app-1')).status
    writeFileSync(join(workspace, 'half-done.txt'), 'half\n')
    await stage.must(['suspend', 'app-1'])
    expect(stage.agents().size).toBe(0)
    const suspended = await stage.get('app-1')
    expect(condition(suspended, 'Suspended')?.status).toBe('True')
    expect(condition(suspended, 'Ready')?.status).toBe('True')
    expect((await stage.must(['get'])).stdout).toMatch(/app-1.*Suspended/)
    const { stdout } = await stage.must(['diff', '-f', stage.manifests])
    expect(stdout).toMatch(/app-1.*ao suspend/)
    await stage.must(['apply', '-f', stage.manifests])
    await stage.must(['reconcile', '--once'])
    expect(stage.agents().size).toBe(0)
    expect((await stage.ao(['restart', 'app-1'])).code).toBe(3)

    await stage.must(['resume', 'app-1'])
    const resumed = await stage.get('app-1')
    expect(resumed.status.attempt).toBe(2)
    expect(resumed.status.workspace).toBe(workspace)
    expect(existsSync(join(workspace, 'half-done.txt'))).toBe(true)
    expect(stage.launches().map(({ attempt }) => attempt)).toEqual([1, 2])
    await stage.must(['diff', '-f', stage.manifests])
  })

  test('a manifest that says the opposite of a command exits 3 with the three ways out', async () => {
    await stage.must(['suspend', 'app-1'])
    stage.write('workers.yaml', worker(stage, 'app-1', { state: 'Running' }))
    const { stderr } = await stage.must(['apply', '-f', stage.manifests], 3)
    expect(stderr).toMatch(/workers\.yaml:\d+/)
    expect(stderr).toContain('ao resume app-1')
    expect(stderr).toMatch(/remove .state. from/)
    expect(stderr).toMatch(/set it to Suspended/)
    expect(stage.agents().size).toBe(0)
    const { actions } = await stage.plan()
    expect(actions.find(({ name }) => name === 'app-1')?.action).toBe('blocked')
    stage.write('workers.yaml', worker(stage, 'app-1', { state: 'Suspended' }))
    await stage.must(['apply', '-f', stage.manifests])
    const { stdout } = await stage.must(['diff', '-f', stage.manifests])
    expect(stdout).not.toContain('ao suspend')
  })

  test('a command that says the opposite of a manifest exits 3 with the three ways out', async () => {
    stage.write('workers.yaml', worker(stage, 'app-1', { state: 'Running' }))
    await stage.must(['apply', '-f', stage.manifests])
    const { stderr } = await stage.must(['suspend', 'app-1'], 3)
    expect(stderr).toMatch(/workers\.yaml:\d+/)
    for (const way of ['1.', '2.', '3.']) expect(stderr).toContain(way)
    expect(stage.agents().size).toBe(1)
    expect(stage.launches()).toHaveLength(1)
  })

  test('restarting is a new attempt in the same workspace, under a watcher as without one', async () => {
    await stage.must(['restart', 'app-1'])
    const watcher = await stage.watch()
    await stage.must(['restart', 'app-1'])
    await watcher.kill('SIGTERM')
    expect(stage.launches().map(({ attempt }) => attempt)).toEqual([1, 2, 3])
    expect(new Set(stage.launches().map(({ uid }) => uid)).size).toBe(1)
  })
})

describe('saved plans and exit codes', () => {
  test('a saved plan is carried out as it is, and refused naming what moved once it is stale', async () => {
    const file = join(stage.repo.root, 'plan.json')
    stage.write('workers.yaml', worker(stage, 'app-1'), worker(stage, 'app-2'))
    await stage.must(['diff', '-f', stage.manifests, '--out', file], 1)
    await stage.must(['suspend', 'app-1'])
    const moved = await stage.must(['apply', '--plan', file], 3)
    expect(moved.stderr).toContain('Worker/app-1')
    expect(moved.stderr).not.toContain('the manifests')
    await stage.must(['resume', 'app-1'])

    await stage.must(['diff', '-f', stage.manifests, '--out', file], 1)
    stage.write(
      'workers.yaml',
      worker(stage, 'app-1'),
      worker(stage, 'app-2'),
      worker(stage, 'app-3'),
    )
    const edited = await stage.must(['apply', '--plan', file], 3)
    expect(edited.stderr).toContain('the manifests')
    expect(edited.stderr).toContain('Worker/app-3')
    expect((await stage.list()).map(({ metadata }) => metadata.name)).not.toContain('app-2')

    await stage.must(['diff', '-f', stage.manifests, '--out', file], 1)
    await stage.must(['apply', '--plan', file])
    expect(stage.agents().size).toBe(3)
    await stage.must(['apply', '--plan', file], 3)
  })

  test('diff exits 0 for nothing to do, 1 for something, above 1 for an error; waiting is no difference', async () => {
    await stage.must(['diff', '-f', stage.manifests])
    await stage.must(['diff', '-f', stage.manifests, '--detailed-exitcode'])
    stage.write(
      'workers.yaml',
      worker(stage, 'app-1'),
      worker(stage, 'app-2', { dependsOn: ['app-1'] }),
    )
    await stage.must(['diff', '-f', stage.manifests], 0)
    await stage.must(['apply', '-f', stage.manifests])
    await stage.must(['diff', '-f', stage.manifests], 0)
    stage.write('workers.yaml', worker(stage, 'app-1', { priority: 5 }))
    await stage.must(['diff', '-f', stage.manifests], 1)
    await stage.must(['diff', '-f', stage.manifests, '--detailed-exitcode'], 2)
    await stage.must(['diff', '-f', stage.manifests, '--prune'], 1)
    writeFileSync(join(stage.manifests, 'bad.yaml'), 'kind: [\n')
    await stage.must(['diff', '-f', stage.manifests], 2)
    await stage.must(['diff', '-f', stage.manifests, '--detailed-exitcode'], 1)
    await stage.must(['diff', '--no-such-flag'], 2)
  })

  test('what takes something away is not done without --yes where nobody can be asked', async () => {
    stage.write('workers.yaml', worker(stage, 'app-2'))
    const { stderr } = await stage.must(['apply', '-f', stage.manifests, '--prune'], 2)
    expect(stderr).toContain('--yes')
    expect((await stage.list()).map(({ metadata }) => metadata.name).toSorted()).toEqual([
      'app',
      'app-1',
    ])
    await stage.must(['apply', '-f', stage.manifests, '--prune', '--yes'])
    expect((await stage.list()).map(({ metadata }) => metadata.name).toSorted()).toEqual([
      'app',
      'app-2',
    ])
  })

  test('one file of a known source updates only that file, and refuses --prune', async () => {
    stage.write('more.yaml', worker(stage, 'app-2'))
    await stage.must(['apply', '-f', stage.manifests])
    stage.write('more.yaml', worker(stage, 'app-3'))
    const file = join(stage.manifests, 'more.yaml')
    await stage.must(['apply', '-f', file, '--prune', '--yes'], 2)
    await stage.must(['apply', '-f', file])
    expect(stage.agents().size).toBe(3)
  })
})
