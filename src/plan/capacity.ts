import type { SessionView } from '../lifecycle/facts.ts'
import { isDone, wanted, wasStopped } from '../lifecycle/facts.ts'
import type { ResourceKey } from '../resource/key.ts'
import type { Desired, DesiredSession } from '../resource/spec.ts'
import type { PlannedAction } from './action.ts'

/** Places left in each project with `limits.maxActive`, taken in plan order: who runs already keeps its place. */
export class Capacity {
  readonly #left = new Map<string, number>()

  constructor(objects: readonly Desired[], views: ReadonlyMap<ResourceKey, SessionView>) {
    for (const object of objects) {
      if (object.kind !== 'Project' || object.spec.limits.maxActive === undefined) continue
      const active = [...views.values()].filter(view => holdsPlace(view, object.name)).length
      this.#left.set(object.name, object.spec.limits.maxActive - active)
    }
  }

  has(object: DesiredSession): boolean {
    return object.kind !== 'Worker' || (this.#left.get(object.spec.project) ?? 1) > 0
  }

  take(object: DesiredSession, action: PlannedAction): void {
    const left = this.#left.get(object.spec.project)
    if (left === undefined || object.kind !== 'Worker') return
    if (action.action === 'create' || action.action === 'resume') {
      this.#left.set(object.spec.project, left - 1)
    }
  }
}

/** A worker that runs, or that is to run again, keeps its place; so does one that we can't look at. */
function holdsPlace(view: SessionView, project: string): boolean {
  const { object, record, facts } = view
  if (object.kind !== 'Worker' || object.spec.project !== project) return false
  if (facts.process.state === 'alive' || facts.process.state === 'unknown') return true
  const started = record.launches.length > 0 && !wasStopped(record)
  return started && !isDone(record) && wanted(object) === 'running'
}
