/**
 * Extracts from GitHub's published OpenAPI description what the double needs of it, into `openapi.gen.json`.
 *
 *   npm install --no-save @octokit/openapi@23
 *   npx tsx test/support/forge/openapi.ts node_modules/@octokit/openapi
 *
 * The package has 385 MB, so it is no dependency. Three things are changed on the way: OpenAPI's `nullable` becomes a type, what is for
 * people to read is dropped, and objects are closed, so that an answer with a field GitHub doesn't send is found out.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { DELIVERIES, OPERATIONS } from './operations.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type Fields = Record<string, Json>

const SOURCE = 'generated/api.github.com.json'
const FOR_PEOPLE = new Set(['description', 'example', 'examples', 'externalDocs', 'title'])
const KEPT_AS_IS = new Set(['enum', 'default', 'const', 'required'])

/**
 * Whether objects may have other fields than those described: answers may not, except for the branches of an `allOf`, which would
 * contradict each other. Deliveries may: GitHub's descriptions of them are copies of the others, some of them old.
 */
type Openness = 'closed' | 'branch' | 'open'

interface Conversion {
  readonly openness: Openness
  readonly used: Set<string>
}

/** What a name in `$defs` ends with, where it isn't closed. */
const SUFFIX: Readonly<Record<Openness, string>> = { closed: '', branch: '+', open: '*' }

const folder = process.argv[2]
if (folder === undefined) {
  console.error('Which folder has the package? npx tsx test/support/forge/openapi.ts FOLDER')
  process.exit(2)
}
const document = readJson(join(folder, SOURCE))
const { version } = readJson(join(folder, 'package.json'))
const PROVENANCE = {
  package: '@octokit/openapi',
  version: version ?? null,
  source: SOURCE,
  license: 'MIT, Copyright (c) GitHub 2020 and contributors of octokit/openapi',
  made: 'by test/support/forge/openapi.ts, do not edit',
}
write('openapi.gen.json', extract())
write('webhooks.gen.json', extractDeliveries())

/** One line for each operation and each definition: small, and a change of one can be read. */
function write(file: string, content: Fields): void {
  const lines = Object.entries(content).map(([key, value]) => {
    if (typeof value !== 'object' || value === null) return line(key, value)
    const inner = Object.entries(value).map(([name, schema]) => line(name, schema))
    return `${JSON.stringify(key)}: {\n${inner.join(',\n')}\n}`
  })
  const target = fileURLToPath(new URL(file, import.meta.url))
  writeFileSync(target, `{\n${lines.join(',\n')}\n}\n`)
}

function line(key: string, value: Json): string {
  return `${JSON.stringify(key)}: ${JSON.stringify(value)}`
}

function extractDeliveries(): Fields {
  const used = new Set<string>()
  const deliveries = DELIVERIES.map(name => {
    const description = fields(fields(fields(document['x-webhooks'])[name])['post'])
    const content = fields(fields(description['requestBody'])['content'])
    const schema = fields(content['application/json'])['schema'] ?? null
    return [name, convert(schema, { openness: 'open', used })]
  })
  return {
    $id: 'github-webhooks',
    ...PROVENANCE,
    deliveries: Object.fromEntries(deliveries) as Fields,
    $defs: definitions(used),
  }
}

function extract(): Fields {
  const used = new Set<string>(['basic-error', 'validation-error'])
  const operations: Fields = {}
  const found = new Set<string>()
  for (const [path, item] of Object.entries(fields(document['paths']))) {
    for (const [method, description] of Object.entries(fields(item))) {
      const id = textOf(fields(description)['operationId'])
      if (!OPERATIONS.some(operation => operation === id)) continue
      found.add(id)
      operations[id] = operation(method, path, fields(description), used)
    }
  }
  const missing = OPERATIONS.filter(id => !found.has(id))
  if (missing.length > 0) throw new Error(`Not in ${SOURCE}: ${missing.join(', ')}`)
  return {
    $id: 'github',
    ...PROVENANCE,
    operations: sorted(operations),
    $defs: definitions(used),
  }
}

function operation(method: string, path: string, from: Fields, used: Set<string>): Fields {
  const parameters = list(from['parameters']).map(entry => {
    const parameter = fields(resolve(entry))
    return {
      name: parameter['name'] ?? null,
      in: parameter['in'] ?? null,
      required: parameter['required'] === true,
      schema: convert(parameter['schema'] ?? {}, { openness: 'closed', used }),
    }
  })
  const body = from['requestBody'] === undefined ? undefined : fields(resolve(from['requestBody']))
  const responses: Fields = {}
  for (const [status, entry] of Object.entries(fields(from['responses']))) {
    const response = fields(resolve(entry))
    responses[status] = contentSchema(response, used)
  }
  return {
    method: method.toUpperCase(),
    path,
    parameters,
    ...(body === undefined
      ? {}
      : { body: { required: body['required'] === true, schema: contentSchema(body, used) } }),
    responses,
  }
}

/** Null where there is no body. */
function contentSchema(from: Fields, used: Set<string>): Json {
  const content = fields(from['content'] ?? {})
  const json = content['application/json']
  if (json === undefined) return null
  return convert(fields(json)['schema'] ?? {}, { openness: 'closed', used })
}

/** Everything that is referred to, until nothing new turns up. */
function definitions(used: Set<string>): Fields {
  const components = fields(fields(document['components'])['schemas'])
  const result: Fields = {}
  for (;;) {
    const next = [...used].find(name => result[name] === undefined)
    if (next === undefined) return sorted(result)
    const openness = next.endsWith('+') ? 'branch' : next.endsWith('*') ? 'open' : 'closed'
    const schema = components[next.replace(/[+*]$/, '')]
    if (schema === undefined) throw new Error(`No schema ${next} in ${SOURCE}`)
    result[next] = convert(schema, { openness, used })
  }
}

function convert(from: Json, conversion: Conversion): Json {
  if (Array.isArray(from)) return from.map((entry: Json) => convert(entry, conversion))
  if (typeof from !== 'object' || from === null) return from
  const schema = fields(from)
  if (typeof schema['$ref'] === 'string') return reference(schema, conversion)
  const inner: Conversion = conversion.openness === 'open' ? conversion : within(conversion)
  const result: Fields = {}
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'nullable' || key === 'discriminator' || key.startsWith('x-')) continue
    if (key === 'properties') result[key] = properties(fields(value), inner)
    else if (KEPT_AS_IS.has(key)) result[key] = value
    else if (key === 'allOf') Object.assign(result, allOf(list(value), conversion))
    // Several branches may fit an answer: GitHub's descriptions of them overlap.
    else if (key === 'oneOf' || key === 'anyOf') result['anyOf'] = convert(value, conversion)
    else if (!FOR_PEOPLE.has(key)) result[key] = convert(value, inner)
  }
  const hasFields =
    result['properties'] !== undefined && result['additionalProperties'] === undefined
  const combined = result['allOf'] ?? result['anyOf']
  if (hasFields && combined === undefined && conversion.openness === 'closed')
    result['additionalProperties'] = false
  return schema['nullable'] === true ? nullable(result) : result
}

function reference(schema: Fields, conversion: Conversion): Json {
  const name = `${textOf(schema['$ref']).replace('#/components/schemas/', '')}${SUFFIX[conversion.openness]}`
  conversion.used.add(name)
  const result = { $ref: `#/$defs/${name}` }
  return schema['nullable'] === true ? { anyOf: [result, { type: 'null' }] } : result
}

/** The names of properties are not keywords, whatever they are called. */
function properties(from: Fields, conversion: Conversion): Fields {
  const entries = Object.entries(from).map(([name, schema]) => [name, convert(schema, conversion)])
  return Object.fromEntries(entries) as Fields
}

function allOf(branches: readonly Json[], conversion: Conversion): Fields {
  const [only, second] = branches
  if (only !== undefined && second === undefined) return fields(convert(only, conversion))
  return { allOf: branches.map(branch => convert(branch, opened(conversion))) }
}

function opened(conversion: Conversion): Conversion {
  return conversion.openness === 'open' ? conversion : { ...conversion, openness: 'branch' }
}

/** Inside of a branch objects are closed again. */
function within(conversion: Conversion): Conversion {
  return { ...conversion, openness: 'closed' }
}

function nullable(schema: Fields): Json {
  const { type } = schema
  if (typeof type !== 'string') return { anyOf: [schema, { type: 'null' }] }
  const values = schema['enum']
  return {
    ...schema,
    type: [type, 'null'],
    ...(Array.isArray(values) && !values.includes(null) ? { enum: [...values, null] } : {}),
  }
}

function resolve(entry: Json): Json {
  const pointer = fields(entry)['$ref']
  if (typeof pointer !== 'string') return entry
  let at: Json = document
  for (const part of pointer.slice(2).split('/')) at = fields(at)[part] ?? null
  return resolve(at)
}

function sorted(from: Fields): Fields {
  return Object.fromEntries(
    Object.entries(from).toSorted(([left], [right]) => (left < right ? -1 : 1)),
  )
}

function fields(value: Json | undefined): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`Not an object: ${JSON.stringify(value)}`)
  }
  return value as Fields
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}

function readJson(file: string): Fields {
  return fields(JSON.parse(readFileSync(file, 'utf8')) as Json)
}
