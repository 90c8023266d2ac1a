import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { agent, condition, createStage, project, worker } from './stage.ts'
import type { Stage } from './stage.ts'

let stage: Stage

beforeEach(() => {
  stage = createStage()
  stage.write('project.yaml', project(stage))
})

afterEach(async () => stage.close())

const workspaceOf = async (name: string): Promise<string> =>
  (await stage.get(name)).status.workspace ?? ''

/** Applies the workers and waits until each has committed, changed and added something. */
const applyWorking = async (...workers: readonly object[]): Promise<void> => {
  stage.write('workers.yaml', ...workers)
  await stage.must(['apply', '-f', stage.manifests])
  for (const { metadata, kind } of await stage.list()) {
    if (kind !== 'Worker') continue
    const done = join(await workspaceOf(metadata.name), '.worked')
    await eventually(`${metadata.name} to have worked`, () => existsSync(done))
  }
}

const working = (name: string, spec: object = {}): object =>
  worker(stage, name, { agent: agent(stage, 'works'), ...spec })

const refs = (pattern: string): readonly string[] =>
  stage.repo.run(['for-each-ref', '--format=%(refname)', pattern]).split('\n').filter(Boolean)

const show = (ref: string, file: string): string => stage.repo.run(['show', `${ref}:${file}`])

/** Everything the agent did is in the session's preserve refs, byte for byte. */
const expectPreserved = (name: string): void => {
  const kept = refs(`refs/ao/preserved/${name}`)
  expect(kept).not.toHaveLength(0)
  const ref = kept.find(candidate => {
    try {
      return show(candidate, 'untracked.txt') === 'untracked'
    } catch {
      return false
    }
  })
  expect(ref, `one of ${kept.join(', ')} holds the untracked file`).toBeDefined()
  expect(show(ref ?? '', 'committed.txt')).toBe(`by ${name}`)
  expect(show(ref ?? '', 'README.md')).toMatch(/edited$/)
}

describe('an object that is taken away', () => {
  test('Archive saves uncommitted, untracked and unpushed work, and keeps the branch', async () => {
    await applyWorking(working('app-1'))
    const path = await workspaceOf('app-1')
    const { stdout } = await stage.must(['delete', 'worker/app-1', '--force'])
    expect(stdout).toMatch(/work preserved in refs\/ao\/preserved\/app-1\//)
    expect(existsSync(path)).toBe(false)
    expect(stage.agents().size).toBe(0)
    expect(refs('refs/heads/ao/app-1')).toEqual(['refs/heads/ao/app-1'])
    expectPreserved('app-1')
    expect(show('ao/app-1', 'committed.txt')).toBe('by app-1')
  })

  test('Delete is blocked by unpushed work; with --force the branch goes, and the work is preserved all the same', async () => {
    await applyWorking(working('app-1', { deletionPolicy: 'Delete' }))
    const path = await workspaceOf('app-1')
    stage.write('workers.yaml', worker(stage, 'app-2'))
    const { actions } = await stage.plan(['--prune'])
    const blocked = actions.find(({ name }) => name === 'app-1')
    expect(blocked?.action).toBe('blocked')
    expect(blocked?.guards.filter(({ passed }) => !passed).map(({ guard }) => guard)).toEqual([
      'UnpushedWork',
    ])
    await stage.ao(['apply', '-f', stage.manifests, '--prune', '--yes'])
    expect(existsSync(join(path, 'untracked.txt'))).toBe(true)
    expect(refs('refs/heads/ao/app-1')).toHaveLength(1)

    await stage.must(['delete', 'worker/app-1', '--force'])
    expect(existsSync(path)).toBe(false)
    expect(refs('refs/heads/ao/app-1')).toEqual([])
    expectPreserved('app-1')
  })

  test('Orphan lets go of everything as it is', async () => {
    await applyWorking(working('app-1', { deletionPolicy: 'Orphan' }))
    const path = await workspaceOf('app-1')
    const before = stage.agents()
    await stage.must(['delete', 'worker/app-1', '--force'])
    expect(stage.agents()).toEqual(before)
    expect(readFileSync(join(path, 'untracked.txt'), 'utf8')).toBe('untracked\n')
    expect(refs('refs/heads/ao/app-1')).toHaveLength(1)
    expect((await stage.list()).map(({ metadata }) => metadata.name)).not.toContain('app-1')
    // It must not come back as something of ours.
    await stage.must(['reconcile', '--once'])
    expect(stage.agents()).toEqual(before)
  })

  test('a repository inside the workspace blocks until a person has moved it', async () => {
    await applyWorking(working('app-1'))
    const path = await workspaceOf('app-1')
    const inner = join(path, 'inner')
    mkdirSync(inner)
    stage.repo.run(['init', '-q'], inner)
    writeFileSync(join(inner, 'precious.txt'), 'precious\n')
    const { stderr } = await stage.must(['delete', 'worker/app-1', '--force'], 6)
    expect(stderr).toContain('inner')
    expect(readFileSync(join(inner, 'precious.txt'), 'utf8')).toBe('precious\n')
    expect(stage.repo.run(['status', '--porcelain'], inner)).toBe('?? precious.txt')

    stage.repo.run(['clone', '-q', inner, join(stage.repo.root, 'moved')])
    rmSync(inner, { recursive: true })
    await stage.must(['reconcile', '--once'])
    expect(existsSync(path)).toBe(false)
    expectPreserved('app-1')
  })

  test('that it is to go is a new generation of it, which what is said then is about', async () => {
    await applyWorking(working('app-1', { deletionPolicy: 'Delete' }))
    const { metadata } = await stage.get('app-1')
    stage.write('workers.yaml', worker(stage, 'app-2'))
    for (const _again of [1, 2]) {
      const { stderr } = await stage.must(['delete', 'worker/app-1'], 6)
      expect(stderr).toContain('--force')
      const asked = await stage.get('app-1')
      expect(asked.metadata.generation).toBe(metadata.generation + 1)
      expect(asked.status.observedGeneration).toBe(metadata.generation + 1)
      const stalled = asked.status.conditions.find(({ type }) => type === 'Stalled')
      expect(stalled?.observedGeneration).toBe(metadata.generation + 1)
    }
    // Force answers it; what was said without it does not end the wait.
    const { stdout } = await stage.must(['delete', 'worker/app-1', '--force'])
    expect(stdout).toContain('Worker/app-1 deleted')
  })

  test('what a source still declares is deleted only with --force', async () => {
    await applyWorking(working('app-1'))
    const { stderr } = await stage.must(['delete', 'worker/app-1'], 3)
    expect(stderr).toMatch(/workers\.yaml:\d+/)
    expect(stage.agents().size).toBe(1)
  })

  test('a changed fixed field is planned as replace and refused; with --replace the work is preserved and a new uid runs (F11)', async () => {
    await applyWorking(working('app-1'))
    const before = await stage.get('app-1')
    stage.write('workers.yaml', working('app-1', { prompt: 'Something else' }))
    const { stdout } = await stage.must(['diff', '-f', stage.manifests], 1)
    expect(stdout).toMatch(/app-1 +replace \(blocked\)/)
    expect(stdout).toContain('--replace')
    const refused = await stage.ao(['apply', '-f', stage.manifests])
    expect(refused.code).not.toBe(0)
    expect((await stage.get('app-1')).metadata.uid).toBe(before.metadata.uid)
    expect(stage.launches()).toHaveLength(1)

    await stage.must(['apply', '-f', stage.manifests, '--replace', '--yes'])
    const after = await stage.get('app-1')
    expect(after.metadata.uid).not.toBe(before.metadata.uid)
    // It is as old as its place in the world, not as the wish for it.
    const removed = (await stage.events()).find(({ reason }) => reason === 'Removed')
    expect(after.metadata.creationTimestamp >= (removed?.time ?? '')).toBe(true)
    expect(condition(after, 'Ready')?.status).toBe('True')
    expectPreserved('app-1')
    expect([...stage.agents().keys()]).toEqual([after.metadata.uid])
    await stage.must(['diff', '-f', stage.manifests])
  })

  test('a finished worker is never run again, not even without its status', async () => {
    stage.write(
      'workers.yaml',
      worker(stage, 'app-1', { agent: agent(stage, 'ends'), doneWhen: 'exited' }),
    )
    await stage.must(['reconcile', '-f', stage.manifests, '--once'])
    expect(stage.launches()).toHaveLength(1)
    for (const folder of ['status', 'desired']) {
      rmSync(join(stage.home, folder), { recursive: true })
      await stage.must(['apply', '-f', stage.manifests])
      await stage.must(['reconcile', '--once'])
      await stage.must(['diff', '-f', stage.manifests])
    }
    for (const verb of ['restart', 'resume', 'suspend']) {
      expect((await stage.ao([verb, 'app-1'])).code).toBe(3)
    }
    expect(stage.launches()).toHaveLength(1)
  })
})
