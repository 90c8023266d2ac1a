import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { createStage, project, worker } from '../scenarios/stage.ts'
import type { Stage } from '../scenarios/stage.ts'
import { brokenConditions, brokenRules, conditionOf } from '../support/world.ts'

/** Kills of each runtime: half of an `apply`, half of a watcher. */
const KILLS = 100
/** Long enough for a whole apply now and then, so that every moment of one may be hit. */
const LONGEST_MS = 450

let stage: Stage

beforeEach(() => {
  stage = createStage()
})

afterEach(async () => {
  await stage.remove()
})

/** Numbers from 0 to below 1 that a seed decides (Park and Miller's generator). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** Another wish each time, so that there is always something to do. */
function declare(turn: number, runtime: string): void {
  const state = (on: boolean): string =>
    `runtime: ${runtime}\nstate: ${on ? 'Running' : 'Suspended'}`
  stage.declare('project.yaml', project())
  stage.declare(
    'workers.yaml',
    [
      worker('app-one', 'rest', state(turn % 2 === 0)),
      worker('app-two', 'rest', state(turn % 3 !== 0)),
    ].join('---\n'),
  )
}

describe('kill -9 at any moment', () => {
  test.each([
    ['tmux', 20_261_121],
    ['process', 11_212_026],
  ])(
    `${KILLS} of apply and of the watcher on the %s runtime (seed %i) lose nothing and do nothing twice (A1 to A17, E7)`,
    async (runtime, seed) => {
      const next = random(seed)
      for (let turn = 0; turn < KILLS; turn += 1) {
        declare(turn, runtime)
        const args =
          next() < 0.5
            ? ['apply', '-f', stage.manifests]
            : ['reconcile', '-f', stage.manifests, '--watch']
        const one = stage.start(args)
        await pause(next() * LONGEST_MS)
        one.child.kill('SIGKILL')
        await one.ended
        expect({ turn, broken: brokenRules(stage) }).toEqual({ turn, broken: [] })
      }
      declare(2, runtime)
      const last = await stage.ao(['apply', '-f', stage.manifests])
      expect(last).toMatchObject({ code: 0 })
      expect(brokenRules(stage)).toEqual([])
      expect(brokenConditions(stage)).toEqual([])
      for (const name of ['app-one', 'app-two']) {
        expect(conditionOf(stage, `Worker/${name}`, 'Ready')).toMatch(/^True:/)
        expect(stage.alive(name)).toHaveLength(1)
      }
      stage.sentinel.check()
    },
    180_000,
  )
})
