import type { SessionView } from '../lifecycle/facts.ts'
import { isDone, wanted, wasStopped } from '../lifecycle/facts.ts'
import { decideRestart } from '../lifecycle/restart.ts'
import type { ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import type { Desired, DesiredSession } from '../resource/spec.ts'
import type { PlannedAction } from './action.ts'

/** Places left in each project with `limits.maxActive`, taken in plan order: who runs already keeps its place. */
export class Capacity {
  readonly #left = new Map<string, number>()
  readonly #holders = new Set<ResourceKey>()

  /** `now` in milliseconds since the epoch. */
  constructor(
    objects: readonly Desired[],
    views: ReadonlyMap<ResourceKey, SessionView>,
    now: number,
  ) {
    for (const object of objects) {
      if (object.kind !== 'Project' || object.spec.limits.maxActive === undefined) continue
      this.#left.set(object.name, object.spec.limits.maxActive)
    }
    for (const { object, ...seen } of views.values()) {
      const left = this.#left.get(object.spec.project)
      if (left === undefined || !holdsPlace({ object, ...seen }, now)) continue
      this.#left.set(object.spec.project, left - 1)
      this.#holders.add(keyOf(object.kind, object.name))
    }
  }

  has(object: DesiredSession): boolean {
    if (object.kind !== 'Worker' || this.#isHolder(object)) return true
    return (this.#left.get(object.spec.project) ?? 1) > 0
  }

  take(object: DesiredSession, action: PlannedAction): void {
    const left = this.#left.get(object.spec.project)
    if (left === undefined || object.kind !== 'Worker' || this.#isHolder(object)) return
    if (STARTS.has(action.action)) this.#left.set(object.spec.project, left - 1)
  }

  #isHolder({ kind, name }: DesiredSession): boolean {
    return this.#holders.has(keyOf(kind, name))
  }
}

const STARTS: ReadonlySet<PlannedAction['action']> = new Set(['create', 'resume', 'restart'])

/** A worker that runs, or that is to run again by itself, keeps its place; so does one that we can't look at. */
function holdsPlace({ object, record, facts }: SessionView, now: number): boolean {
  if (object.kind !== 'Worker') return false
  if (facts.process.state === 'alive' || facts.process.state === 'unknown') return true
  const started = record.launches.length > 0 && !wasStopped(record)
  if (!started || isDone(record) || wanted(object) !== 'running') return false
  // One that only a person can start again would keep its place for good.
  return decideRestart(object, record, facts, now).type !== 'stay'
}
