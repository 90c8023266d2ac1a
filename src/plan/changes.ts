import { fieldClassOf } from '../resource/field-classes.gen.ts'
import { isSameJson } from '../resource/same-json.ts'
import type { Resolved } from '../resource/spec.ts'
import type { Change } from './action.ts'
import { tellChange } from './change-words.ts'

export type FieldClass = 'mutable' | 'restart' | 'fixed'

export interface FieldChange extends Change {
  readonly class: FieldClass
}

/** What of a project's answers for its sessions does not stand under `spec.defaults`. */
const AT_TOP = new Set(['permissions', 'rules', 'orchestratorRules', 'env', 'reactions'])

/** Fields that differ between two versions of an object, by their names in manifests, with their class; and how many are the same. */
export function compareSpecs(
  before: Resolved,
  after: Resolved,
): { readonly changes: readonly FieldChange[]; readonly unchanged: number } {
  const old = declaredFields(before)
  // Most of what a source says was said before.
  if (isSameJson(before.spec, after.spec) && isSameJson(before.labels, after.labels)) {
    return { changes: [], unchanged: old.size }
  }
  const fresh = declaredFields(after)
  const paths = new Set([...old.keys(), ...fresh.keys()])
  const changed = [...paths].filter(path => !isSameJson(old.get(path), fresh.get(path))).sort()
  const changes = changed.map((path): FieldChange => {
    const position = positionOf(after, path)
    return {
      path,
      class: classOf(after, path),
      ...tellChange(path, old.get(path), fresh.get(path)),
      ...(position === undefined ? {} : { position }),
    }
  })
  return { changes, unchanged: paths.size - changes.length }
}

/** A project takes what its sessions inherit as it comes; each of them judges by itself what that means to it. */
export function classOf({ kind, spec }: Resolved, path: string): FieldClass {
  if (kind === 'Notifier') return 'mutable'
  const isInherited = kind === 'Project' && !Object.hasOwn(spec, path.split('.')[1] ?? '')
  return isInherited ? 'mutable' : fieldClassOf(kind, path)
}

/** Fields as people call them. */
export function fieldNames(fields: readonly { readonly path: string }[]): string {
  return fields.map(({ path }) => path.replace('spec.', '')).join(', ')
}

/** Fields by the names that manifests have for them. */
export function declaredFields(object: Resolved): Map<string, unknown> {
  const fields = flatten(object)
  if (object.kind === 'Project') {
    const { sessionDefaults, notifiers } = object.spec
    for (const path of ['spec.sessionDefaults', 'spec.notifiers']) fields.delete(path)
    if (notifiers !== undefined) fields.set('spec.defaults.notifiers', notifiers)
    for (const [name, value] of Object.entries(sessionDefaults ?? {})) {
      const path = AT_TOP.has(name) ? `spec.${name}` : `spec.defaults.${name}`
      if (name === 'env' || name === 'reactions') flattenInto(fields, path, value)
      else fields.set(path, value)
    }
  } else if (object.kind !== 'Notifier') {
    fields.delete('spec.env')
    flattenInto(fields, 'spec.env', object.spec.env)
  }
  return fields
}

/** Fields as the program has them, those with an order of their own one by one. */
export function flatten(object: Resolved): Map<string, unknown> {
  const fields = new Map<string, unknown>()
  for (const [name, value] of Object.entries(object.spec)) {
    if (value === undefined) continue
    if (name === 'reactions' || name === 'workspace' || name === 'limits' || name === 'cleanup') {
      flattenInto(fields, `spec.${name}`, value)
    } else fields.set(`spec.${name}`, value)
  }
  fields.set('metadata.labels', object.labels)
  return fields
}

function flattenInto(fields: Map<string, unknown>, path: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    fields.set(path, value)
    return
  }
  for (const [name, inner] of Object.entries(value)) flattenInto(fields, `${path}.${name}`, inner)
}

function positionOf(object: Resolved, path: string): Resolved['origin'] | undefined {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const position = object.fields[at]
    if (position !== undefined) return position
  }
  return undefined
}
