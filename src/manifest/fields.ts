import { isMap, isScalar, isSeq, type Node } from 'yaml'

import type { Position } from '../resource/spec.ts'
import type { ManifestDocument } from './document.ts'

export type Fields = Readonly<Record<string, Position>>

/** Every field that a document names, dotted, with the place of its value. */
export function fieldsIn(document: ManifestDocument): Fields {
  const fields: Record<string, Position> = {}
  collect(document, document.root, '', fields)
  return fields
}

/**
 * A session's fields and, for what it takes from its project, the project's places. `moves` says where a field of the
 * project's manifest goes: `['spec.defaults.agent', 'spec.agent']`.
 */
export function inheritFields(
  own: Fields,
  project: Fields,
  moves: readonly (readonly [from: string, to: string])[],
): Fields {
  const fields: Record<string, Position> = { ...own }
  const places = Object.entries(project)
  for (const [from, to] of moves) {
    const below = `${from}.`
    for (const [path, position] of places) {
      if (path !== from && !path.startsWith(below)) continue
      fields[to + path.slice(from.length)] ??= position
    }
  }
  return fields
}

function collect(
  document: ManifestDocument,
  node: Node,
  prefix: string,
  fields: Record<string, Position>,
): void {
  if (isMap<Node, Node | null>(node)) {
    for (const { key, value } of node.items) {
      if (!isScalar(key) || value === null) continue
      note(
        document,
        value,
        prefix === '' ? String(key.value) : `${prefix}.${String(key.value)}`,
        fields,
      )
    }
  } else if (isSeq<Node>(node)) {
    for (const [index, item] of node.items.entries()) {
      note(document, item, `${prefix}.${index}`, fields)
    }
  }
}

function note(
  document: ManifestDocument,
  value: Node,
  path: string,
  fields: Record<string, Position>,
): void {
  const { line, col } = document.lines.linePos(value.range?.[0] ?? 0)
  fields[path] = { file: document.file.path, line, col }
  collect(document, value, path, fields)
}
