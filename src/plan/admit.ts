import { wasEverMade } from '../lifecycle/facts.ts'
import type { ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import type { SessionRecord } from '../resource/record.ts'
import { isSameJson } from '../resource/same-json.ts'
import type { Desired, RefusedField, Resolved } from '../resource/spec.ts'
import { finalizersOf, isSession } from '../resource/spec.ts'
import type { FieldChange } from './changes.ts'
import { compareSpecs } from './changes.ts'

/** What a source says, beside what was accepted before. */
export interface AdmissionInput {
  readonly resources: readonly Resolved[]
  readonly source: string
  /** The resources are only part of what the source declares; nothing can be concluded from what is missing. */
  readonly partial: boolean
  /** Fixed fields may change: the object is replaced. */
  readonly replace: boolean
  readonly existing: ReadonlyMap<ResourceKey, Desired>
  /** What the source owned so far. */
  readonly inventory: readonly { readonly key: ResourceKey; readonly uid: string }[]
  readonly records: readonly SessionRecord[]
  readonly now: Date
  readonly newUid: () => string
}

/** One object as it will be accepted, and how it differs from what was. */
export interface Admitted {
  readonly key: ResourceKey
  readonly object: Desired
  readonly previous: Desired | undefined
  readonly changes: readonly FieldChange[]
  readonly unchangedFields: number
  /** Fixed fields that may not change; the object stays as it was. */
  readonly refused: readonly FieldChange[]
  readonly replaced: boolean
}

export interface AdmissionConflict {
  readonly key: ResourceKey
  readonly message: string
  readonly next: string
}

export interface Admission {
  readonly admitted: readonly Admitted[]
  /** Owned by the source and no longer declared by it. */
  readonly orphaned: readonly Desired[]
  readonly conflicts: readonly AdmissionConflict[]
}

/** What accepting a source's resources would make of the desired state. Pure: `diff` and `apply` both call it. */
export function admit(input: AdmissionInput): Admission {
  const conflicts = input.resources.flatMap(resource => conflictOf(input, resource))
  const conflicting = new Set(conflicts.map(conflict => conflict.key))
  const admitted = input.resources
    .filter(resource => !conflicting.has(keyOf(resource.kind, resource.name)))
    .map(resource => admitOne(input, resource))
  const declared = new Set(input.resources.map(resource => keyOf(resource.kind, resource.name)))
  const orphaned = input.partial
    ? []
    : [...input.existing.values()].filter(
        object =>
          object.source === input.source &&
          object.deletionTimestamp === undefined &&
          !declared.has(keyOf(object.kind, object.name)),
      )
  return { admitted, orphaned, conflicts }
}

/** An object that is to go. That is a change of what is wanted, and so is force that comes later: nothing said before answers it. */
export function leaving(
  object: Desired,
  at: Date,
  how: { readonly force?: boolean; readonly replacement?: Resolved } = {},
): Desired {
  const isForced = how.force === true && object.deletionForced !== true
  const isNew = object.deletionTimestamp === undefined || isForced
  return {
    ...object,
    deletionTimestamp: object.deletionTimestamp ?? at.toISOString(),
    generation: isNew ? object.generation + 1 : object.generation,
    ...(isForced ? { deletionForced: true } : {}),
    ...(how.replacement === undefined ? {} : { replacement: how.replacement }),
  }
}

function conflictOf(input: AdmissionInput, resource: Resolved): readonly AdmissionConflict[] {
  const key = keyOf(resource.kind, resource.name)
  const existing = input.existing.get(key)
  if (existing === undefined) return []
  if (existing.source !== input.source && existing.deletionTimestamp === undefined) {
    return [
      {
        key,
        message: `${key} is declared by source "${existing.source}" (${existing.origin.file}:${existing.origin.line}) and by "${input.source}" (${resource.origin.file}:${resource.origin.line}); one owner only`,
        next: `ao delete ${key} --force, or remove one of the two declarations`,
      },
    ]
  }
  return overrideConflict(key, existing, resource)
}

/** A command said one thing, the manifest now says the other: neither wins silently. */
function overrideConflict(
  key: ResourceKey,
  existing: Desired,
  resource: Resolved,
): readonly AdmissionConflict[] {
  const override = existing.overrides.state
  if (override === undefined || (resource.kind !== 'Worker' && resource.kind !== 'Orchestrator')) {
    return []
  }
  if (!resource.own.includes('spec.state') || resource.spec.state === override) return []
  const { name } = resource
  const undo = override === 'Suspended' ? `ao resume ${name}` : `ao suspend ${name}`
  return [
    {
      key,
      message: `${key} is ${override} by command, but ${resource.origin.file}:${resource.fields['spec.state']?.line ?? resource.origin.line} says state: ${resource.spec.state}`,
      next: `${undo}, or remove \`state\` from the manifest, or set it to ${override}`,
    },
  ]
}

function admitOne(input: AdmissionInput, resource: Resolved): Admitted {
  const key = keyOf(resource.kind, resource.name)
  const previous = input.existing.get(key)
  if (previous === undefined) return admitNew(input, key, resource)
  if (previous.deletionTimestamp !== undefined) {
    const object = leaving(previous, input.now, { replacement: resource })
    return { key, object, previous, changes: [], unchangedFields: 0, refused: [], replaced: true }
  }
  const { changes, unchanged } = compareSpecs(previous, resource)
  const refused = fixedChanges(input, previous, changes)
  const base = { key, previous, changes, unchangedFields: unchanged }
  if (refused.length > 0 && !input.replace) {
    return { ...base, object: noteRefused(previous, refused), refused, replaced: false }
  }
  if (refused.length > 0) {
    const object = leaving(previous, input.now, { replacement: resource })
    return { ...base, object, refused: [], replaced: true }
  }
  return {
    ...base,
    object: accept(previous, resource, changes.length > 0),
    refused: [],
    replaced: false,
  }
}

/** What was accepted stands; that its source wants something else is written down, without the values. */
function noteRefused(previous: Desired, changes: readonly FieldChange[]): Desired {
  const refused = changes.map(({ path, position }): RefusedField => ({
    path,
    ...(position === undefined ? {} : { position }),
  }))
  return isSameJson(previous.refused, refused) ? previous : { ...previous, refused }
}

/** A fixed field is fixed once something was made from it. */
function fixedChanges(
  input: AdmissionInput,
  previous: Desired,
  changes: readonly FieldChange[],
): readonly FieldChange[] {
  const fixed = changes.filter(change => change.class === 'fixed')
  if (fixed.length === 0 || !isSession(previous)) return fixed
  const record = input.records.find(known => known.uid === previous.uid)
  return record !== undefined && wasEverMade(record) ? fixed : []
}

function admitNew(input: AdmissionInput, key: ResourceKey, resource: Resolved): Admitted {
  const object: Desired = {
    ...resource,
    uid: knownUid(input, key) ?? input.newUid(),
    generation: 1,
    source: input.source,
    creationTimestamp: input.now.toISOString(),
    finalizers: finalizersOf(resource.kind),
    overrides: {},
  }
  return {
    key,
    object,
    previous: undefined,
    changes: [],
    unchangedFields: 0,
    refused: [],
    replaced: false,
  }
}

/** An object whose desired file was lost keeps its identity: its record or the inventory still knows it. What was let go of never comes back. */
function knownUid(input: AdmissionInput, key: ResourceKey): string | undefined {
  const owned = input.inventory.find(
    item =>
      item.key === key && !input.records.some(record => record.uid === item.uid && isLetGo(record)),
  )
  if (owned !== undefined) return owned.uid
  const namesakes = input.records.filter(
    record =>
      keyOf(record.kind, record.name) === key && record.source === input.source && !isLetGo(record),
  )
  return (namesakes.find(record => record.outcome === undefined) ?? namesakes[0])?.uid
}

function isLetGo({ outcome }: SessionRecord): boolean {
  return outcome?.state === 'Deleted' || outcome?.state === 'Orphaned'
}

function accept(previous: Desired, resource: Resolved, changed: boolean): Desired {
  const { refused: _refused, ...accepted } = previous
  const { state, ...others } = previous.overrides
  const isSettled = 'state' in resource.spec && resource.spec.state === state
  const overrides = isSettled ? others : previous.overrides
  const object: Desired = {
    ...accepted,
    ...resource,
    generation: changed ? previous.generation + 1 : previous.generation,
    overrides,
  }
  return isSameJson(object, previous) ? previous : object
}
