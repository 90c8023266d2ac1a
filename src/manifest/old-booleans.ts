import type { ManifestDocument, Path } from './document.ts'
import { oldBoolean } from './inspect.ts'
import type { Report } from './report.ts'
import { effective, type SchemaNode } from './schema-tree.ts'

/**
 * Reports old booleans where a boolean may stand: there a reader can't tell what is meant. Where a text is wanted they are text.
 * `open`: what to make of places that the schema leaves to others.
 */
export function checkOldBooleans(
  document: ManifestDocument,
  {
    at,
    schema,
    open,
  }: { readonly at: Path; readonly schema: SchemaNode; readonly open: 'report' | 'pass' },
  report: Report,
): void {
  for (const { path, word } of document.oldBooleans) {
    if (!at.every((step, index) => path[index] === step)) continue
    const places = placesAt(schema, path.slice(at.length))
    const isOpen = open === 'report' && places.some(place => typesOf(place).length === 0)
    if (!isOpen && !places.some(place => typesOf(place).includes('boolean'))) continue
    const message = `"${word}" was a boolean in YAML 1.1 and is text in YAML 1.2`
    const hint = `write ${oldBoolean(word)}, or "${word}" in quotes for the text`
    report.add(document, path, { code: 'AO1007', message, hint })
  }
}

/** What a schema says of a place, by every form that leads there; `{}` where anything may stand. */
function placesAt(root: SchemaNode, path: Path): readonly SchemaNode[] {
  return path.reduce<readonly SchemaNode[]>(
    (nodes, step) => nodes.flatMap(node => childrenAt(node, step)),
    formsOf(root),
  )
}

function formsOf(node: SchemaNode): readonly SchemaNode[] {
  const full = effective(node)
  return [full, ...[...(full.oneOf ?? []), ...(full.anyOf ?? [])].flatMap(formsOf)]
}

function childrenAt(node: SchemaNode, step: string | number): readonly SchemaNode[] {
  const types = typesOf(node)
  if (typeof step === 'number') {
    if (types.length > 0 && !types.includes('array')) return []
    return formsOf(node.items ?? {})
  }
  const named = node.properties?.[step]
  if (named !== undefined) return formsOf(named)
  if (types.length > 0 && !types.includes('object')) return []
  const { additionalProperties = {} } = node
  if (typeof additionalProperties === 'object') return formsOf(additionalProperties)
  return additionalProperties ? [{}] : []
}

/** Nothing where any type will do. */
function typesOf({ type, enum: values, const: value }: SchemaNode): readonly string[] {
  if (type !== undefined) return Array.isArray(type) ? (type as readonly string[]) : [type]
  return [...(values ?? []), ...(value === undefined ? [] : [value])].map(one => typeof one)
}
