import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'

import { MOST_RESTARTS } from '../../src/reconcile/restarts.ts'
import type { SessionRecord } from '../../src/resource/record.ts'
import type { JournalEntry } from '../../src/store/types.ts'
import { eventually } from '../support/eventually.ts'
import { agent, condition, createStage, plantSession, project, worker } from './stage.ts'
import type { Stage } from './stage.ts'

let stage: Stage

afterEach(async () => stage.close())

const attempts = (name: string): readonly number[] =>
  stage
    .launches()
    .filter(({ session }) => session === name)
    .map(({ attempt }) => attempt)

/** The records as they stand on the disk. */
const recordOf = (name: string): SessionRecord | undefined =>
  readdirSync(join(stage.home, 'records'), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.json'))
    .map(
      file => JSON.parse(readFileSync(join(stage.home, 'records', file), 'utf8')) as SessionRecord,
    )
    .find(record => record.name === name)

const recordOfOrNone = (name: string): SessionRecord | undefined => {
  try {
    return recordOf(name)
  } catch {
    // The home is not made yet, or the file is just being written.
    return undefined
  }
}

describe('a tmux server that dies with many sessions', () => {
  const many = Array.from({ length: 20 }, (_, index) => `app-${index + 1}`)

  /** How many starts with attempt 2 were under way at once, by the journal's order of lines. */
  const mostAtOnce = (): number => {
    const lines = readFileSync(join(stage.home, 'journal.jsonl'), 'utf8').split('\n')
    let most = 0
    let now = 0
    for (const line of lines) {
      if (line === '') continue
      const { step, attempt, phase } = JSON.parse(line) as JournalEntry
      if (step !== 'session.start' || attempt !== 2) continue
      now += phase === 'begin' ? 1 : -1
      most = Math.max(most, now)
    }
    return most
  }

  test('is followed by no more than eight starts at once, until all are there again (B1)', async () => {
    stage = createStage({ runtime: 'tmux' })
    stage.write('project.yaml', project(stage, { defaults: { runtime: 'tmux' } }))
    stage.write('workers.yaml', ...many.map(name => worker(stage, name)))
    await stage.must(['apply', '-f', stage.manifests])
    plantSession(stage)()
    execFileSync('tmux', ['-S', join(stage.home, 'tmux.sock'), 'kill-server'])
    await eventually('the agents to be gone', () => stage.agents().size === 0)
    await stage.must(['reconcile', '--once'])
    for (const name of many) expect(attempts(name)).toEqual([1, 2])
    await eventually('all to live again', () => stage.agents().size === many.length)
    expect(mostAtOnce()).toBeGreaterThan(1)
    expect(mostAtOnce()).toBeLessThanOrEqual(MOST_RESTARTS)
  })
})

describe('apply', () => {
  /** The second worker is in the making for so long that the first one has ended by then. */
  const slowSecond = 'case "$PWD" in *app-2) sleep 3 ;; esac'

  test('restarts nobody who ends while it waits; a later one restarts once what its plan says (B5)', async () => {
    stage = createStage()
    const ends = { agent: agent(stage, 'ends'), restartPolicy: 'Always' }
    stage.write('project.yaml', project(stage, { workspace: { postCreate: [slowSecond] } }))
    stage.write('workers.yaml', worker(stage, 'app-1', ends), worker(stage, 'app-2'))
    const { stderr } = await stage.must(['apply', '-f', stage.manifests], 4)
    expect(stderr).toContain('agent exited with 0; restart 1 of 5')
    expect(stderr).toContain('ao reconcile restarts it')
    expect(attempts('app-1')).toEqual([1])
    expect(condition(await stage.get('app-1'), 'Ready')?.reason).toBe('CrashLoopBackOff')

    const { stdout } = await stage.must(['diff', '-f', stage.manifests], 1)
    expect(stdout).toMatch(/app-1 +restart/)
    await stage.ao(['apply', '-f', stage.manifests])
    expect(attempts('app-1')).toEqual([1, 2])
  })
})

describe('an agent', () => {
  test('killed for want of memory is restarted at once, and next after a pause (C8)', async () => {
    stage = createStage()
    stage.write('project.yaml', project(stage))
    stage.write('workers.yaml', worker(stage, 'app-1', { restartPolicy: 'OnFailure' }))
    await stage.must(['apply', '-f', stage.manifests])
    const kill = async (attempt: number): Promise<void> => {
      const pid = await eventually(`attempt ${attempt}`, () => {
        const started = stage.launches().find(launch => launch.attempt === attempt)
        return started !== undefined && stage.agents().size === 1 && started.pid
      })
      process.kill(pid, 'SIGKILL')
      await eventually('its end', () => stage.agents().size === 0)
    }
    await kill(1)
    await stage.must(['reconcile', '--once'])
    await kill(2)
    await stage.must(['reconcile', '--once'], 4)
    expect(attempts('app-1')).toEqual([1, 2])
    const ready = condition(await stage.get('app-1'), 'Ready')
    expect(ready?.reason).toBe('CrashLoopBackOff')
    expect(ready?.message).toContain('killed by signal 9; restart 2 of 5')
    const reasons = (await stage.events()).map(({ reason }) => reason)
    expect(reasons.filter(reason => reason === 'KilledBySignal')).toHaveLength(2)
  })

  test('whose start was cut off before anything was started has not failed (A1)', async () => {
    stage = createStage({ runtime: 'tmux' })
    stage.write('project.yaml', project(stage, { defaults: { runtime: 'tmux' } }))
    stage.write('workers.yaml', worker(stage, 'app-1', { restartPolicy: 'Never' }))
    const path = stage.fake('tmux', 'case " $* " in *" source-file "*) exec sleep 1000 ;; esac')
    const cut = stage.start(['apply', '-f', stage.manifests], { env: { PATH: path } })
    await eventually('the attempt to be counted', () => recordOfOrNone('app-1')?.attempt === 1)
    await cut.kill()
    expect(stage.launches()).toEqual([])
    await stage.must(['reconcile', '--once'])
    expect(attempts('app-1')).toEqual([2])
    expect(recordOf('app-1')?.restarts).toBe(0)
    const events = await stage.events()
    expect(events.find(({ reason }) => reason === 'Interrupted')?.message).toContain(
      'attempt 1 was cut short; it counts as no failure',
    )
    expect(events.map(({ reason }) => reason)).not.toContain('ProcessGone')
  })
})

describe('a worker that only a person can start again', () => {
  test('gives its place up, and takes none from others when it is restarted (F12)', async () => {
    stage = createStage()
    const ends = { agent: agent(stage, 'ends'), restartPolicy: 'Never', priority: 9 }
    stage.write('project.yaml', project(stage, { limits: { maxActive: 1 } }))
    stage.write('workers.yaml', worker(stage, 'app-1', ends), worker(stage, 'app-2'))
    await stage.ao(['apply', '-f', stage.manifests])
    await eventually('app-1 to have ended', () => attempts('app-1').length === 1)
    await eventually('app-2 to get the place', async () => {
      await stage.ao(['reconcile', '--once'])
      return attempts('app-2').length === 1
    })
    expect(condition(await stage.get('app-1'), 'Stalled')?.reason).toBe('ExitedBeforeDone')
    const { stdout } = await stage.must(['restart', 'app-1'])
    expect(stdout).toContain('app-1 will be restarted: 1 workers of app are active')
    const waits = await stage.get('app-1')
    expect(condition(waits, 'Ready')?.reason).toBe('Waiting')
    expect(condition(waits, 'Ready')?.message).toContain('limits.maxActive')
    expect(attempts('app-1')).toEqual([1])
    await stage.must(['suspend', 'app-2'])
    await stage.ao(['reconcile', '--once'])
    expect(attempts('app-1')).toEqual([1, 2])
  })
})
