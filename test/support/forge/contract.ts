import { readFileSync } from 'node:fs'

import { Ajv, type Options, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'

import type { Delivery, Operation } from './operations.ts'

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly schema: object
}

interface Description {
  readonly method: string
  readonly path: string
  readonly parameters: readonly Parameter[]
  readonly body?: { readonly required: boolean; readonly schema: object | null }
  readonly responses: Readonly<Record<string, object | null>>
}

export interface Route {
  readonly operation: Operation
  readonly params: Readonly<Record<string, string>>
}

/** A request that GitHub would not accept; becomes a 422. */
export interface Invalid {
  readonly field: string
  readonly message: string
}

const described = readGenerated('openapi.gen.json') as {
  readonly operations: Readonly<Record<Operation, Description>>
}

const ajv = createAjv({})
const coercing = createAjv({ coerceTypes: true, useDefaults: true })

/** These may come from any operation, described there or not. */
const ANYWHERE = new Set([301, 304, 401, 403, 404, 422, 429, 500, 502, 503, 504])

/** Taken in when it is needed first: few tests send webhooks. */
let deliveries: Ajv | undefined

const compiled = new Map<string, ValidateFunction>()
const routes = Object.entries(described.operations)
  .map(([operation, { method, path }]) => ({
    operation: operation as Operation,
    method,
    pattern: new RegExp(`^${pathPattern(path)}$`),
    fixed: path.replaceAll(/\{[^}]+\}/g, '').length,
  }))
  // The more of a path is fixed, the better it fits: /issues/comments before /issues/{issue_number}.
  .toSorted((left, right) => right.fixed - left.fixed)

/** Which operation a request means, if it is one the double knows. */
export function findRoute(method: string, path: string): Route | undefined {
  for (const { operation, method: wanted, pattern } of routes) {
    const match = wanted === method ? pattern.exec(path) : null
    if (match === null) continue
    const found = Object.entries(match.groups ?? {})
    const params = found.map(([name, value]) => [name, decodeURIComponent(value)])
    return { operation, params: Object.fromEntries(params) as Record<string, string> }
  }
  return undefined
}

/** The query with numbers as numbers and defaults filled in, or what is wrong with it. */
export function readQuery(
  operation: Operation,
  query: URLSearchParams,
): { readonly values: Record<string, unknown>; readonly problems: readonly Invalid[] } {
  const known = described.operations[operation].parameters.filter(each => each.in === 'query')
  const validate = compile(`${operation} query`, coercing, {
    type: 'object',
    properties: Object.fromEntries(known.map(({ name, schema }) => [name, rebased(schema)])),
    required: known.filter(each => each.required).map(each => each.name),
  })
  const values: Record<string, unknown> = Object.fromEntries(query)
  validate(values)
  return { values, problems: problemsOf(validate) }
}

/** What GitHub would refuse about a body. */
export function checkBody(operation: Operation, body: unknown): readonly Invalid[] {
  const description = described.operations[operation].body
  if (description === undefined || description.schema === null) return []
  if (body === undefined) {
    return description.required ? [{ field: 'body', message: 'must be there' }] : []
  }
  const at = `github#/operations/${escaped(operation)}/body/schema`
  const validate = compile(at, ajv, { $ref: at })
  validate(body)
  return problemsOf(validate)
}

/** How an answer differs from what GitHub says it sends; empty when it doesn't. */
export function checkAnswer(
  operation: Operation,
  status: number,
  body: unknown,
): readonly string[] {
  const { responses } = described.operations[operation]
  const schema = responses[status]
  if (schema === undefined && !ANYWHERE.has(status)) return [`${operation} never answers ${status}`]
  if (schema === null || status === 304) {
    return body === undefined
      ? []
      : ANYWHERE.has(status)
        ? checkError(body)
        : ['a body where none is']
  }
  if (schema === undefined) return checkError(body)
  const at = `github#/operations/${escaped(operation)}/responses/${status}`
  const validate = compile(at, ajv, { $ref: at })
  validate(body)
  return told(validate)
}

/** Errors of no operation in particular: bad credentials, limits, unknown addresses. */
export function checkError(body: unknown): readonly string[] {
  const [basic, validation] = ['basic-error', 'validation-error'].map(name =>
    compile(name, ajv, { $ref: `github#/$defs/${name}` }),
  )
  if (basic === undefined || validation === undefined) throw new Error('No schemas of errors')
  return basic(body) || validation(body) ? [] : told(basic)
}

function createAjv(options: Options): Ajv {
  // Made quickly rather than quick: a test checks few answers of each kind.
  const quick = { inlineRefs: false, code: { optimize: false } }
  const made = new Ajv({ strict: false, allErrors: true, ...quick, ...options })
  formats.default(made)
  // Words of GitHub's own that say nothing to check.
  for (const format of ['repo.nwo', 'int64']) made.addFormat(format, true)
  return made.addSchema(described)
}

/** How the body of a delivery differs from GitHub's. */
export function checkDelivery(delivery: Delivery, body: unknown): readonly string[] {
  deliveries ??= createAjv({}).addSchema(readGenerated('webhooks.gen.json'))
  const validate = compile(`delivery ${delivery}`, deliveries, {
    $ref: `github-webhooks#/deliveries/${delivery}`,
  })
  validate(body)
  return told(validate)
}

function readGenerated(file: string): object {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as object
}

/** `{base}...{head}` and refs may have slashes; other parts may not. */
function pathPattern(path: string): string {
  return path
    .replaceAll('.', '\\.')
    .replaceAll(/\{(ref|branch|base|head)\}/g, '(?<$1>.+?)')
    .replaceAll(/\{([^}]+)\}/g, '(?<$1>[^/]+)')
}

function compile(key: string, by: Ajv, schema: object): ValidateFunction {
  const known = compiled.get(key)
  if (known !== undefined) return known
  const made = by.compile(schema)
  compiled.set(key, made)
  return made
}

/** A piece of the document, outside of it. */
function rebased(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"github#/$defs/')) as object
}

function escaped(operation: string): string {
  return operation.replaceAll('~', '~0').replaceAll('/', '~1')
}

function problemsOf(validate: ValidateFunction): readonly Invalid[] {
  return (validate.errors ?? []).map(({ instancePath, message, params }) => ({
    field: `${instancePath.slice(1)}${'additionalProperty' in params ? String(params['additionalProperty']) : ''}`,
    message: message ?? 'is wrong',
  }))
}

function told(validate: ValidateFunction): readonly string[] {
  return (validate.errors ?? [])
    .slice(0, 8)
    .map(each => `${each.instancePath} ${each.message ?? ''} ${JSON.stringify(each.params)}`)
}
