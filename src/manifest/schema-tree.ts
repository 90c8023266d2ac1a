import { KINDS, type Kind } from '../resource/key.ts'
import common from '../../schemas/common.schema.json' with { type: 'json' }
import manifest from '../../schemas/manifest.schema.json' with { type: 'json' }
import notifier from '../../schemas/notifier.schema.json' with { type: 'json' }
import orchestrator from '../../schemas/orchestrator.schema.json' with { type: 'json' }
import project from '../../schemas/project.schema.json' with { type: 'json' }
import worker from '../../schemas/worker.schema.json' with { type: 'json' }

/** The part of JSON Schema that our schemas and plugins' settings are written in. */
export interface SchemaNode {
  readonly $ref?: string
  readonly title?: string
  readonly description?: string
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
  readonly items?: SchemaNode
  readonly oneOf?: readonly SchemaNode[]
  readonly anyOf?: readonly SchemaNode[]
  readonly additionalProperties?: boolean | SchemaNode
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly $defs?: Readonly<Record<string, SchemaNode>>
  readonly 'x-class'?: FieldClass
  readonly 'x-plugin'?: string
  readonly 'x-expand'?: boolean
  /** Every text in it is a template; these are the fields that it may name. */
  readonly 'x-template'?: readonly string[]
}

export type FieldClass = 'mutable' | 'restart' | 'fixed'

/** One field of a kind as a reader of the reference sees it. */
export interface SchemaField {
  /** Dotted, such as `spec.reactions.ci-failed`. */
  readonly path: string
  readonly node: SchemaNode
  readonly required: boolean
  readonly class: FieldClass | undefined
}

const FILES: Readonly<Record<string, unknown>> = {
  Project: project,
  Orchestrator: orchestrator,
  Worker: worker,
  Notifier: notifier,
}

let shared: Readonly<Record<string, SchemaNode>> | undefined

/** Every definition under one name: the kinds, and what they share. References are `#/$defs/<name>`. */
export function schemaDefinitions(): Readonly<Record<string, SchemaNode>> {
  shared ??= Object.fromEntries([
    ...KINDS.map(kind => [kind, withLocalRefs(FILES[kind]) as SchemaNode] as const),
    ...Object.entries(withLocalRefs(common.$defs) as Readonly<Record<string, SchemaNode>>),
  ])
  return shared
}

/** One schema for every kind, or for a single one, that refers to nothing outside itself. */
export function bundledSchema(kind?: Kind): Readonly<Record<string, unknown>> {
  const { $schema, $id, title, description, type, required, discriminator } = manifest
  const $defs = Object.fromEntries(
    Object.entries(schemaDefinitions()).map(([name, node]) => [name, withoutIdentity(node)]),
  )
  if (kind === undefined) {
    const oneOf = KINDS.map(name => ({ $ref: `#/$defs/${name}` }))
    return { $schema, $id, title, description, type, required, discriminator, oneOf, $defs }
  }
  return {
    $schema,
    $id: $id.replace('manifest', kind.toLowerCase()),
    $ref: `#/$defs/${kind}`,
    $defs,
  }
}

/** The node with its references followed; what stands beside a reference wins over what it refers to. */
export function effective(node: SchemaNode): SchemaNode {
  if (node.$ref === undefined) return node
  const { $ref, ...own } = node
  const target = schemaDefinitions()[$ref.replace('#/$defs/', '')]
  return target === undefined ? own : { ...effective(target), ...own }
}

/** The name of the titled definition a reference ends at; undefined for anything else. */
export function definitionName(node: SchemaNode): string | undefined {
  if (node.$ref === undefined) return undefined
  const name = node.$ref.replace('#/$defs/', '')
  const target = schemaDefinitions()[name]
  if (target?.$ref !== undefined) return definitionName(target)
  return target?.title === undefined ? undefined : name
}

/** The fields below a kind's root, parents before children, in the order of the schema. */
export function fieldsOf(kind: Kind): readonly SchemaField[] {
  const root = schemaDefinitions()[kind]
  return root === undefined ? [] : fieldsBelow(effective(root), '', undefined)
}

/** The fields of a node, down to the leaves, those of a list's items as `checks[].name`; plugins' settings are not known here. */
export function fieldsBelow(
  node: SchemaNode,
  prefix: string,
  inherited: FieldClass | undefined,
): readonly SchemaField[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`
    const full = effective(child)
    const fieldClass = full['x-class'] ?? inherited
    const required = node.required?.includes(name) ?? false
    const field: SchemaField = { path, node: full, required, class: fieldClass }
    const item = full.items === undefined ? undefined : effective(full.items)
    return [
      field,
      ...fieldsBelow(full, path, fieldClass),
      ...(item === undefined ? [] : fieldsBelow(item, `${path}[]`, fieldClass)),
    ]
  })
}

/** What a value of this node is, in a few words. */
export function typeInWords(node: SchemaNode): string {
  const full = effective(node)
  if (full['x-plugin'] !== undefined) return pluginInWords(full['x-plugin'], full.type)
  if (full.const !== undefined) return JSON.stringify(full.const)
  if (full.enum !== undefined) return full.enum.map(String).join(' | ')
  if (full.title === 'Duration') return 'duration'
  const choices = full.oneOf ?? full.anyOf
  if (choices !== undefined && full.properties === undefined) {
    return choices.map(choice => typeInWords(choice)).join(' or ')
  }
  if (full.type === 'array') return `list of ${inWords(full.items)}`
  if (full.type === 'object' && full.properties === undefined) {
    return `map of ${inWords(full.additionalProperties)}`
  }
  return full.type ?? 'anything'
}

function pluginInWords(slot: string, type: string | undefined): string {
  if (type === 'string') return `${slot} plugin's name`
  return type === 'object' ? `${slot} plugin's settings` : `${slot} plugin`
}

function inWords(inner: SchemaNode | boolean | undefined): string {
  return typeof inner === 'object' ? typeInWords(inner) : 'anything'
}

function withLocalRefs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withLocalRefs)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key !== '$ref' || typeof inner !== 'string') return [key, withLocalRefs(inner)]
      return [key, inner.replace(/^[a-z.]*#/, '#')]
    }),
  )
}

/** Inside a bundle a definition is found by its place; an `$id` of its own would move where references start. */
function withoutIdentity(node: SchemaNode): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(node).filter(([key]) => key !== '$id' && key !== '$schema'),
  )
}
