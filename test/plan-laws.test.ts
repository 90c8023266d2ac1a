import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { wanted } from '../src/lifecycle/facts.ts'
import type { Plan, PlannedAction, StepName } from '../src/plan/action.ts'
import { STEP_NAMES, VERBS, isDifference } from '../src/plan/action.ts'
import type { PlanInput } from '../src/plan/plan.ts'
import { plan } from '../src/plan/plan.ts'
import { launchDigest } from '../src/plan/launch.ts'
import type { Condition, ConditionStatus, WantedCondition } from '../src/resource/conditions.ts'
import { CONDITION_TYPES, mergeConditions } from '../src/resource/conditions.ts'
import type { ResourceKey } from '../src/resource/key.ts'
import { keyOf } from '../src/resource/key.ts'
import type { Desired, Resolved } from '../src/resource/spec.ts'
import { isSession } from '../src/resource/spec.ts'
import {
  NOW,
  OURS,
  alive,
  facts,
  launched,
  notifier,
  orchestrator,
  prepared,
  project,
  record,
  running,
  worker,
} from './support/builders.ts'
import { law } from './support/law.ts'
import type { Accident } from './support/simulated-world.ts'
import { SimulatedWorld } from './support/simulated-world.ts'

const NAMES = ['app-1', 'app-2', 'app-3', 'app-4'] as const
const ACCIDENTS: readonly Accident[] = [
  'exits with 0',
  'crashes',
  'vanishes',
  'server dies',
  'directory deleted',
  'branch deleted',
  'edits',
  'merged',
  'status lost',
]

/** Manifests of one project with up to four workers, one orchestrator and one notifier, as a source may declare them. */
const manifests = fc
  .record({
    workers: fc.subarray([...NAMES]),
    depends: fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { maxLength: 3 }),
    orchestrated: fc.boolean(),
    notified: fc.boolean(),
    maxActive: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    specs: fc.array(
      fc.record({
        priority: fc.nat(2),
        state: fc.constantFrom('Running', 'Running', 'Suspended'),
        restartPolicy: fc.constantFrom('Always', 'OnFailure', 'Never'),
        deletionPolicy: fc.constantFrom('Archive', 'Archive', 'Delete', 'Orphan'),
        doneWhen: fc.constantFrom('merged', 'exited'),
        model: fc.constantFrom('small', 'large'),
        prompt: fc.constantFrom('Do it.', 'Do it.', 'Do something else.'),
        kept: fc.boolean(),
      }),
      { minLength: 4, maxLength: 4 },
    ),
  })
  .map(({ workers, depends, orchestrated, notified, maxActive, specs }): readonly Resolved[] => [
    ...workers.map(name => {
      const index = NAMES.indexOf(name)
      const { kept, ...spec } = specs[index]!
      const dependsOn = depends
        .filter(([from, to]) => from === index && to < from && workers.includes(NAMES[to]!))
        .map(([, to]) => NAMES[to]!)
      return resolved(
        worker(name, {
          spec: { ...spec, dependsOn: [...new Set(dependsOn)] },
          own: spec.state === 'Suspended' ? ['spec.state'] : [],
          annotations: kept ? { 'ao.dev/prune': 'never' } : {},
        }),
      )
    }),
    ...(orchestrated ? [resolved(orchestrator())] : []),
    ...(notified ? [resolved(notifier())] : []),
    resolved(project('app', { spec: { limits: maxActive === undefined ? {} : { maxActive } } })),
  ])

const key = fc.constantFrom<ResourceKey>(
  ...NAMES.map(name => keyOf('Worker', name)),
  'Orchestrator/app-orchestrator',
)

/** What people and the world do, in any order. */
const happening = fc.oneof(
  fc.record({
    type: fc.constant('apply' as const),
    manifests,
    prune: fc.boolean(),
    replace: fc.boolean(),
  }),
  fc.record({ type: fc.constant('delete' as const), key }),
  fc.record({
    type: fc.constant('override' as const),
    key,
    state: fc.constantFrom('Running', 'Suspended'),
  }),
  fc.record({ type: fc.constant('restart' as const), key }),
  fc.record({
    type: fc.constant('accident' as const),
    key,
    accident: fc.constantFrom(...ACCIDENTS),
  }),
  fc.record({ type: fc.constant('cycle' as const), steps: fc.nat(12), during: fc.boolean() }),
  fc.record({ type: fc.constant('blind cycle' as const) }),
  fc.record({ type: fc.constant('time' as const), ms: fc.nat(900_000) }),
)
type Happening = typeof happening extends fc.Arbitrary<infer H> ? H : never

function tell(world: SimulatedWorld, what: Happening): Plan | undefined {
  switch (what.type) {
    case 'apply':
      world.accept(what.manifests, what)
      return undefined
    case 'delete':
      world.remove(what.key)
      return undefined
    case 'override':
      world.override(what.key, what.state)
      return undefined
    case 'restart':
      world.restart(what.key)
      return undefined
    case 'accident':
      world.happen(what.key, what.accident)
      return undefined
    case 'cycle':
      return world.cycle({ cut: what })
    case 'blind cycle':
      return world.cycle({ blind: true })
    case 'time':
      world.now += what.ms
      return undefined
  }
}

const history = fc.tuple(manifests, fc.array(happening, { maxLength: 14 }))

function live([first, happenings]: readonly [
  readonly Resolved[],
  readonly Happening[],
]): SimulatedWorld {
  const world = new SimulatedWorld()
  world.accept(first, { prune: false, replace: false })
  for (const what of happenings) tell(world, what)
  return world
}

/** Runs whole cycles until nothing is to be done any more; backoff pauses are waited out. */
function converge(world: SimulatedWorld, bound: number): Plan {
  for (let pass = 0; pass < bound; pass += 1) {
    const made = world.cycle()
    const pause = Math.max(0, ...made.actions.map(action => action.retryAfterMs ?? 0))
    if (pause === 0 && made.actions.every(action => isSettled(action))) return made
    world.now += pause
  }
  const last = world.plan()
  throw new Error(
    `no fixpoint after ${bound} passes: ${JSON.stringify(last.actions.filter(action => !isSettled(action)))}`,
  )
}

function isSettled(action: PlannedAction): boolean {
  return ['unchanged', 'wait', 'blocked'].includes(action.action) && action.steps.length === 0
}

function resolved(object: Desired): Resolved {
  const { kind, name, labels, annotations, origin, fields, own, baseDir, spec } = object
  return { kind, name, labels, annotations, origin, fields, own, baseDir, spec } as Resolved
}

/** Passes that are always enough: everything may be replaced once, removed once, made once and restarted as often as it may. */
const BOUND = 40

describe('the laws of the planner', () => {
  law('fixpoint: where everything is as declared there is nothing to do', manifests, declared => {
    const objects = declared.map((object): Desired => {
      const desired = { ...object, uid: `uid-${object.name}`, generation: 1, source: '.ao' }
      const rest = { creationTimestamp: NOW.toISOString(), finalizers: [], overrides: {} }
      return { ...desired, ...rest }
    })
    const views = objects.filter(isSession).map(object => {
      const isRunning = wanted(object) === 'running'
      const seen = isRunning
        ? running({ workspace: prepared(object.name) })
        : facts({ branch: OURS, workspace: prepared(object.name) })
      const branch = object.kind === 'Worker' ? seen.branch : ({ state: 'none' } as const)
      const known = record(object, launched(1, launchDigest(object)))
      return [
        keyOf(object.kind, object.name),
        { object, record: known, facts: { ...seen, branch } },
      ] as const
    })
    const made = plan({
      ...NOTHING_ELSE,
      objects,
      views: new Map(views),
      known: new Set(objects.map(object => keyOf(object.kind, object.name))),
    })
    expect(made.actions.filter(action => isDifference(action))).toEqual([])
    expect(made.drift).toEqual([])
    expect(made.summary.unchanged).toBe(objects.length)
  })

  law(
    'convergence: whatever happened, soon nothing is to be done, and it is as declared',
    history,
    story => {
      const world = live(story)
      converge(world, BOUND)
      expect(world.violations).toEqual([])
      const made = world.plan()
      const actions = new Map(made.actions.map(action => [action.key, action]))
      for (const [at, { object, record: known, facts: seen }] of world.views(false)) {
        if (actions.get(at)?.action !== 'unchanged' || known.outcome !== undefined) continue
        expect(object.deletionTimestamp).toBeUndefined()
        const isRunning = wanted(object) === 'running'
        expect([at, seen.process.state]).toEqual([at, isRunning ? 'alive' : 'absent'])
        if (isRunning) expect([at, seen.workspace.state]).toEqual([at, 'prepared'])
      }
    },
  )

  law(
    'what diff prints is what apply carries out',
    fc.tuple(history, manifests, fc.boolean()),
    ([story, next, prune]) => {
      const world = live(story)
      for (let pass = 0; pass < 3; pass += 1) world.cycle()
      const printed = world.propose(next, { prune })
      if (printed.actions.some(action => action.code === 'Conflict')) return
      world.accept(next, { prune, replace: false })
      const carried = new Map(world.plan().actions.map(action => [action.key, action]))
      for (const action of printed.actions) {
        if (action.code === 'ReplaceRefused') continue
        expect([action.key, carried.get(action.key)?.steps]).toEqual([action.key, action.steps])
      }
    },
  )

  law(
    'idempotence: the same inputs in any order give the same bytes',
    fc.tuple(history, manifests, fc.nat()),
    ([story, next, seed]) => {
      const world = live(story)
      const shuffled = [...next].sort((a, b) => mix(a.name, seed) - mix(b.name, seed))
      const [one, two] = [next, shuffled].map(resources =>
        JSON.stringify(world.propose(resources, { prune: true })),
      )
      expect(two).toBe(one)
      expect(JSON.stringify(world.plan())).toBe(JSON.stringify(world.plan()))
    },
  )

  law(
    'idempotence: objects, conflicts and bases may come in any order',
    fc.tuple(manifests, fc.nat()),
    ([declared, seed]) => {
      const objects = [...declared, resolved(project('web'))].map((object): Desired => {
        const desired = { ...object, uid: `uid-${object.name}`, generation: 1, source: '.ao' }
        const rest = { creationTimestamp: NOW.toISOString(), finalizers: [], overrides: {} }
        return { ...desired, ...rest, deletionTimestamp: NOW.toISOString() }
      })
      const shuffle = <T>(items: readonly T[]): readonly T[] =>
        [...items].sort((a, b) => mix(JSON.stringify(a), seed) - mix(JSON.stringify(b), seed))
      const conflicts = NAMES.map(name => ({
        key: keyOf('Worker', name),
        message: name,
        next: 'ao get',
      }))
      const bases = ['app', 'web'].map(name => ({ project: name, ref: 'main', sha: 'a' }))
      const made = plan({ ...NOTHING_ELSE, objects, conflicts, bases })
      const again = plan({
        ...NOTHING_ELSE,
        objects: shuffle(objects),
        conflicts: shuffle(conflicts),
        bases: shuffle(bases),
      })
      expect(JSON.stringify(again)).toBe(JSON.stringify(made))
    },
  )

  law(
    'safety: nothing is done to what is not declared, not looked at, or meant to rest',
    history,
    story => {
      const world = new SimulatedWorld()
      world.accept(story[0], { prune: false, replace: false })
      for (const what of story[1]) {
        const before = new Set(world.desired.keys())
        const blind = what.type === 'blind cycle'
        const objects = new Map(world.desired)
        const made = tell(world, what)
        for (const action of made?.actions ?? []) {
          expect(VERBS).toContain(action.action)
          expect(before.has(action.key)).toBe(true)
          const object = objects.get(action.key)
          if (object === undefined || !isSession(object)) {
            expect(action.steps).toEqual([])
            continue
          }
          if (blind) expect(action.steps).toEqual([])
          const starts = action.steps.some(step => step.step === 'session.start')
          if (starts) expect(wanted(object)).toBe('running')
          const removes = action.steps.some(step => step.step === 'workspace.remove')
          if (removes) expect(wanted(object) === 'deleted' || action.code === 'Merged').toBe(true)
        }
      }
      expect(world.violations).toEqual([])
    },
  )

  law(
    'order: what others depend on comes first, removals come last and in reverse',
    history,
    story => {
      const world = live(story)
      const made = world.plan()
      const at = new Map(made.actions.map((action, index) => [action.key, index]))
      const leaves = (object: Desired): boolean => object.deletionTimestamp !== undefined
      for (const object of world.desired.values()) {
        if (!isSession(object)) continue
        const own = at.get(keyOf(object.kind, object.name))!
        const needs = [
          keyOf('Project', object.spec.project),
          ...object.spec.dependsOn.map(name => keyOf('Worker', name)),
        ]
        for (const need of needs) {
          const other = world.desired.get(need)
          if (other === undefined || leaves(other) !== leaves(object)) continue
          if (leaves(object)) expect(own).toBeLessThan(at.get(need)!)
          else expect(own).toBeGreaterThan(at.get(need)!)
        }
      }
      const firstLeaving = made.actions.findIndex(action => leaves(world.desired.get(action.key)!))
      if (firstLeaving >= 0) {
        const tail = made.actions.slice(firstLeaving)
        expect(tail.every(action => leaves(world.desired.get(action.key)!))).toBe(true)
      }
      for (const action of made.actions) {
        const ranks = action.steps.map(step => RANK.indexOf(step.step))
        expect(ranks).toEqual([...ranks].sort((a, b) => a - b))
        expect(new Set(ranks).size).toBe(ranks.length)
      }
    },
  )

  law(
    'crash: cut after any step or in the middle of one, it converges and makes nothing twice',
    fc.tuple(history, fc.array(fc.tuple(fc.nat(12), fc.boolean()), { maxLength: 8 })),
    ([story, cuts]) => {
      const world = live(story)
      for (const [steps, during] of cuts) world.cycle({ cut: { steps, during } })
      converge(world, BOUND)
      expect(world.violations).toEqual([])
    },
  )
})

/** Every step, in the order in which one session may go through them. */
const RANK: readonly StepName[] = [
  'session.stop',
  ...STEP_NAMES.filter(name => name !== 'session.stop'),
]

const NOTHING_ELSE: PlanInput = {
  objects: [],
  admitted: new Map(),
  conflicts: [],
  pruned: new Set(),
  pruneHeld: undefined,
  views: new Map(),
  known: new Set(),
  done: new Set(NAMES),
  bases: [],
  reacting: false,
  now: NOW,
}

function mix(text: string, seed: number): number {
  let hash = seed | 0
  for (const character of text) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) | 0
  return hash
}

describe('conditions are monotone', () => {
  const wantedConditions = fc
    .tuple(fc.subarray([...CONDITION_TYPES]), fc.array(fc.nat(2), { minLength: 20, maxLength: 20 }))
    .map(([types, statuses]) =>
      types.map((type, index): WantedCondition => {
        const status = (['True', 'False', 'Unknown'] as const)[statuses[index]!] ?? 'Unknown'
        return { type, status, reason: 'Progressing', message: `${index}`, observedGeneration: 1 }
      }),
    )

  law(
    'lastTransitionTime changes exactly when status does, in canonical order',
    fc.array(wantedConditions, { minLength: 2, maxLength: 6 }),
    looks => {
      let before: readonly Condition[] = []
      for (const [index, look] of looks.entries()) {
        const at = new Date(NOW.getTime() + index * 1000)
        const after = mergeConditions(before, look, at)
        expect(after.map(condition => condition.type)).toEqual(
          CONDITION_TYPES.filter(type => look.some(condition => condition.type === type)),
        )
        for (const condition of after) {
          const old: { status: ConditionStatus; lastTransitionTime: string } | undefined =
            before.find(candidate => candidate.type === condition.type)
          const kept = old?.status === condition.status
          expect(condition.lastTransitionTime).toBe(
            kept ? old.lastTransitionTime : at.toISOString(),
          )
        }
        before = after
      }
    },
  )

  law('generations never fall, so neither does observedGeneration', history, story => {
    const world = new SimulatedWorld()
    world.accept(story[0], { prune: false, replace: false })
    const seen = new Map<string, number>()
    for (const what of story[1]) {
      tell(world, what)
      for (const object of world.desired.values()) {
        expect(object.generation).toBeGreaterThanOrEqual(seen.get(object.uid) ?? 1)
        seen.set(object.uid, object.generation)
      }
    }
  })
})

it('an agent that runs is left alone when its record names it as adopted', () => {
  const object = worker()
  const view = {
    object,
    record: record(object, launched(4, 'adopted')),
    facts: running({ process: alive(4) }),
  }
  const at = keyOf('Worker', 'app-1')
  const objects = [project(), object]
  const made = plan({ ...NOTHING_ELSE, objects, views: new Map([[at, view]]) })
  expect(made.actions.map(action => [action.key, action.action])).toEqual([
    ['Project/app', 'unchanged'],
    [at, 'adopt'],
  ])
})
