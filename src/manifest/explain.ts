import { HouseError } from '../errors.ts'
import { KINDS, parseKind, type Kind } from '../resource/key.ts'
import type { PluginCatalog, PluginSlot } from './context.ts'
import {
  effective,
  fieldsBelow,
  schemaDefinitions,
  typeInWords,
  type FieldClass,
  type SchemaNode,
} from './schema-tree.ts'
import { hintFor, nearest } from './suggest.ts'

export interface ExplainOptions {
  readonly recursive: boolean
  readonly plugins: PluginCatalog
  /** Columns of the terminal; 80 by default. */
  readonly width?: number
}

interface Found {
  readonly node: SchemaNode
  readonly class: FieldClass | undefined
  readonly required: boolean
}

const CLASSES: Readonly<Record<FieldClass, string>> = {
  mutable: 'updated in place',
  restart: 'a change starts a new attempt on the same branch and workspace',
  fixed: 'cannot be changed; the object would have to be replaced (--replace)',
}

const SLOTS: readonly PluginSlot[] = ['runtime', 'agent', 'workspace', 'tracker', 'scm', 'notifier']

/**
 * What a field means, such as `worker.spec.agent`; for a field that names a plugin also what each plugin takes. Throws `NotFound`
 * with the nearest field for a path that leads nowhere.
 */
export function explain(path: string, options: ExplainOptions): string {
  const [kindWord = '', ...steps] = path.split('.').filter(step => step !== '')
  const kind = parseKind(kindWord)
  if (kind === undefined) throw unknownKind(kindWord)
  const found = find(kind, steps, options.plugins)
  const blocks = [
    header(kind, steps, found),
    wrap(found.node.description ?? '', options),
    ...fieldBlock(found, options),
    ...pluginBlocks(found.node, options),
  ]
  return `${blocks.filter(block => block !== '').join('\n\n')}\n`
}

function header(
  kind: Kind,
  steps: readonly string[],
  { node, class: fieldClass, required }: Found,
): string {
  const rows = [
    ['KIND', kind],
    ...(steps.length === 0 ? [] : [['FIELD', steps.join('.')]]),
    ['TYPE', typeInWords(node) + (required ? ', required' : '')],
    ...(node.default === undefined ? [] : [['DEFAULT', JSON.stringify(node.default)]]),
    ...(fieldClass === undefined ? [] : [['CLASS', `${fieldClass}: ${CLASSES[fieldClass]}`]]),
    ...limitRows(node),
  ]
  return rows.map(([name = '', value = '']) => `${name.padEnd(9)}${value}`).join('\n')
}

function limitRows(node: SchemaNode): readonly (readonly string[])[] {
  const { minimum, maximum } = node
  const range = [
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
  ].join(', ')
  return [
    ...(range === '' ? [] : [['RANGE', range]]),
    ...(node['x-expand'] === true
      ? [['EXPANDS', '${NAME} is taken from the environment; $${ is a plain ${']]
      : []),
  ]
}

function fieldBlock(
  { node, class: fieldClass }: Found,
  options: ExplainOptions,
): readonly string[] {
  const inner = node.items === undefined ? node : effective(node.items)
  if (inner.properties === undefined) return []
  return [`FIELDS\n${fieldLines(inner, fieldClass, options)}`]
}

function fieldLines(
  node: SchemaNode,
  fieldClass: FieldClass | undefined,
  options: ExplainOptions,
): string {
  const fields = fieldsBelow(node, '', fieldClass).filter(
    field => options.recursive || !field.path.includes('.'),
  )
  return fields
    .map(field => {
      const depth = field.path.split('.').length
      const indent = '  '.repeat(depth)
      const name = field.path.slice(field.path.lastIndexOf('.') + 1)
      const more = [
        ...(field.required ? ['required'] : []),
        ...(field.node.default === undefined
          ? []
          : [`default ${JSON.stringify(field.node.default)}`]),
        ...(field.class === undefined ? [] : [field.class]),
      ]
      const tail = more.length === 0 ? '' : ` (${more.join(', ')})`
      const text = wrap(field.node.description ?? '', options, `${indent}    `)
      return `${indent}${name}  <${typeInWords(field.node)}>${tail}${text === '' ? '' : `\n${text}`}`
    })
    .join('\n')
}

/** Where a plugin is named, its settings are as much a part of the field as our own. */
function pluginBlocks(node: SchemaNode, options: ExplainOptions): readonly string[] {
  const slot = SLOTS.find(name => name === node['x-plugin'])
  if (slot === undefined) return []
  return options.plugins.names(slot).map(name => {
    const schema = options.plugins.find(slot, name)?.configSchema as SchemaNode | undefined
    const title = `PLUGIN ${name}`
    const hasSettings = Object.keys(schema?.properties ?? {}).length > 0
    if (schema === undefined || !hasSettings) return `${title}\n  takes no settings`
    return `${title}\n${fieldLines(schema, undefined, options)}`
  })
}

function find(kind: Kind, steps: readonly string[], plugins: PluginCatalog): Found {
  const root = schemaDefinitions()[kind] ?? {}
  let found: Found = { node: effective(root), class: undefined, required: false }
  for (const [index, step] of steps.entries()) {
    const properties = propertiesOf(found.node, plugins)
    const child = properties[step] ?? entryOf(found.node)
    const isListed = step in properties
    if (child === undefined)
      throw unknownField(kind, steps.slice(0, index), step, Object.keys(properties))
    const node = effective(child)
    found = {
      node,
      class: node['x-class'] ?? found.class,
      required: isListed && (found.node.required?.includes(step) ?? false),
    }
  }
  return found
}

/** In a map any name is a field. */
function entryOf(node: SchemaNode): SchemaNode | undefined {
  if (node.properties !== undefined || node.oneOf !== undefined) return undefined
  return typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined
}

function propertiesOf(
  node: SchemaNode,
  plugins: PluginCatalog,
): Readonly<Record<string, SchemaNode>> {
  const inner = node.items === undefined ? node : effective(node.items)
  const slot = SLOTS.find(name => name === node['x-plugin'])
  const branches = (inner.oneOf ?? []).map(branch => effective(branch).properties ?? {})
  const settings =
    slot === undefined
      ? []
      : plugins.names(slot).map(name => {
          const schema = plugins.find(slot, name)?.configSchema as SchemaNode | undefined
          return schema?.properties ?? {}
        })
  return Object.assign({}, ...settings, ...branches, inner.properties ?? {}) as Readonly<
    Record<string, SchemaNode>
  >
}

function unknownKind(word: string): HouseError {
  const words = KINDS.map(kind => kind.toLowerCase())
  const near = nearest(word, words)
  const message = word === '' ? 'there is nothing to explain' : `there is no kind "${word}"`
  return new HouseError('NotFound', `${message}; known: ${words.join(', ')}`, {
    next: `ao explain ${near ?? 'worker'}`,
  })
}

function unknownField(
  kind: Kind,
  parent: readonly string[],
  step: string,
  known: readonly string[],
): HouseError {
  const at = [kind.toLowerCase(), ...parent].join('.')
  const near = nearest(step, known)
  const hint = hintFor(step, known)
  const message = `${at} has no field "${step}"${hint === undefined ? '' : `; ${hint}`}`
  return new HouseError('NotFound', message, {
    next: `ao explain ${near === undefined ? at : `${at}.${near}`}`,
  })
}

function wrap(text: string, { width = 80 }: ExplainOptions, indent = '  '): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && indent.length + last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`
    } else {
      lines.push(word)
    }
  }
  return lines
    .filter(line => line !== '')
    .map(line => indent + line)
    .join('\n')
}
