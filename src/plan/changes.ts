import { fieldClassOf } from '../resource/field-classes.gen.ts'
import { isSameJson } from '../resource/same-json.ts'
import type { Resolved } from '../resource/spec.ts'
import type { Change } from './action.ts'

export type FieldClass = 'mutable' | 'restart' | 'fixed'

export interface FieldChange extends Change {
  readonly class: FieldClass
}

/** Fields whose text is told by its length and a fingerprint only. */
const LONG_TEXT = new Set(['spec.prompt', 'spec.rules', 'spec.env'])

/** Top-level spec fields that differ between two versions of an object, with their class; and how many are the same. */
export function compareSpecs(
  before: Resolved,
  after: Resolved,
): { readonly changes: readonly FieldChange[]; readonly unchanged: number } {
  const old = flatten(before)
  // Most of what a source says was said before.
  if (isSameJson(before.spec, after.spec) && isSameJson(before.labels, after.labels)) {
    return { changes: [], unchanged: old.size }
  }
  const fresh = flatten(after)
  const paths = new Set([...old.keys(), ...fresh.keys()])
  const changed = [...paths].filter(path => !isSameJson(old.get(path), fresh.get(path))).sort()
  const changes = changed.map((path): FieldChange => {
    const was = old.get(path)
    const is = fresh.get(path)
    const position = positionOf(after, path)
    return {
      path,
      class: after.kind === 'Notifier' ? 'mutable' : fieldClassOf(after.kind, path),
      ...(was === undefined ? {} : { before: show(path, was) }),
      ...(is === undefined ? {} : { after: show(path, is) }),
      ...(position === undefined ? {} : { position }),
    }
  })
  return { changes, unchanged: paths.size - changes.length }
}

/** Fields that an agent is started with: when they change, it has to be started again. */
export function restartFields(object: Resolved): Readonly<Record<string, unknown>> {
  if (object.kind !== 'Worker' && object.kind !== 'Orchestrator') return {}
  const { kind } = object
  const entries = [...flatten(object)].filter(([path]) => fieldClassOf(kind, path) === 'restart')
  return Object.fromEntries(entries)
}

/** The same text for the same value, whatever the order of its keys. */
export function stable(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? 'undefined'
  )
}

/** A short, stable fingerprint for showing that a text changed (FNV-1a, 32 bit); not for security. */
export function fingerprint(text: string): string {
  let hash = 0x811c9dc5
  for (const character of text) {
    hash ^= character.codePointAt(0) ?? 0
    hash = Math.imul(hash, 0x01000193) >>> 0
  }
  return hash.toString(16).padStart(8, '0').slice(0, 6)
}

/** How a text is told without showing it. */
export function describeText(text: string): string {
  return `${text.length} chars (${fingerprint(text)})`
}

function flatten(object: Resolved): Map<string, unknown> {
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

function show(path: string, value: unknown): string {
  if (LONG_TEXT.has(path)) return describeText(stable(value))
  if (typeof value === 'string') return value
  if (isPlainPlugin(value)) return value.plugin
  return stable(value)
}

function isPlainPlugin(value: unknown): value is { readonly plugin: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'plugin' in value &&
    typeof value.plugin === 'string' &&
    Object.keys(value).length === 1
  )
}
