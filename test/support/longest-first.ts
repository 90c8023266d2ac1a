import { BaseSequencer } from 'vitest/node'
import type { TestSpecification } from 'vitest/node'

/** Files that take long for their size: tables of cases, whole stories. */
const LONG = [
  'scenarios/failpoints',
  'scenarios/forge-merge',
  'plugins/scm',
  'faults/kills',
  'demo',
  'faults/manifests',
  'forge-bad-input',
  'examples-github',
  'trackers-remote',
]

/** Begins with what takes longest, so that no processor waits for it at the end; the rest as vitest knows it, or by size. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((left, right) => placeOf(left) - placeOf(right))
  }
}

function placeOf({ moduleId }: TestSpecification): number {
  const place = LONG.findIndex(name => moduleId.endsWith(`/test/${name}.test.ts`))
  if (place >= 0) return place
  // Theirs are whole stories; the others are quick.
  const isStory = /\/test\/(scenarios|faults)\/|\/test\/plugins\/scm/.test(moduleId)
  return isStory ? LONG.length : LONG.length + 1
}
