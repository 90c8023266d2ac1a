/**
 * Makes everything that follows from the schemas and the machines: types, validators, field classes and the references for
 * readers. The same sources give the same bytes.
 */
import { hash } from 'node:crypto'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { Ajv2020 } from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'
import { build } from 'esbuild'
import { compile, type JSONSchema } from 'json-schema-to-typescript'

import { diagramOf, type DrawnState } from './diagram.ts'
import { KINDS } from '../src/resource/key.ts'
import {
  bundledSchema,
  definitionName,
  effective,
  fieldsOf,
  schemaDefinitions,
  typeInWords,
  type SchemaNode,
} from '../src/manifest/schema-tree.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
/** What only readers of a schema need. */
const WORDS = new Set(['title', 'description', 'default', 'discriminator'])
const MADE_FROM_SCHEMAS = 'Made from schemas/ by `npm run generate`. Do not edit.'

write('src/resource/types.gen.ts', await types())
write('src/resource/field-classes.gen.ts', fieldClasses())
write('src/manifest/validators.gen.js', await validators())
write('src/manifest/validators.gen.d.ts', validatorTypes())
write('src/manifest/settings-validators.gen.js', await settingsValidators())
write('src/manifest/settings-validators.gen.d.ts', settingsValidatorTypes())
write('schemas/README.md', schemaReference())
const machines = await machineReference()
if (machines !== undefined) write('machines/README.md', machines)

function write(path: string, text: string): void {
  writeFileSync(join(root, path), text)
}

async function types(): Promise<string> {
  const parts = [`// ${MADE_FROM_SCHEMAS}\n`, `export type Manifest = ${KINDS.join(' | ')}\n`]
  const titled = Object.entries(schemaDefinitions()).filter(
    ([name, node]) => node.title !== undefined && isReferred(name),
  )
  for (const [name, node] of titled) {
    const schema = typed({ ...node, title: typeName(name) }) as JSONSchema
    parts.push(
      await compile(schema, typeName(name), {
        additionalProperties: false,
        bannerComment: '',
        style: { semi: false, singleQuote: true, printWidth: 100, arrowParens: 'avoid' },
      }),
    )
  }
  return parts.join('\n')
}

function isReferred(name: string): boolean {
  const used = JSON.stringify(schemaDefinitions())
  return KINDS.some(kind => kind === name) || used.includes(`"#/$defs/${name}"`)
}

function typeName(name: string): string {
  return schemaDefinitions()[name]?.title ?? name
}

/** The node with references to named types as names, so that a type is written once and each field keeps its own words. */
function typed(node: SchemaNode): unknown {
  const name = definitionName(node)
  if (name !== undefined)
    return { description: effective(node).description, tsType: typeName(name) }
  const { anyOf: _rule, ...plain } = effective(node)
  return {
    ...plain,
    ...(plain.properties === undefined ? {} : { properties: mapValues(plain.properties, typed) }),
    ...(plain.items === undefined ? {} : { items: typed(plain.items) }),
    ...(plain.oneOf === undefined ? {} : { oneOf: plain.oneOf.map(typed) }),
  }
}

function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  change: (value: T) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}

function fieldClasses(): string {
  const lines = KINDS.flatMap(kind => [
    `  ${kind}: {`,
    ...fieldsOf(kind)
      .filter(field => field.node['x-class'] !== undefined)
      .map(field => `    '${field.path}': '${field.node['x-class']}',`),
    '  },',
  ])
  return [
    `// ${MADE_FROM_SCHEMAS}`,
    "import type { Kind } from './key.ts'",
    '',
    "export type FieldClass = 'mutable' | 'restart' | 'fixed'",
    '',
    'const FIELD_CLASSES: Readonly<Record<Kind, Readonly<Record<string, FieldClass>>>> = {',
    ...lines,
    '}',
    '',
    '/**',
    ' * What changing a field (dotted, such as `spec.agent.model`) leads to. A field the schema does not name is like its nearest',
    " * ancestor; what an orchestrator has without naming it is like a worker's.",
    ' */',
    'export function fieldClassOf(kind: Kind, path: string): FieldClass {',
    "  for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {",
    '    const ancestor = path.slice(0, end)',
    '    const known =',
    '      FIELD_CLASSES[kind][ancestor] ??',
    "      (kind === 'Orchestrator' ? FIELD_CLASSES.Worker[ancestor] : undefined)",
    '    if (known !== undefined) return known',
    '  }',
    "  return 'mutable'",
    '}',
    '',
  ].join('\n')
}

async function validators(): Promise<string> {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    discriminator: true,
    inlineRefs: false,
    messages: false,
    code: { source: true, esm: true, lines: true },
  })
  const schema = withoutWords(bundledSchema()) as Record<string, unknown>
  ajv.addSchema(schema)
  const names = Object.fromEntries(
    KINDS.map(kind => [`validate${kind}`, `${String(schema['$id'])}#/$defs/${kind}`]),
  )
  return bundled(standalone.default(ajv, names))
}

/** Validators of what our own plugins may be set to, by the digest of the schema: one that has changed is not found, and compiled when needed. */
async function settingsValidators(): Promise<string> {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: false,
    messages: false,
    code: { source: true, esm: true, lines: true },
  })
  const names: Record<string, string> = {}
  for (const schema of await settingsSchemas()) {
    const name = `validate_${hash('sha256', JSON.stringify(schema))}`
    ajv.addSchema(withoutWords(schema) as Record<string, unknown>, name)
    names[name] = name
  }
  const entries = Object.keys(names).map(name => `'${name.replace('validate_', '')}': ${name}`)
  const table = `export const SETTINGS_VALIDATORS = { ${entries.join(', ')} }`
  return bundled(`${standalone.default(ajv, names)}\n${table}`)
}

/** The schemas of all adapters that the program puts together. */
async function settingsSchemas(): Promise<ReadonlySet<Readonly<Record<string, unknown>>>> {
  Object.assign(globalThis, { AO_VERSION: '0.0.0' })
  const { createContext } = await import('../src/cli/context.ts')
  const { signal } = new AbortController()
  const context = await createContext({ home: '/nowhere', color: false, verbose: false, signal })
  const registry = await context.registry()
  const slots = ['runtime', 'agent', 'workspace', 'tracker', 'scm', 'notifier'] as const
  return new Set(slots.flatMap(slot => registry.all(slot).map(plugin => plugin.configSchema)))
}

async function bundled(source: string): Promise<string> {
  // Ajv's own helpers come in by `require`, which an ES module does not have; the bundle takes them in.
  const bundle = await build({
    stdin: { contents: asImports(source), resolveDir: root, loader: 'js' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'node20',
    mainFields: ['main'],
    legalComments: 'none',
  })
  return `// ${MADE_FROM_SCHEMAS}\n${bundle.outputFiles[0]?.text ?? ''}`
}

/** The schema without what only readers need: validators would carry it along. A property may be called `title`. */
function withoutWords(value: unknown, isProperties = false): unknown {
  if (Array.isArray(value)) return value.map(inner => withoutWords(inner))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => isProperties || (!WORDS.has(key) && !key.startsWith('x-')))
      .map(([key, inner]) => [key, withoutWords(inner, isMap(key) && !isProperties)]),
  )
}

function isMap(keyword: string): boolean {
  return keyword === 'properties' || keyword === '$defs'
}

function asImports(source: string): string {
  return source.replaceAll(
    /const (\w+) = require\("([^"]+)"\)\.default;/g,
    'import * as $1Module from "$2"; const $1 = $1Module.default.default ?? $1Module.default;',
  )
}

function validatorTypes(): string {
  return [
    `// ${MADE_FROM_SCHEMAS}`,
    "import type { ErrorObject } from 'ajv'",
    '',
    'export interface Validator {',
    '  (data: unknown): boolean',
    '  readonly errors?: readonly ErrorObject[] | null',
    '}',
    '',
    ...KINDS.map(kind => `export const validate${kind}: Validator`),
    '',
  ].join('\n')
}

function settingsValidatorTypes(): string {
  return [
    `// ${MADE_FROM_SCHEMAS}`,
    "import type { Validator } from './validators.gen.js'",
    '',
    'export const SETTINGS_VALIDATORS: Readonly<Record<string, Validator>>',
    '',
  ].join('\n')
}

function schemaReference(): string {
  const intro = [
    '# Manifests',
    '',
    `<!-- ${MADE_FROM_SCHEMAS} -->`,
    '',
    'One JSON Schema (draft 2020-12) for each kind, what they share in `common.schema.json`, and `manifest.schema.json` as the',
    'root of any document. Types, validators, field classes, `ao explain` and this page are made from them, so a field is added',
    'here first, together with the code that honours it. `x-class` says what changing a field leads to: `mutable` is updated in',
    'place, `restart` is a new attempt on the same branch and workspace, `fixed` is refused unless the object is replaced.',
    '`x-expand` marks the fields in which `${NAME}` is taken from the environment (`$${` is a plain `${`), `x-plugin` the',
    "fields whose settings are checked by a plugin's own schema, `x-columns` what `ao get` prints.",
    '',
  ]
  return [...intro, ...KINDS.flatMap(kindReference)].join('\n')
}

function kindReference(kind: (typeof KINDS)[number]): readonly string[] {
  const rows = fieldsOf(kind).map(({ path, node, required, class: fieldClass }) => {
    const name = `\`${path}\`${required ? ' (required)' : ''}`
    const standard = node.default === undefined ? '' : `\`${JSON.stringify(node.default)}\``
    const cells = [name, typeInWords(node), standard, fieldClass ?? '', node.description ?? '']
    return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  return [
    `## ${kind}`,
    '',
    schemaDefinitions()[kind]?.description ?? '',
    '',
    '| field | type | default | class | what it is |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ]
}

async function machineReference(): Promise<string | undefined> {
  const folder = join(root, 'machines')
  if (!existsSync(folder)) return undefined
  const files = readdirSync(folder)
    .filter(name => name.endsWith('.ts'))
    .sort()
  const sections: string[] = []
  for (const file of files) {
    const exported = (await import(pathToFileURL(join(folder, file)).href)) as Record<
      string,
      unknown
    >
    for (const [name, value] of Object.entries(exported)) {
      if (!name.endsWith('Machine') || !hasConfig(value)) continue
      sections.push(`## ${basename(file)}`, '', '```mermaid', diagramOf(value.config), '```', '')
    }
  }
  if (sections.length === 0) return undefined
  return [
    '# Machines',
    '',
    '<!-- Made from the machines by `npm run generate`. Do not edit. -->',
    '',
    'The life of a session as XState machines. They import xstate and nothing of ours, run only through the pure',
    '`initialTransition` and `transition`, and name effects as actions without carrying them out: `src/lifecycle` turns facts',
    'into their events, `src/reconcile` acts. A state may be added; a final state never gets an exit.',
    '',
    ...sections,
  ].join('\n')
}

function hasConfig(value: unknown): value is { readonly config: DrawnState } {
  return typeof value === 'object' && value !== null && 'config' in value
}
