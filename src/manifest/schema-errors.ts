import type { ErrorObject } from 'ajv'

import type { Part, Path } from './document.ts'
import type { ProblemCode } from './problem.ts'
import type { SchemaNode } from './schema-tree.ts'
import { pointerPath, propertiesOf, schemaAt, valueAt } from './schema-walk.ts'
import { hintFor, nearest } from './suggest.ts'

/** What a schema says against a value, in words for people and with the path to it. */
export interface Finding {
  readonly path: Path
  readonly part: Part
  readonly code: ProblemCode
  readonly message: string
  readonly hint?: string
  readonly next?: string
}

/** What was checked against what. */
export interface Checked {
  readonly schema: SchemaNode
  readonly value: unknown
  /** Where the value stands in its document. */
  readonly at: Path
  /** What `ao explain` calls the place `at`, such as `worker` or `worker.spec.agent`. */
  readonly explain: string
}

const DURATION = '^([0-9]+(ms|s|m|h|d))+$'
const NAME = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'
const WEB_ADDRESS = '^(https?://|\\$\\{)'
const SECURE_ADDRESS = '^(https://|http://(127\\.0\\.0\\.1|localhost|\\[::1\\])(:|/|$)|\\$\\{)'

const PATTERNS: Readonly<Record<string, { readonly what: string; readonly hint: string }>> = {
  [DURATION]: { what: 'a length of time', hint: 'write a number and a unit: 90s, 10m, 1h30m' },
  [WEB_ADDRESS]: { what: 'an address', hint: 'it begins with https:// (or http://)' },
  [SECURE_ADDRESS]: {
    what: 'a safe address',
    hint: 'it begins with https://; http:// only on this machine, for the token would be readable on the way',
  },
  [NAME]: {
    what: 'a name',
    hint: 'lower-case letters, digits and "-"; starts and ends with a letter or digit',
  },
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  null: 'empty',
}

/** The findings behind a validator's errors: one for each mistake, not one for each rule that noticed it. */
export function findingsOf(errors: readonly ErrorObject[], checked: Checked): readonly Finding[] {
  const { kept, choices } = splitChoices(errors)
  return [
    ...kept.flatMap(error => findingOf(error, checked)),
    ...choices.flatMap(choice => choiceFinding(choice, checked)),
  ]
}

/** A value in a few words, such as `the number 3`. */
export function valueInWords(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  switch (typeof value) {
    case 'string':
      return value.length > 40 ? 'text' : `the text "${value}"`
    case 'number':
      return `the number ${value}`
    case 'boolean':
      return String(value)
    default:
      return 'a mapping'
  }
}

interface Choice {
  readonly at: string
  readonly keyword: string
  readonly types: readonly string[]
  readonly missing: readonly string[]
  readonly isSettled: boolean
}

/**
 * A `oneOf` or `anyOf` complains for every branch. What the branches say against the value's type is one finding; a branch of
 * the right type knows better than the choice what is wrong.
 */
function splitChoices(errors: readonly ErrorObject[]): {
  readonly kept: readonly ErrorObject[]
  readonly choices: readonly Choice[]
} {
  const isChoice = (error: ErrorObject): boolean =>
    error.keyword === 'oneOf' || error.keyword === 'anyOf'
  const places = new Map(
    errors.filter(isChoice).map(error => [error.instancePath, error.keyword] as const),
  )
  const kept: ErrorObject[] = []
  const types = new Map<string, string[]>()
  const missing = new Map<string, string[]>()
  for (const error of errors) {
    if (isChoice(error)) continue
    const at = error.instancePath
    if (places.has(at) && error.keyword === 'type') {
      types.set(at, [...(types.get(at) ?? []), wordOf(error.params, 'type')])
    } else if (error.keyword === 'required' && /\/(any|one)Of\//.test(error.schemaPath)) {
      missing.set(at, [...(missing.get(at) ?? []), wordOf(error.params, 'missingProperty')])
    } else {
      kept.push(error)
    }
  }
  const choices = [...places].map(([at, keyword]) => ({
    at,
    keyword,
    types: types.get(at) ?? [],
    missing: missing.get(at) ?? [],
    isSettled: kept.some(
      error => error.instancePath === at || error.instancePath.startsWith(`${at}/`),
    ),
  }))
  return { kept, choices }
}

function choiceFinding(choice: Choice, checked: Checked): readonly Finding[] {
  const place = placeOf(choice.at, checked)
  if (choice.missing.length === 1 || (choice.missing.length > 0 && choice.types.length > 0)) {
    // A branch for mappings was meant, and this is what it lacks.
    if (typeof place.value === 'object' && place.value !== null) {
      return choice.missing.map(name => missingFinding(name, place))
    }
  }
  if (choice.missing.length > 1) {
    const names = choice.missing.map(name => dotted([...place.path, name]))
    const message = `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''} is needed`
    return [{ path: place.path, part: 'key', code: 'AO1006', message, next: place.next }]
  }
  if (choice.isSettled) return []
  if (choice.types.length === 0) {
    const message = `${place.label} fits none of the forms it may have`
    return [{ path: place.path, part: 'value', code: 'AO1005', message, next: place.next }]
  }
  return [typeFinding(choice.types, place)]
}

interface Place {
  readonly path: Path
  readonly label: string
  readonly value: unknown
  readonly schema: SchemaNode | undefined
  readonly next: string
  readonly checked: Checked
}

function placeOf(pointer: string, checked: Checked): Place {
  const inner = pointerPath(pointer)
  const path = [...checked.at, ...inner]
  return {
    path,
    label: path.length === 0 ? 'a manifest' : dotted(path),
    value: valueAt(checked.value, inner),
    schema: schemaAt(checked.schema, inner),
    next: `ao explain ${explainPath(checked, inner)}`,
    checked,
  }
}

function findingOf(error: ErrorObject, checked: Checked): readonly Finding[] {
  const place = placeOf(error.instancePath, checked)
  const name = error.propertyName
  if (name !== undefined) return nameFinding(name, error, place)
  const at = { path: place.path, part: 'value', next: place.next } as const
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return [
        unknownField(wordOf(error.params, 'additionalProperty', 'unevaluatedProperty'), place),
      ]
    case 'required':
      return [missingFinding(wordOf(error.params, 'missingProperty'), place)]
    case 'type':
      return [typeFinding(listOf(error.params, 'type'), place)]
    case 'enum':
      return [enumFinding(place, listOf(error.params, 'allowedValues'))]
    case 'const': {
      const message = `${place.label} must be ${listOf(error.params, 'allowedValue').join('')}`
      return [{ ...at, code: 'AO1005', message }]
    }
    case 'pattern':
      return [patternFinding(place, wordOf(error.params, 'pattern'))]
    case 'propertyNames':
    case 'if':
    case 'not':
      // Told by the rule inside it, except `not`, whose rule is silent.
      return error.keyword === 'not' ? [generic(error, place)] : []
    default:
      return [generic(error, place)]
  }
}

function generic(error: ErrorObject, place: Place): Finding {
  const message = `${place.label} ${limitInWords(error)}`
  return { path: place.path, part: 'value', code: 'AO1005', message, next: place.next }
}

function limitInWords(error: ErrorObject): string {
  const limit = listOf(error.params, 'limit').join('')
  switch (error.keyword) {
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return limit === '1' ? 'must not be empty' : `must have at least ${limit} ${unitOf(error)}`
    case 'maxLength':
    case 'maxItems':
    case 'maxProperties':
      return `must have at most ${limit} ${unitOf(error)}`
    case 'minimum':
      return `must be at least ${limit}`
    case 'maximum':
      return `must be at most ${limit}`
    case 'exclusiveMinimum':
      return `must be more than ${limit}`
    case 'exclusiveMaximum':
      return `must be less than ${limit}`
    case 'false schema':
      return 'has no place beside the others that are given'
    case 'uniqueItems':
      return 'names the same thing twice'
    case 'format':
      return `must be a valid ${wordOf(error.params, 'format')}`
    default:
      return error.message ?? `does not satisfy "${error.keyword}"`
  }
}

function unitOf(error: ErrorObject): string {
  if (error.keyword.endsWith('Length')) return 'characters'
  return error.keyword.endsWith('Items') ? 'entries' : 'fields'
}

function unknownField(name: string, place: Place): Finding {
  const known = Object.keys(propertiesOf(place.schema))
  const near = nearest(name, known)
  const finding = {
    path: [...place.path, name],
    part: 'key',
    code: 'AO1003',
    message: `unknown field "${name}"`,
  } as const
  if (near !== undefined) {
    return { ...finding, hint: `did you mean "${near}"?`, next: `${place.next}.${near}` }
  }
  const inSpec = propertiesOf(schemaAt(place.checked.schema, ['spec']))
  if (place.path.length === 0 && name in inSpec) {
    return { ...finding, hint: `it belongs under "spec"`, next: `${place.next}.spec.${name}` }
  }
  const hint = hintFor(name, known)
  return { ...finding, ...(hint === undefined ? {} : { hint }), next: place.next }
}

function missingFinding(name: string, place: Place): Finding {
  return {
    path: place.path,
    part: 'key',
    code: 'AO1006',
    message: `${dotted([...place.path, name])} is missing`,
    next: `${place.next}.${name}`,
  }
}

function typeFinding(types: readonly string[], place: Place): Finding {
  const wanted = [...new Set(types)].map(type => TYPES[type] ?? type).join(' or ')
  const message = `${place.label} must be ${wanted}, not ${valueInWords(place.value)}`
  const hint = durationHint(place) ?? typeHint(types, place.value)
  return {
    path: place.path,
    part: 'value',
    code: 'AO1004',
    message,
    next: place.next,
    ...(hint === undefined ? {} : { hint }),
  }
}

/** A bare number says nothing of its unit, also in quotes. */
function durationHint({ schema, value }: Place): string | undefined {
  if (schema?.title !== 'Duration' || typeof value !== 'number') return undefined
  return Number.isInteger(value) && value >= 0
    ? `say of what: ${value}s, ${value}m or ${value}h`
    : 'write a length of time such as 90s or 5m'
}

function typeHint(types: readonly string[], value: unknown): string | undefined {
  const isPlain = typeof value === 'number' || typeof value === 'boolean'
  if (types.includes('string') && isPlain) return `write "${value}", in quotes`
  if (types.includes('boolean') && typeof value === 'string') return 'write true or false'
  if (types.includes('array') && typeof value === 'string') return listHint(value)
  const isNumber = types.includes('integer') || types.includes('number')
  if (isNumber && typeof value === 'string' && /^-?\d+$/.test(value)) {
    return `write ${value}, without quotes`
  }
  return undefined
}

/** What the words of a text would be as a list; of anything with quotes in it only the author knows. */
function listHint(text: string): string | undefined {
  return /^[\w./ -]+$/.test(text) ? `write [${text.trim().split(/ +/).join(', ')}]` : undefined
}

function enumFinding(place: Place, allowed: readonly string[]): Finding {
  const message = `${place.label} is ${valueInWords(place.value)}; allowed: ${allowed.join(', ')}`
  const near = typeof place.value === 'string' ? nearest(place.value, allowed) : undefined
  return {
    path: place.path,
    part: 'value',
    code: 'AO1005',
    message,
    next: place.next,
    ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }),
  }
}

function patternFinding(place: Place, pattern: string): Finding {
  const known = PATTERNS[pattern]
  const message =
    known === undefined
      ? `${place.label} must match ${pattern}`
      : `${place.label}: "${String(place.value)}" is not ${known.what}`
  return {
    path: place.path,
    part: 'value',
    code: 'AO1005',
    message,
    next: place.next,
    ...(known === undefined ? {} : { hint: known.hint }),
  }
}

/** A rule about the names in a mapping, such as those of environment variables. */
function nameFinding(name: string, error: ErrorObject, place: Place): readonly Finding[] {
  const at = { path: [...place.path, name], part: 'key', code: 'AO1005', next: place.next } as const
  if (error.keyword === 'not') {
    return [
      { ...at, message: `"${name}" is set by ao itself; names that start with AO_ are taken` },
    ]
  }
  return [{ ...at, message: `"${name}" is not the name of an environment variable` }]
}

/** The path as `ao explain` takes it: places in a list, and what plugins decide, have no page of their own. */
function explainPath(checked: Checked, inner: Path): string {
  const steps: string[] = []
  for (const [index, step] of inner.entries()) {
    if (schemaAt(checked.schema, inner.slice(0, index + 1)) === undefined) break
    if (/^\d+$/.test(String(step))) break
    steps.push(String(step))
  }
  return [checked.explain, ...steps].join('.')
}

function dotted(path: Path): string {
  return path.join('.')
}

function wordOf(params: unknown, ...names: readonly string[]): string {
  return names.flatMap(name => listOf(params, name))[0] ?? ''
}

function listOf(params: unknown, name: string): readonly string[] {
  if (typeof params !== 'object' || params === null || !(name in params)) return []
  const value = (params as Record<string, unknown>)[name]
  return (Array.isArray(value) ? value : [value]).map(String)
}
