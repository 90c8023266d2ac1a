import type {
  ProcessFact,
  ReviewFact,
  SessionFacts,
  SessionView,
} from '../../src/lifecycle/facts.ts'
import type { Plan, PlannedAction, PlannedStep } from '../../src/plan/action.ts'
import type { Admission } from '../../src/plan/admit.ts'
import { admit, leaving } from '../../src/plan/admit.ts'
import { plan } from '../../src/plan/plan.ts'
import { launchDigest } from '../../src/plan/launch.ts'
import { remainingFinalizers } from '../../src/reconcile/finish.ts'
import { recordAfterLook } from '../../src/reconcile/record-facts.ts'
import { doneWorkers, newRecord } from '../../src/reconcile/state.ts'
import type { ResourceKey } from '../../src/resource/key.ts'
import { keyOf } from '../../src/resource/key.ts'
import type { SessionRecord } from '../../src/resource/record.ts'
import { needsNothing } from '../../src/resource/record.ts'
import type { Desired, DesiredSession, Resolved } from '../../src/resource/spec.ts'
import { finalizersOf, isSession } from '../../src/resource/spec.ts'
import { BASE_SHA, HEAD_SHA, NOW, NO_WORK, REPOSITORY, pullRequest } from './builders.ts'

/** What really is there of one session, by uid. */
export interface Place {
  branch: 'absent' | 'ours' | 'released' | 'missing' | 'taken'
  workspace: 'absent' | 'partial' | 'added' | 'populated' | 'prepared' | 'gone'
  process: ProcessFact
  review: ReviewFact
  unsaved: boolean
}

/** What may happen to a session without us. */
export type Accident =
  | 'exits with 0'
  | 'crashes'
  | 'vanishes'
  | 'server dies'
  | 'directory deleted'
  | 'branch deleted'
  | 'edits'
  | 'merged'
  | 'status lost'

export interface Cut {
  /** Steps that are carried out before everything stops. */
  readonly steps: number
  /** The next step is half done. */
  readonly during: boolean
}

/**
 * A small model of branches, workspaces, processes and records that carries out planned steps, with the real admission, planner and record keeping
 * around it. What must never happen is written down in `violations` as it happens.
 */
export class SimulatedWorld {
  now = NOW.getTime()
  readonly desired = new Map<ResourceKey, Desired>()
  readonly records = new Map<string, SessionRecord>()
  readonly places = new Map<string, Place>()
  readonly violations: string[] = []
  readonly #known = new Set<ResourceKey>()
  readonly #started = new Set<string>()
  readonly #created = new Set<string>()
  #uids = 0

  /** What accepting the manifests would lead to, as `diff` shows it. */
  propose(resources: readonly Resolved[], options: { readonly prune: boolean }): Plan {
    const admission = this.#admit(resources, false)
    const objects = new Map(this.desired)
    for (const entry of admission.admitted) objects.set(entry.key, entry.object)
    const pruned = options.prune ? admission.orphaned : []
    return this.#plan([...objects.values()], {
      admission,
      pruned: new Set(pruned.map(object => keyOf(object.kind, object.name))),
      blind: false,
    })
  }

  accept(
    resources: readonly Resolved[],
    options: { readonly prune: boolean; readonly replace: boolean },
  ): void {
    const admission = this.#admit(resources, options.replace)
    for (const { key, object } of admission.admitted) {
      this.desired.set(key, object)
      if (isSession(object) && !this.records.has(object.uid)) {
        this.records.set(object.uid, newRecord(object))
      }
    }
    if (!options.prune) return
    for (const object of admission.orphaned) {
      if (object.annotations['ao.dev/prune'] === 'never') continue
      this.remove(keyOf(object.kind, object.name))
    }
  }

  remove(key: ResourceKey): void {
    this.#change(key, object => leaving(object, new Date(this.now)))
  }

  override(key: ResourceKey, state: 'Running' | 'Suspended'): void {
    this.#change(key, object => ({
      ...object,
      overrides: { state },
      generation: object.generation + 1,
    }))
  }

  restart(key: ResourceKey): void {
    this.#change(key, object => ({
      ...object,
      restartRequestedAt: this.#time(),
      generation: object.generation + 1,
    }))
  }

  happen(key: ResourceKey, accident: Accident): void {
    const object = this.desired.get(key)
    if (object === undefined || !isSession(object)) return
    const place = this.#place(object)
    const { process } = place
    switch (accident) {
      case 'exits with 0':
      case 'crashes':
        if (process.state !== 'alive') return
        place.process = {
          state: 'exited',
          runtime: 'tmux',
          handle: process.handle,
          attempt: process.attempt,
          exitCode: accident === 'crashes' ? 1 : 0,
          signal: undefined,
        }
        return
      case 'vanishes':
      case 'server dies':
        place.process = { state: 'absent', serverGone: accident === 'server dies' }
        return
      case 'directory deleted':
        if (place.workspace !== 'absent') place.workspace = 'gone'
        return
      case 'branch deleted':
        if (place.branch === 'ours') place.branch = 'missing'
        return
      case 'edits':
        place.unsaved = place.workspace === 'prepared'
        return
      case 'merged':
        if (place.branch !== 'ours' || object.kind !== 'Worker') return
        place.review = {
          state: 'found',
          pullRequest: pullRequest({ state: 'merged', mergeSha: HEAD_SHA }),
          others: [],
        }
        return
      case 'status lost':
        this.#known.delete(key)
    }
  }

  /** One look and what follows from it: records, plan, steps up to the cut, and what is found gone. */
  cycle(options: { readonly cut?: Cut | undefined; readonly blind?: boolean } = {}): Plan {
    this.now += 1000
    const blind = options.blind === true
    const views = this.views(blind)
    for (const view of views.values()) {
      const { record } = recordAfterLook(view, new Date(this.now))
      this.records.set(record.uid, record)
    }
    const made = this.#plan([...this.desired.values()], { blind })
    this.#carryOut(made.actions, options.cut)
    for (const key of this.desired.keys()) this.#known.add(key)
    this.#letGo(made.actions)
    return made
  }

  /** The plan of what is desired, as it stands. */
  plan(): Plan {
    return this.#plan([...this.desired.values()], { blind: false })
  }

  views(blind: boolean): ReadonlyMap<ResourceKey, SessionView> {
    const sessions = [...this.desired.values()].filter(isSession)
    return new Map(
      sessions.map(object => [keyOf(object.kind, object.name), this.#view(object, blind)]),
    )
  }

  #admit(resources: readonly Resolved[], replace: boolean): Admission {
    return admit({
      resources,
      source: '.ao',
      partial: false,
      replace,
      existing: this.desired,
      inventory: [],
      records: [...this.records.values()],
      now: new Date(this.now),
      newUid: () => this.#newUid(),
    })
  }

  #plan(
    objects: readonly Desired[],
    about: {
      readonly admission?: Admission
      readonly pruned?: ReadonlySet<ResourceKey>
      readonly blind: boolean
    },
  ): Plan {
    const state = {
      desired: this.desired,
      status: () => undefined,
      record: (uid: string) => this.records.get(uid),
      records: () => [...this.records.values()],
    }
    const sessions = objects.filter(isSession)
    const views = sessions.map(
      object => [keyOf(object.kind, object.name), this.#view(object, about.blind)] as const,
    )
    return plan({
      objects,
      admitted: new Map((about.admission?.admitted ?? []).map(entry => [entry.key, entry])),
      conflicts: about.admission?.conflicts ?? [],
      pruned: about.pruned ?? new Set(),
      pruneHeld: undefined,
      views: new Map(views),
      known: this.#known,
      done: doneWorkers(state),
      bases: [],
      reacting: true,
      now: new Date(this.now),
    })
  }

  #view(object: DesiredSession, blind: boolean): SessionView {
    const place = this.#place(object)
    const record = this.records.get(object.uid) ?? newRecord(object)
    const path = `/home/worktrees/app/${object.name}`
    const branch = object.spec.branch
    const facts: SessionFacts = {
      repository: REPOSITORY,
      branch: branch === undefined ? { state: 'none' } : branchFact(place),
      workspace:
        place.workspace === 'absent'
          ? { state: 'absent' }
          : place.workspace === 'partial' || place.workspace === 'gone'
            ? { state: place.workspace, path }
            : { state: place.workspace, path, branch },
      process: place.process,
      review: place.review,
      activity: place.process.state === 'alive' ? 'working' : 'unknown',
      lastSignAt: undefined,
      risk: place.workspace === 'absent' ? { state: 'none' } : NO_WORK,
    }
    if (!blind) return { object, record, facts }
    const unknown = { state: 'unknown', reason: 'cannot look' } as const
    return { object, record, facts: { ...facts, process: unknown } }
  }

  #carryOut(actions: readonly PlannedAction[], cut: Cut | undefined): void {
    let left = cut?.steps ?? Infinity
    for (const action of actions) {
      for (const step of action.steps) {
        if (left === 0) {
          if (cut?.during === true) this.#step(action, step, true)
          return
        }
        left -= 1
        this.#step(action, step, false)
      }
    }
  }

  #step(action: PlannedAction, planned: PlannedStep, half: boolean): void {
    const object = this.desired.get(action.key)
    if (object === undefined || !isSession(object)) {
      this.violations.push(`${planned.step} for ${action.key}, which is not desired`)
      return
    }
    const place = this.#place(object)
    const must = (holds: boolean, what: string): void => {
      if (!holds) this.violations.push(`${planned.step} of ${action.key}: ${what}`)
    }
    switch (planned.step) {
      case 'base.fetch':
        return
      case 'branch.create':
        must(place.branch === 'absent', `the branch is ${place.branch}`)
        must(!this.#created.has(object.uid), 'the branch was made before')
        if (half) return
        this.#created.add(object.uid)
        place.branch = 'ours'
        this.#record(object, record => ({ ...record, baseSha: BASE_SHA }))
        return
      case 'workspace.add':
        must(['absent', 'partial', 'gone'].includes(place.workspace), `it is ${place.workspace}`)
        must(object.kind === 'Orchestrator' || place.branch === 'ours', 'there is no branch')
        place.workspace = half ? 'partial' : 'added'
        return
      case 'workspace.populate':
        must(place.workspace === 'added', `it is ${place.workspace}`)
        if (!half) place.workspace = 'populated'
        return
      case 'workspace.prepare':
        must(place.workspace === 'populated', `it is ${place.workspace}`)
        if (!half) place.workspace = 'prepared'
        return
      case 'session.start':
        must(place.workspace === 'prepared', `the workspace is ${place.workspace}`)
        must(place.process.state !== 'alive', 'it runs already')
        must((object.overrides.state ?? object.spec.state) === 'Running', 'it is suspended')
        must(object.deletionTimestamp === undefined, 'it is being deleted')
        this.#start(object, planned.attempt, half)
        return
      case 'session.stop':
        if (place.process.state === 'alive') {
          this.#record(object, record => ({
            ...record,
            lastExit: { attempt: record.attempt, at: this.#time(), reason: 'Stopped' },
          }))
        }
        if (!half) place.process = { state: 'absent', serverGone: false }
        return
      case 'workspace.preserve':
        if (!half) place.unsaved = false
        return
      case 'workspace.remove':
        must(!place.unsaved, 'unsaved work would be lost')
        must(place.process.state === 'absent', 'its process is there')
        place.workspace = half ? 'gone' : 'absent'
        return
      case 'branch.delete':
        must(place.workspace === 'absent', 'it is checked out')
        if (!half) place.branch = planned.keepBranch ? 'released' : 'absent'
    }
  }

  #start(object: DesiredSession, attempt: number, half: boolean): void {
    const known = this.records.get(object.uid)
    if (known !== undefined && attempt <= known.attempt) {
      this.violations.push(`attempt ${attempt} of ${object.name} was allocated before`)
    }
    const requested = object.restartRequestedAt
    this.#record(object, record => {
      const asked = requested !== undefined && requested !== record.restartHandled
      const failed = record.launches.length > 0 && record.lastExit?.reason !== 'Stopped'
      return {
        ...record,
        attempt,
        launches: [
          ...record.launches,
          {
            attempt,
            at: this.#time(),
            promptDigest: 'd',
            specDigest: launchDigest(object),
            runtime: 'tmux',
          },
        ],
        ...(asked
          ? { restarts: 0, restartHandled: requested }
          : { restarts: failed ? record.restarts + 1 : record.restarts }),
      }
    })
    if (half) return
    const prompt = `${object.uid}#${attempt}`
    if (this.#started.has(prompt)) this.violations.push(`${prompt} was handed its prompt twice`)
    this.#started.add(prompt)
    this.#place(object).process = {
      state: 'alive',
      runtime: 'tmux',
      handle: '%1',
      pid: 1,
      attempt,
      personTyping: false,
    }
  }

  /** As the reconciler does after its steps: finalizers of what is gone, then the object itself, then its replacement. */
  #letGo(actions: readonly PlannedAction[]): void {
    for (const [key, view] of this.views(false)) {
      const { object } = view
      const leaving = object.deletionTimestamp !== undefined
      if (!leaving && !needsNothing(view.record.outcome)) continue
      const finalizers = remainingFinalizers(view)
      if (finalizers.length > 0 || !leaving) {
        this.desired.set(key, { ...object, finalizers })
        continue
      }
      const state = object.spec.deletionPolicy === 'Orphan' ? 'Orphaned' : 'Deleted'
      this.#record(object, record => ({
        ...record,
        outcome: record.outcome ?? { state, at: this.#time(), preserved: [] },
      }))
      this.desired.delete(key)
      this.#known.delete(key)
      if (object.replacement !== undefined) this.#replace(key, object.replacement)
    }
    for (const action of actions) {
      const object = this.desired.get(action.key)
      if (object === undefined || isSession(object) || action.action !== 'delete') continue
      if (action.after.length === 0) this.desired.delete(action.key)
    }
  }

  #replace(key: ResourceKey, replacement: Resolved): void {
    const fresh: Desired = {
      ...replacement,
      uid: this.#newUid(),
      generation: 1,
      source: '.ao',
      creationTimestamp: this.#time(),
      finalizers: finalizersOf(replacement.kind),
      overrides: {},
    }
    this.desired.set(key, fresh)
    if (isSession(fresh)) this.records.set(fresh.uid, newRecord(fresh))
  }

  #place(object: DesiredSession): Place {
    const known = this.places.get(object.uid)
    if (known !== undefined) return known
    const before = [...this.places.entries()].some(
      ([, other]) =>
        other.branch === 'released' && this.#branchNameOf(other) === object.spec.branch,
    )
    const place: Place = {
      branch: before ? 'taken' : 'absent',
      workspace: 'absent',
      process: { state: 'absent', serverGone: false },
      review: { state: 'none' },
      unsaved: false,
    }
    this.places.set(object.uid, place)
    this.#branches.set(place, object.spec.branch)
    return place
  }

  readonly #branches = new Map<Place, string | undefined>()

  #branchNameOf(place: Place): string | undefined {
    return this.#branches.get(place)
  }

  #record(object: DesiredSession, change: (record: SessionRecord) => SessionRecord): void {
    this.records.set(object.uid, change(this.records.get(object.uid) ?? newRecord(object)))
  }

  #change(key: ResourceKey, change: (object: DesiredSession) => Desired): void {
    const object = this.desired.get(key)
    if (object !== undefined && isSession(object)) this.desired.set(key, change(object))
  }

  #newUid(): string {
    this.#uids += 1
    return `uid-${this.#uids}`
  }

  #time(): string {
    return new Date(this.now).toISOString()
  }
}

function branchFact(place: Place): SessionFacts['branch'] {
  switch (place.branch) {
    case 'absent':
      return { state: 'absent' }
    case 'ours':
      return { state: 'ours', sha: HEAD_SHA, baseSha: BASE_SHA }
    case 'missing':
      return { state: 'missing', baseSha: BASE_SHA }
    case 'released':
    case 'taken':
      return { state: 'taken', sha: HEAD_SHA, where: 'local' }
  }
}
