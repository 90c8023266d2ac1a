import type { Kind } from '../resource/key.ts'
import { KINDS } from '../resource/key.ts'
import type { Desired } from '../resource/spec.ts'
import { isSession } from '../resource/spec.ts'

/**
 * The order in which objects are worked on: by kind, then dependencies first, then priority (higher first), then name. The same for any order of
 * the input; removals run in its reverse.
 */
export function inOrder<T extends Desired>(objects: readonly T[]): readonly T[] {
  const depth = depths(objects)
  const rank = (object: T): readonly [number, number, number] => [
    kindRank(object.kind),
    depth.get(object.name) ?? 0,
    isSession(object) ? -object.spec.priority : 0,
  ]
  return [...objects].sort((a, b) => compareRanks(rank(a), rank(b)) || compareText(a.name, b.name))
}

function kindRank(kind: Kind): number {
  return KINDS.indexOf(kind)
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** By code points, the same everywhere. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** How long the longest chain of dependencies below each worker is; a cycle (refused at validation) counts once. */
function depths(objects: readonly Desired[]): ReadonlyMap<string, number> {
  const workers = new Map(objects.filter(isSession).map(object => [object.name, object]))
  const known = new Map<string, number>()
  const visit = (name: string, path: ReadonlySet<string>): number => {
    const done = known.get(name)
    if (done !== undefined) return done
    const worker = workers.get(name)
    if (worker === undefined || path.has(name)) return 0
    const below = worker.spec.dependsOn.map(next => visit(next, new Set([...path, name])) + 1)
    const depth = Math.max(0, ...below)
    known.set(name, depth)
    return depth
  }
  for (const name of workers.keys()) visit(name, new Set())
  return known
}
