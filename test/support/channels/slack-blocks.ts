/**
 * Extracts from Slack's published types what the blocks that we send may hold, into `slack-blocks.gen.json`.
 *
 *   npm pack @slack/types@3.2.0 && tar xzf slack-types-3.2.0.tgz
 *   npx tsx test/support/channels/slack-blocks.ts package
 *
 * Types know no lengths, their comments do: what these say of minimums and maximums becomes part of the schema. Objects are closed, and fields of
 * other types than ours are left out, so that what we don't know of is found out.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import ts from 'typescript'

type Json = boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type Schema = Readonly<Record<string, Json>>

const BLOCKS = ['ContextBlock', 'HeaderBlock', 'SectionBlock']
const PARTS = ['MrkdwnElement', 'PlainTextElement']
const SOURCE = 'dist/block-kit/blocks.d.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) {
  console.error(
    'Which folder has the package? npx tsx test/support/channels/slack-blocks.ts FOLDER',
  )
  process.exit(2)
}
const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
  readonly version: string
}
const program = ts.createProgram([join(folder, SOURCE)], { strict: true })
const checker = program.getTypeChecker()
const definitions = new Map<string, Schema>()

const blocks = BLOCKS.map(name => referenceTo(declared(name)))
const content = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'slack-blocks',
  package: '@slack/types',
  version,
  source: SOURCE,
  license: 'MIT, Copyright (c) 2014- Slack Technologies, LLC',
  made: 'by test/support/channels/slack-blocks.ts, do not edit',
  oneOf: blocks,
  $defs: Object.fromEntries(definitions),
}
const target = fileURLToPath(new URL('slack-blocks.gen.json', import.meta.url))
writeFileSync(target, `${JSON.stringify(content, undefined, 2)}\n`)

function declared(name: string): ts.Type {
  const file = program.getSourceFile(join(folder ?? '', SOURCE))
  const module = file === undefined ? undefined : checker.getSymbolAtLocation(file)
  const symbol =
    module === undefined
      ? undefined
      : checker.getExportsOfModule(module).find(one => one.name === name)
  if (symbol === undefined) throw new Error(`${SOURCE} declares no ${name}`)
  return checker.getDeclaredTypeOfSymbol(symbol)
}

function referenceTo(type: ts.Type): Schema {
  const { name } = type.symbol
  if (!definitions.has(name)) {
    definitions.set(name, {})
    definitions.set(name, objectOf(type))
  }
  return { $ref: `#/$defs/${name}` }
}

function objectOf(type: ts.Type): Schema {
  const properties: Record<string, Json> = {}
  const required: string[] = []
  for (const property of type.getProperties()) {
    const schema = schemaOf(checker.getTypeOfSymbol(property))
    if (schema === undefined) continue
    const words = ts.displayPartsToString(property.getDocumentationComment(checker))
    const tags = property.getJsDocTags(checker).map(({ text }) => ts.displayPartsToString(text))
    properties[property.name] = limited(schema, [words, ...tags].join(' ').replaceAll(/\s+/g, ' '))
    if ((property.flags & ts.SymbolFlags.Optional) === 0) required.push(property.name)
  }
  return { type: 'object', required, additionalProperties: false, properties }
}

/** Undefined for what we never send. */
function schemaOf(given: ts.Type): Schema | undefined {
  const type = checker.getNonNullableType(given)
  if (type.isStringLiteral()) return { const: type.value }
  if ((type.flags & ts.TypeFlags.String) !== 0) return { type: 'string' }
  if ((type.flags & ts.TypeFlags.BooleanLike) !== 0) return { type: 'boolean' }
  if (checker.isArrayType(type)) {
    const [item] = checker.getTypeArguments(type as ts.TypeReference)
    const items = item === undefined ? undefined : schemaOf(item)
    return items === undefined ? undefined : { type: 'array', items }
  }
  if (type.isUnion()) {
    const known = type.types.flatMap(member => schemaOf(member) ?? [])
    return known.length === 0 ? undefined : { anyOf: known }
  }
  return PARTS.includes(type.symbol?.name) ? referenceTo(type) : undefined
}

/** What a comment says of how long something may be, where it stands: of a text, of the text in an object, or of a list and the texts in it. */
function limited(schema: Schema, comment: string): Schema {
  const least = numberIn(/minimum length[^.]*? is (\d+)/i, comment)
  const most = numberIn(/maximum length[^.]*? is (\d+)/i, comment)
  const length = {
    ...(least === undefined ? {} : { minLength: least }),
    ...(most === undefined ? {} : { maxLength: most }),
  }
  if (schema['type'] === 'array') {
    const maxItems = numberIn(/maximum number of items is (\d+)/i, comment)
    const items = withText(schema['items'] as Schema, length)
    return { ...schema, items, ...(maxItems === undefined ? {} : { maxItems }) }
  }
  return schema['type'] === 'string' ? { ...schema, ...length } : withText(schema, length)
}

function withText(schema: Schema, length: Schema): Schema {
  return Object.keys(length).length === 0 ? schema : { ...schema, properties: { text: length } }
}

function numberIn(pattern: RegExp, comment: string): number | undefined {
  const [, digits] = pattern.exec(comment) ?? []
  return digits === undefined ? undefined : Number(digits)
}
