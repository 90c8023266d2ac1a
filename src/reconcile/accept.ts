import { HouseError } from '../errors.ts'
import { wanted } from '../lifecycle/facts.ts'
import type { Admission } from '../plan/admit.ts'
import { admit, leaving } from '../plan/admit.ts'
import { isNeverPruned } from '../plan/prune.ts'
import type { WantedCondition } from '../resource/conditions.ts'
import { mergeConditions } from '../resource/conditions.ts'
import type { ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import { endWords } from '../resource/record.ts'
import type { Desired, DesiredSession } from '../resource/spec.ts'
import { isSession } from '../resource/spec.ts'
import { isSameJson } from '../resource/same-json.ts'
import type { Status } from '../resource/status.ts'
import { refusedWords } from '../status/refused.ts'
import type { Store } from '../store/index.ts'
import { unionInventory } from '../store/inventory.ts'
import type { InventoryItem, RequestBody, Source } from '../store/types.ts'
import { acceptClaim } from './claim.ts'
import type { Deps } from './deps.ts'
import { acceptForcedPush } from './forced-push.ts'
import { pruneHold } from './prune-hold.ts'
import { newRecord } from './state.ts'
import { together } from './together.ts'

type ApplyRequest = Extract<RequestBody, { readonly type: 'apply' }>

export interface Accepted {
  /** What the request was about; a wait ends when these stand. */
  readonly keys: readonly ResourceKey[]
  /** Objects that could not be accepted. */
  readonly problems: readonly HouseError[]
}

/** Writes down what a command asks for. Nothing is done about it yet. Throws when it can't be accepted at all. */
export async function accept(deps: Deps, body: RequestBody): Promise<Accepted> {
  switch (body.type) {
    case 'apply':
      return acceptApply(deps, body)
    case 'delete':
      return acceptDelete(deps, body.keys, body.force)
    case 'override':
      return acceptOverride(deps, body.key, body.state)
    case 'claim':
      await acceptClaim(deps.store, body)
      return { keys: [body.key], problems: [] }
    case 'force-push':
      await acceptForcedPush(deps.store, body.key, body.push)
      return { keys: [body.key], problems: [] }
    case 'cleanup':
      return {
        keys: body.keys.filter(key => deps.store.desired.get(key) !== undefined),
        problems: [],
      }
    case 'restart':
      return acceptRestart(deps, body.key, body.at)
    case 'send':
      await deps.store.outbox.put(body.item)
      return { keys: [], problems: [] }
    case 'reconcile':
      return { keys: [...deps.store.desired.all().keys()], problems: [] }
  }
}

/** Accepts a source's resources: the inventory first, as the union of old and new, then every object, then the source itself. */
async function acceptApply(deps: Deps, body: ApplyRequest): Promise<Accepted> {
  const { store } = deps
  const source = body.source.id
  const known = store.inventory.get(source)
  const inventory = unionInventory(known?.items ?? [], ownedBy(store, source))
  const admission = admit({
    resources: body.resources,
    source,
    partial: body.partial,
    replace: body.replace,
    existing: store.desired.all(),
    inventory,
    records: [...store.records.all().values()],
    now: deps.now(),
    newUid: deps.newId,
  })
  if (admission.conflicts.length > 0) throw conflictError(admission)
  const added = admission.admitted.map(entry => ({ key: entry.key, uid: entry.object.uid }))
  await store.inventory.put(source, { source, items: unionInventory(inventory, added) })
  // What sessions refer to comes first; they are written side by side.
  const sessions = admission.admitted.filter(({ object }) => isSession(object))
  const statics = admission.admitted.filter(({ object }) => !isSession(object))
  for (const { object, previous } of statics) await admitObject(deps, object, previous)
  await together(sessions, async ({ object, previous }) => admitObject(deps, object, previous))
  const held = pruneHold({
    noPrune: store.noPrune(),
    declared: body.resources.length,
    owned: inventory.length,
    hasInventory: known !== undefined,
  })
  const pruned =
    body.prune && held === undefined ? await markPruned(deps, admission, body.pruneOnly) : []
  await registerSource(deps, body)
  // An apply that was to prune and might not is no clean one.
  const isClean = !body.partial && !(body.prune && admission.orphaned.length > 0)
  if (store.noPrune() !== undefined && isClean) await store.clearNoPrune()
  return {
    keys: [...admission.admitted.map(entry => entry.key), ...pruned],
    problems: refusedErrors(store, admission),
  }
}

/** What the desired state says of a source, in case its inventory was lost. */
function ownedBy(store: Store, source: string): readonly InventoryItem[] {
  return [...store.desired.all()].flatMap(([key, object]) =>
    object.source === source ? [{ key, uid: object.uid }] : [],
  )
}

function conflictError(admission: Admission): HouseError {
  const [first] = admission.conflicts
  const message = admission.conflicts.map(conflict => conflict.message).join('\n')
  return new HouseError('Conflict', message, first === undefined ? {} : { next: first.next })
}

/** Changes that were refused, as one error; those of finished workers are only told, for nothing will ever come of them. */
function refusedErrors(store: Store, admission: Admission): readonly HouseError[] {
  const messages = admission.admitted
    .filter(entry => entry.refused.length > 0)
    .filter(entry => store.records.get(entry.object.uid)?.outcome === undefined)
    .map(entry => `${entry.key}: ${refusedWords(entry.refused)}`)
  if (messages.length === 0) return []
  return [new HouseError('Stalled', messages.join('\n'), { next: 'ao apply --replace' })]
}

async function admitObject(
  deps: Deps,
  object: Desired,
  previous: Desired | undefined,
): Promise<void> {
  const { store } = deps
  const key = keyOf(object.kind, object.name)
  const record = isSession(object) ? store.records.get(object.uid) : undefined
  if (isSession(object) && record === undefined)
    await store.records.put(object.uid, newRecord(object))
  await store.desired.put(key, object)
  if (record?.outcome === undefined) await tellRefused(store, key, { object, previous })
  if (store.status.get(key) === undefined && previous === undefined) {
    await store.status.put(key, firstStatus(object, deps.now()))
    await store.events.append({
      type: 'Normal',
      reason: 'Accepted',
      object: key,
      attempt: 0,
      message: `Accepted from ${object.origin.file}:${object.origin.line}`,
    })
  } else if (previous !== undefined && isChanged(previous, object)) {
    await store.events.append({
      type: 'Normal',
      reason: 'Changed',
      object: key,
      attempt: record?.attempt ?? 0,
      message: `Generation ${object.generation} accepted from ${object.origin.file}:${object.origin.line}`,
    })
  }
}

/** Once for each change that is refused. */
async function tellRefused(
  store: Store,
  key: ResourceKey,
  { object, previous }: { readonly object: Desired; readonly previous: Desired | undefined },
): Promise<void> {
  if (object.refused === undefined || isSameJson(object.refused, previous?.refused)) return
  await store.events.append({
    type: 'Warning',
    reason: 'ReplaceRefused',
    object: key,
    attempt: store.records.get(object.uid)?.attempt ?? 0,
    message: `${refusedWords(object.refused)}; it stays as it was accepted. ao apply --replace makes a new one`,
  })
}

/** A new spec of the same object; one that is to go has none. */
function isChanged(previous: Desired, object: Desired): boolean {
  return previous.generation !== object.generation && object.deletionTimestamp === undefined
}

/** `Ready` is there from the first moment, so that nothing unknown ever reads as current. */
function firstStatus(object: Desired, now: Date): Status {
  const accepted: WantedCondition = {
    type: 'Ready',
    status: 'Unknown',
    reason: 'Accepted',
    message: 'accepted, not looked at yet',
    observedGeneration: object.generation,
  }
  const conditions = mergeConditions([], [accepted], now)
  if (!isSession(object)) return { observedGeneration: 0, conditions }
  return {
    observedGeneration: 0,
    conditions,
    lifecycle:
      object.kind === 'Worker' ? { session: 'pending', review: 'none' } : { session: 'pending' },
    display: 'Pending',
    attempt: 0,
    ...(object.spec.branch === undefined ? {} : { branch: object.spec.branch }),
    runtime: { plugin: object.spec.runtime.plugin },
    agent: { plugin: object.spec.agent.plugin, activity: 'unknown' },
    since: {},
  }
}

async function markPruned(
  deps: Deps,
  admission: Admission,
  only: readonly ResourceKey[] | undefined,
): Promise<readonly ResourceKey[]> {
  const keys = admission.orphaned
    .filter(object => !isNeverPruned(object))
    .map(object => keyOf(object.kind, object.name))
    .filter(key => only === undefined || only.includes(key))
  await together(keys, async key => stampDeletion(deps, key, false))
  return keys
}

async function stampDeletion(deps: Deps, key: ResourceKey, force: boolean): Promise<void> {
  await deps.store.desired.update(key, object =>
    object === undefined ? undefined : leaving(object, deps.now(), { force }),
  )
}

async function registerSource(deps: Deps, body: ApplyRequest): Promise<void> {
  if (body.partial) return
  const { id, type, path, name, branch } = body.source
  const source: Source = {
    id,
    name: name ?? id,
    type,
    digest: body.digest,
    prune: body.prune,
    acceptedAt: deps.now().toISOString(),
    ...(path === undefined ? {} : { path }),
    ...(branch === undefined ? {} : { branch }),
  }
  await deps.store.sources.put(id, source)
}

async function acceptDelete(
  deps: Deps,
  keys: readonly ResourceKey[],
  force: boolean,
): Promise<Accepted> {
  for (const key of keys) {
    if (deps.store.desired.get(key) === undefined) {
      throw new HouseError('NotFound', `${key} does not exist`, { next: 'ao get' })
    }
  }
  const all = [...new Set([...sessionsOf(deps, keys), ...keys])]
  await together(all, async key => stampDeletion(deps, key, force))
  return { keys: all, problems: [] }
}

/** The sessions of the projects among the keys: a project goes after everything that works on it. */
function sessionsOf(deps: Deps, keys: readonly ResourceKey[]): readonly ResourceKey[] {
  return [...deps.store.desired.all().values()]
    .filter(isSession)
    .filter(session => keys.includes(keyOf('Project', session.spec.project)))
    .map(session => keyOf(session.kind, session.name))
}

function sessionFor(store: Store, key: ResourceKey): DesiredSession {
  const object = store.desired.get(key)
  if (object !== undefined && isSession(object)) return object
  throw new HouseError('NotFound', `${key} does not exist`, { next: 'ao get' })
}

/** An override is owned by `cli`: it wins over a manifest that says nothing, and conflicts with one that says the opposite. */
async function acceptOverride(
  deps: Deps,
  key: ResourceKey,
  state: 'Running' | 'Suspended',
): Promise<Accepted> {
  const object = sessionFor(deps.store, key)
  const declared = object.own.includes('spec.state')
  if (declared && object.spec.state !== state) {
    const position = object.fields['spec.state'] ?? object.origin
    throw new HouseError(
      'Conflict',
      `${key}: ${position.file}:${position.line} says state: ${object.spec.state}`,
      {
        next: `set state: ${state} there, or remove \`state\` there, or ao apply the manifest again`,
      },
    )
  }
  if (
    state === 'Running' &&
    object.overrides.state === undefined &&
    object.spec.state === 'Running'
  ) {
    return { keys: [key], problems: [] }
  }
  await deps.store.desired.update(key, current => {
    if (current === undefined) return undefined
    const { state: _before, ...others } = current.overrides
    const overrides = state === object.spec.state ? others : { ...others, state }
    const changed = { ...current, overrides, generation: current.generation + 1 }
    // To resume is to start a new attempt, also of an agent that had ended before it was suspended.
    return state === 'Running'
      ? { ...changed, restartRequestedAt: deps.now().toISOString() }
      : changed
  })
  return { keys: [key], problems: [] }
}

async function acceptRestart(deps: Deps, key: ResourceKey, at: string): Promise<Accepted> {
  const object = sessionFor(deps.store, key)
  if (wanted(object) === 'suspended') {
    throw new HouseError('Conflict', `${key} is suspended`, { next: `ao resume ${object.name}` })
  }
  const outcome = deps.store.records.get(object.uid)?.outcome
  if (outcome?.state === 'Closed') {
    throw new HouseError(
      'Conflict',
      `${key} is ${endWords(outcome)}; it runs again when that is reopened`,
      {
        next: `ao describe ${object.name}`,
      },
    )
  }
  if (outcome !== undefined) {
    throw new HouseError('Conflict', `${key} is done; a finished worker is never run again`, {
      next: 'declare new work under a new name',
    })
  }
  await deps.store.desired.update(key, current =>
    current === undefined
      ? undefined
      : { ...current, restartRequestedAt: at, generation: current.generation + 1 },
  )
  return { keys: [key], problems: [] }
}
