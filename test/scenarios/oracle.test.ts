import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { brokenRules, dumpWorld, lostWork } from '../support/world.ts'
import { WORK, resting, succeed } from './routes.ts'
import { createStage, project, worker } from './stage.ts'
import type { Stage } from './stage.ts'

let stage: Stage | undefined

afterEach(async () => {
  await stage?.remove()
  stage = undefined
})

test('the oracle sees what may never be: doubles, second prompts, lost work, strangers touched', async () => {
  const one = createStage()
  stage = one
  one.declare('project.yaml', project())
  one.declare('workers.yaml', worker('app-one', 'work'))
  await succeed(one, ['apply', '-f', one.manifests])
  await resting(one)
  const world = dumpWorld(one)
  expect(brokenRules(one)).toEqual([])
  const uid = one.starts()[0]?.uid ?? ''

  const double = spawn('sh', [join(one.manifests, 'agent.sh'), 'rest'], {
    stdio: 'ignore',
    env: {
      ...one.repo.env,
      AO_HOME: one.home,
      AO_UID: uid,
      AO_SESSION_ID: 'app-one',
      AO_ATTEMPT: '1',
      AO_PROMPT_FILE: join(one.manifests, 'agent.sh'),
    },
  })
  await eventually('the double runs', () => one.alive().length === 2)
  expect(brokenRules(one).join('\n')).toMatch(/lives 2 times[^]*got its prompt 2 times/)
  expect(dumpWorld(one)).not.toEqual(world)
  double.kill()

  expect(lostWork(one, 'app-one', WORK)).toEqual([])
  rmSync(one.worktree('app-one'), { recursive: true })
  expect(lostWork(one, 'app-one', WORK)).toEqual(WORK.slice(1))

  rmSync(join(one.home, 'inventory'), { recursive: true })
  expect(brokenRules(one).join('\n')).toContain('in no inventory')

  one.sentinel.check()
  writeFileSync(join(one.repo.path, 'README.md'), 'touched\n')
  expect(() => {
    one.sentinel.check()
  }).toThrow()
})
