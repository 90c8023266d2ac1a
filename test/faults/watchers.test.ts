import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { condition, createStage, project, worker } from './stage.ts'
import type { Stage } from './stage.ts'

let stage: Stage

beforeEach(() => {
  stage = createStage()
  stage.write('project.yaml', project(stage))
  stage.write('workers.yaml', worker(stage, 'app-1'), worker(stage, 'app-2'))
})

afterEach(async () => stage.close())

const isReady = async (name: string): Promise<boolean> =>
  condition(await stage.get(name), 'Ready')?.status === 'True'

/** The pids of all agents, once there are so many. */
const agentPids = async (count: number): Promise<readonly number[]> =>
  eventually(`${count} agents`, () => {
    const pids = [...stage.agents().values()].flat().toSorted((a, b) => a - b)
    return pids.length === count && pids
  })

describe('one watcher', () => {
  test('of twenty started at once exactly one lives, and the others exit 3 naming it (E4)', async () => {
    await stage.must(['apply', '-f', stage.manifests])
    const pids = await agentPids(2)
    const watchers = Array.from({ length: 20 }, () => stage.start(['reconcile', '--watch']))
    const others = await eventually(
      'nineteen to give up',
      () => {
        const gone = watchers.filter(({ child }) => child.exitCode !== null)
        return gone.length >= 19 && gone
      },
      30_000,
    )
    expect(others).toHaveLength(19)
    const survivor = watchers.find(({ child }) => child.exitCode === null)
    await eventually('the survivor to watch', () => survivor?.stderr().includes('Watching '))
    for (const other of others) {
      const { code, stderr } = await other.ended
      expect(code).toBe(3)
      const said = stderr.replaceAll(/\s+/g, ' ')
      expect(said).toContain(`locked by pid ${survivor?.pid} (sam) since 20`)
      expect(said).toContain(': ao reconcile --watch')
    }
    expect(await agentPids(2)).toEqual(pids)
    await survivor?.kill('SIGTERM')
  })

  test('a killed one is followed at once, and its sessions go on (E7)', async () => {
    const first = await stage.watch(['-f', stage.manifests])
    const pids = await agentPids(2)
    await first.kill()
    const second = await stage.watch()
    stage.write('more.yaml', worker(stage, 'app-3'))
    expect(await agentPids(3)).toEqual(expect.arrayContaining([...pids]))
    expect(second.child.exitCode).toBeNull()
    await second.kill('SIGTERM')
  })

  test('a lock whose pid is now another process is stale (E8)', async () => {
    const first = await stage.watch(['-f', stage.manifests])
    await agentPids(2)
    await first.kill()
    const lock = join(stage.home, 'lock')
    // As if the system had given the dead watcher's number to this very process.
    const reused = readFileSync(lock, 'utf8').replace(`${first.pid}`, `${process.pid}`)
    writeFileSync(lock, reused)
    await stage.must(['apply', '-f', stage.manifests])
  })

  test('ended by a signal it lets go of the lock, and its sessions go on', async () => {
    const watcher = await stage.watch(['-f', stage.manifests])
    const pids = await agentPids(2)
    expect((await watcher.kill('SIGINT')).code).toBe(130)
    expect(() => readFileSync(join(stage.home, 'lock'))).toThrow('ENOENT')
    expect(await agentPids(2)).toEqual(pids)
  })
})

describe('commands beside a watcher', () => {
  test('apply hands over, waits until it is so, and nothing is done twice (E5)', async () => {
    const watcher = await stage.watch()
    const ended = await Promise.all(
      Array.from({ length: 4 }, () => stage.ao(['apply', '-f', stage.manifests])),
    )
    for (const { code, stderr } of ended) expect(code, stderr).toBe(0)
    expect(await isReady('app-1')).toBe(true)
    expect(stage.launches()).toHaveLength(2)
    expect(watcher.child.exitCode).toBeNull()
    await watcher.kill('SIGTERM')
  })

  test('--once is done by the watcher and exits by its result (E6)', async () => {
    const watcher = await stage.watch(['-f', stage.manifests])
    await agentPids(2)
    await stage.must(['reconcile', '--once'])
    stage.write(
      'broken.yaml',
      worker(stage, 'app-3', {
        agent: { plugin: 'custom', command: ['true'] },
        restartPolicy: 'Never',
      }),
    )
    await eventually(
      'app-3 to be stalled',
      async () =>
        (await stage.ao(['get', 'app-3'])).code === 0 &&
        condition(await stage.get('app-3'), 'Stalled') !== undefined,
    )
    const beside = await stage.ao(['reconcile', '--once'])
    await watcher.kill('SIGTERM')
    const alone = await stage.ao(['reconcile', '--once'])
    expect(alone.code).toBe(6)
    expect(beside.code, beside.stderr).toBe(alone.code)
  })
})

describe('commands beside each other', () => {
  test('a second apply waits for the first, or as long as it is told (E5)', async () => {
    stage.write('project.yaml', project(stage, { workspace: { postCreate: ['sleep 2'] } }))
    const first = stage.start(['apply', '-f', stage.manifests])
    await eventually('the first to hold the lock', () => {
      try {
        return readFileSync(join(stage.home, 'lock'), 'utf8').includes(`${first.pid}`)
      } catch {
        return false
      }
    })
    const impatient = stage.ao(['apply', '-f', stage.manifests, '--lock-timeout', '1s'])
    const patient = stage.ao(['apply', '-f', stage.manifests])
    const refused = await impatient
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain(`locked by pid ${first.pid} (sam)`)
    expect((await first.ended).code).toBe(0)
    expect((await patient).code).toBe(0)
    expect(stage.launches()).toHaveLength(2)
  })
})
