import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { condition, createStage, flipByte, plantSession, project, worker } from './stage.ts'
import type { Stage } from './stage.ts'

let stage: Stage
let checkPersonsSession: () => void

beforeEach(async () => {
  stage = createStage({ runtime: 'tmux' })
  stage.write('project.yaml', project(stage, { defaults: { runtime: 'tmux' } }))
  stage.write('workers.yaml', worker(stage, 'app-1'), worker(stage, 'app-2'))
  await stage.must(['apply', '-f', stage.manifests])
  checkPersonsSession = plantSession(stage)
})

afterEach(async () => {
  try {
    checkPersonsSession()
  } finally {
    await stage.close()
  }
})

const panes = (): readonly string[] =>
  execFileSync(
    'tmux',
    ['-S', join(stage.home, 'tmux.sock'), 'list-panes', '-a', '-F', '#{session_name} #{pane_pid}'],
    { encoding: 'utf8' },
  )
    .trim()
    .split('\n')
    .toSorted()

const uids = async (): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries((await stage.list()).map(({ metadata }) => [metadata.name, metadata.uid]))

/** Every file of a folder of the home. */
const filesIn = (folder: string): readonly string[] =>
  readdirSync(join(stage.home, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.json'))
    .map(name => join(stage.home, folder, name))

describe('state that was damaged', () => {
  test.each(['desired', 'status', 'records', 'inventory', 'sources'])(
    'a flipped bit in every file of %s costs no session, and nothing is pruned until one clean apply (E1)',
    async folder => {
      const before = { panes: panes(), uids: await uids(), launches: stage.launches() }
      for (const file of filesIn(folder)) flipByte(file)
      stage.write('workers.yaml', worker(stage, 'app-1'))

      const { stdout } = await stage.ao(['apply', '-f', stage.manifests, '--prune', '--yes'])
      // Without its desired state nothing says of app-2 that it is no longer declared.
      if (folder !== 'desired') expect(stdout).toMatch(/app-2 +prune \(blocked\)/)
      await stage.ao(['apply', '-f', stage.manifests, '--prune', '--yes'])
      expect(panes()).toEqual(before.panes)
      const events = await stage.events()
      expect(events.filter(event => event.reason === 'StateDamaged')).not.toHaveLength(0)
      expect(
        readdirSync(join(stage.home, folder), { recursive: true, encoding: 'utf8' }).some(name =>
          name.includes('.corrupt-'),
        ),
      ).toBe(true)

      stage.write('workers.yaml', worker(stage, 'app-1'), worker(stage, 'app-2'))
      await stage.must(['apply', '-f', stage.manifests])
      expect(await uids()).toEqual(before.uids)
      expect(panes()).toEqual(before.panes)
      expect(stage.launches()).toEqual(before.launches)
      expect(condition(await stage.get('app-1'), 'Ready')?.status).toBe('True')
      await stage.must(['diff', '-f', stage.manifests])

      stage.write('workers.yaml', worker(stage, 'app-1'))
      await stage.must(['apply', '-f', stage.manifests, '--prune', '--yes'])
      expect(panes()).toEqual(before.panes.filter(line => !line.startsWith('app-2 ')))
    },
  )

  test('a lost inventory is made anew from what is owned (E2)', async () => {
    const before = { panes: panes(), uids: await uids() }
    rmSync(join(stage.home, 'inventory'), { recursive: true })
    stage.write('workers.yaml', worker(stage, 'app-1'))
    const { stdout } = await stage.ao(['apply', '-f', stage.manifests, '--prune', '--yes'])
    expect(stdout).toMatch(/app-2 +prune \(blocked\)/)
    stage.write('workers.yaml', worker(stage, 'app-1'), worker(stage, 'app-2'))
    await stage.must(['apply', '-f', stage.manifests])
    expect(panes()).toEqual(before.panes)
    expect(await uids()).toEqual(before.uids)
    const [file = ''] = filesIn('inventory')
    for (const uid of Object.values(before.uids)) expect(readFileSync(file, 'utf8')).toContain(uid)
  })

  test('losing status and desired loses nothing: running sessions are adopted with their panes (E2)', async () => {
    const before = { panes: panes(), uids: await uids(), launches: stage.launches() }
    rmSync(join(stage.home, 'status'), { recursive: true })
    rmSync(join(stage.home, 'desired'), { recursive: true })
    const plan = await stage.plan()
    expect(
      plan.actions.filter(action => action.kind === 'Worker').map(({ action }) => action),
    ).toEqual(['adopt', 'adopt'])
    await stage.must(['apply', '-f', stage.manifests])
    expect(panes()).toEqual(before.panes)
    expect(await uids()).toEqual(before.uids)
    expect(stage.launches()).toEqual(before.launches)
    const adopted = (await stage.events()).filter(({ reason }) => reason === 'Adopted')
    expect(adopted.map(({ object }) => object).toSorted()).toEqual(['Worker/app-1', 'Worker/app-2'])
  })

  test('what was kept while state was damaged is pruned once a clean apply was made, though no file changes (E1, F2)', async () => {
    const [file = ''] = filesIn('status')
    flipByte(file)
    stage.write('workers.yaml', worker(stage, 'app-1'))
    const watcher = await stage.watch(['-f', stage.manifests, '--prune'])
    await stage.must(['reconcile', '--once'])
    await stage.must(['reconcile', '--once'])
    expect(panes().map(line => line.split(' ')[0])).toEqual(['app-1', 'app-2', 'persons-own'])
    await stage.must(['apply', '-f', stage.manifests])
    await eventually('app-2 to be pruned', () => !panes().some(line => line.startsWith('app-2 ')))
    await watcher.kill('SIGTERM')
  })

  test('a home of a newer program is refused with both versions (E3)', async () => {
    writeFileSync(join(stage.home, 'version'), '{"layout": 99, "ao": "9.8.7"}\n')
    for (const args of [['apply', '-f', stage.manifests], ['get'], ['reconcile', '--watch']]) {
      const { stderr } = await stage.must(args, 3)
      expect(stderr).toMatch(/layout 99 of ao 9\.8\.7/)
      expect(stderr).toMatch(/layouts up to 1/)
    }
    writeFileSync(join(stage.home, 'version'), '{"layout": 1, "ao": "0.1.0"}\n')
  })
})
