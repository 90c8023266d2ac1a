import { afterEach, describe, expect, test } from 'vitest'

import { PHASES } from '../../src/execute/failpoint.ts'
import type { Phase } from '../../src/execute/failpoint.ts'
import { STEPS } from '../../src/execute/registry.ts'
import type { StepName } from '../../src/plan/action.ts'
import { STEP_NAMES } from '../../src/plan/action.ts'
import type { World } from '../support/world.ts'
import { brokenConditions, brokenRules, dumpWorld, lostWork } from '../support/world.ts'
import type { Route } from './routes.ts'
import { MORE_ROUTES, ROUTES, resting } from './routes.ts'
import { createStage } from './stage.ts'
import type { Stage } from './stage.ts'

let stage: Stage | undefined
const worlds = new Map<Route, World>()

afterEach(async () => {
  await stage?.remove()
  stage = undefined
})

const everywhere = STEP_NAMES.flatMap(step =>
  PHASES.map((phase): readonly [StepName, Phase, Route] => [step, phase, ROUTES[step]]),
)
const ways = [...everywhere, ...MORE_ROUTES].map(
  ([step, phase, route]) => [step, phase, route.name, route] as const,
)

describe('killed at every step, a command that is run again ends in the same world (A1-A3, A5-A7, A10-A15)', () => {
  test('every step that is registered has a way to be broken', () => {
    expect(Object.keys(STEPS).sort()).toEqual(Object.keys(ROUTES).sort())
  })

  test.each(ways)('%s:%s of %s', async (step, phase, _name, route) => {
    const expected = worlds.get(route) ?? (await worldWithoutFault(route))
    worlds.set(route, expected)
    stage = createStage()
    await route.prepare(stage)
    const args = route.command(stage)
    const broken = await stage.ao(args, { env: { AO_FAILPOINT: `${step}:${phase}:kill` } })
    expect({ signal: broken.signal, stderr: broken.stderr }).toMatchObject({ signal: 'SIGKILL' })
    expectUnharmed(stage, route)
    const again = await stage.ao(args)
    expect({ code: again.code, said: again.stderr }).toMatchObject({ code: route.code ?? 0 })
    await resting(stage)
    expect(dumpWorld(stage)).toEqual(expected)
    expectUnharmed(stage, route)
    expect(brokenConditions(stage)).toEqual([])
  })
})

async function worldWithoutFault(route: Route): Promise<World> {
  stage = createStage()
  await route.prepare(stage)
  const ran = await stage.ao(route.command(stage))
  expect({ code: ran.code, said: ran.stderr }).toMatchObject({ code: route.code ?? 0 })
  await resting(stage)
  const world = dumpWorld(stage)
  expectUnharmed(stage, route)
  expect(brokenConditions(stage)).toEqual([])
  await stage.remove()
  return world
}

function expectUnharmed(one: Stage, route: Route): void {
  expect(brokenRules(one)).toEqual([])
  expect(lostWork(one, 'app-one', route.work)).toEqual([])
  one.sentinel.check()
}
