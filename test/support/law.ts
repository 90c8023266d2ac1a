import fc from 'fast-check'
import { it } from 'vitest'

/** One seed for every law of a run, always the same so that a run says something of the change under test; `SEED` tries another. */
const seed = Number(process.env['SEED'] ?? 20261121)
const runs = Number(process.env['RUNS'] ?? 300)

/** A test that a statement holds for every value of an arbitrary; its title tells the seed that repeats it. */
export function law<T>(title: string, values: fc.Arbitrary<T>, holds: (value: T) => void): void {
  it(`${title} (seed ${seed})`, () => {
    fc.assert(fc.property(values, holds), { seed, numRuns: runs })
  })
}
