import { expect } from 'vitest'

import { brokenConditions, brokenRules } from '../support/world.ts'
import type { Stage } from './stage.ts'

/** What holds at any moment; with names, also that exactly these sessions live, once each, with whole conditions. */
export function expectOrder(stage: Stage, alive?: readonly string[]): void {
  expect(brokenRules(stage)).toEqual([])
  stage.sentinel.check()
  if (alive === undefined) return
  expect(
    stage
      .alive()
      .map(start => start.session)
      .sort(),
  ).toEqual(alive)
  expect(brokenConditions(stage)).toEqual([])
}
