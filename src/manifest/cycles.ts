import { keyOf } from '../resource/key.ts'
import { isSession } from '../resource/spec.ts'
import type { ManifestContext } from './context.ts'
import { positionOf } from './document.ts'
import type { Declarations } from './references.ts'
import type { Report } from './report.ts'
import type { Declared } from './validate.ts'

/** Reports workers that wait for each other, with the way round; each circle once. */
export function checkCycles(
  declarations: Declarations,
  existing: ManifestContext['existing'],
  report: Report,
): void {
  const dependenciesOf = (name: string): readonly string[] => {
    const declared = declarations.get(keyOf('Worker', name))
    if (declared !== undefined) return dependencies(declared)
    const accepted = existing.get(keyOf('Worker', name))
    return accepted !== undefined && isSession(accepted) ? accepted.spec.dependsOn : []
  }
  const workers = [...declarations.values()].filter(one => one.kind === 'Worker')
  for (const route of findCycles(
    workers.map(one => one.name),
    dependenciesOf,
  )) {
    reportCycle(route, declarations, report)
  }
}

/** The circles a depth-first walk meets, as the names along the way; the first name is not repeated at the end. */
export function findCycles(
  names: readonly string[],
  dependenciesOf: (name: string) => readonly string[],
): readonly (readonly string[])[] {
  const done = new Set<string>()
  const cycles: (readonly string[])[] = []
  for (const start of names) {
    if (done.has(start)) continue
    // A stack of our own: a chain may be longer than calls may nest.
    const route: { readonly name: string; readonly left: string[] }[] = []
    const depth = new Map<string, number>()
    const enter = (name: string): void => {
      depth.set(name, route.length)
      route.push({ name, left: [...dependenciesOf(name)] })
    }
    enter(start)
    for (let here = route.at(-1); here !== undefined; here = route.at(-1)) {
      const next = here.left.shift()
      if (next === undefined) {
        done.add(here.name)
        depth.delete(here.name)
        route.pop()
        continue
      }
      const open = depth.get(next)
      if (open !== undefined) cycles.push(route.slice(open).map(step => step.name))
      else if (!done.has(next)) enter(next)
    }
  }
  return cycles
}

function reportCycle(route: readonly string[], declarations: Declarations, report: Report): void {
  const members = route.flatMap(name => declarations.get(keyOf('Worker', name)) ?? [])
  const [first, ...others] = members
  if (first === undefined) return
  for (const other of others) report.blame(other.document)
  const way = [...rotateTo(first.name, route), first.name].join(' -> ')
  const next = route[(route.indexOf(first.name) + 1) % route.length] ?? first.name
  const index = dependencies(first).indexOf(next)
  report.add(first.document, ['spec', 'dependsOn', index], {
    code: 'AO1104',
    message:
      route.length === 1
        ? `a worker waits for itself: ${way}`
        : `workers wait for each other: ${way}`,
    also: others.map(other => positionOf(other.document, ['spec', 'dependsOn'])),
  })
}

function rotateTo(name: string, route: readonly string[]): readonly string[] {
  const start = route.indexOf(name)
  return [...route.slice(start), ...route.slice(0, start)]
}

function dependencies({ manifest }: Declared): readonly string[] {
  return manifest?.kind === 'Worker' ? (manifest.spec.dependsOn ?? []) : []
}
