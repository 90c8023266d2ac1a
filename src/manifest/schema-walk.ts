import type { Path } from './document.ts'
import { effective, type SchemaNode } from './schema-tree.ts'

/** The fields of a mapping, whichever of its forms they belong to. */
export function propertiesOf(schema: SchemaNode | undefined): Readonly<Record<string, SchemaNode>> {
  if (schema === undefined) return {}
  const branches = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])]
  return Object.assign(
    {},
    ...branches.map(branch => effective(branch).properties ?? {}),
    schema.properties ?? {},
  ) as Readonly<Record<string, SchemaNode>>
}

/** What a schema says of the value at a path; undefined where it says nothing. */
export function schemaAt(root: SchemaNode, path: Path): SchemaNode | undefined {
  let node: SchemaNode | undefined = effective(root)
  for (const step of path) {
    if (node === undefined) return undefined
    const next: SchemaNode | undefined =
      typeof step === 'number' || node.items !== undefined ? node.items : propertiesOf(node)[step]
    node = next === undefined ? undefined : effective(next)
  }
  return node
}

/** The path that a JSON pointer (RFC 6901) stands for. */
export function pointerPath(pointer: string): Path {
  if (pointer === '') return []
  return pointer
    .slice(1)
    .split('/')
    .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** What stands at a path of a value. */
export function valueAt(value: unknown, path: Path): unknown {
  let inner = value
  for (const step of path) {
    if (typeof inner !== 'object' || inner === null) return undefined
    inner = Array.isArray(inner)
      ? (inner as unknown[])[Number(step)]
      : (inner as Record<string, unknown>)[step]
  }
  return inner
}
