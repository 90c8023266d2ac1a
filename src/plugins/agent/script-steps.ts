import { isAbsolute, normalize } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import { closest, distance } from 'fastest-levenshtein'

import { parseDuration } from '../../resource/duration.ts'
import { STEP_NAMES, STEP_SCHEMAS, WHEN_SCHEMA } from './script-schema.ts'
import type { Step, StepName } from './script-schema.ts'

/** What is wrong with a scenario; `path` leads from the list of steps to the place. */
export interface StepProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

export type StepsOrProblems =
  | { readonly ok: true; readonly steps: readonly Step[] }
  | { readonly ok: false; readonly problems: readonly StepProblem[] }

/** Validates a list of steps, nested ones too, and tells every problem of every step. */
export function readSteps(value: unknown): StepsOrProblems {
  const problems = [...problemsOfSteps(value, [])]
  return isStepList(value, problems) ? { ok: true, steps: value } : { ok: false, problems }
}

/** The one key that says what a step does. */
export function stepName(step: Step): StepName {
  const name = STEP_NAMES.find(candidate => candidate in step)
  if (name === undefined) throw new TypeError('a step without a name passed validation')
  return name
}

/** Whether the step is done in this attempt, or passed over. */
export function isDoneIn(step: Step, attempt: number): boolean {
  const when = step.when ?? step.crash?.attempts
  if (when === undefined) return true
  return typeof when === 'number' ? when === attempt : when.includes(attempt)
}

type Path = StepProblem['path']

const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  allowUnionTypes: true,
  strictRequired: false,
  verbose: true,
  // The schemas are ours; checking them against their own schema would take longer than all the rest.
  meta: false,
  validateSchema: false,
})
ajv.addFormat('regular expression', isRegularExpression)
ajv.addFormat('duration such as 300ms or 2s', value => parseDuration(value) !== undefined)
ajv.addFormat('path inside the workspace', isPathInside)

function isStepList(value: unknown, problems: readonly StepProblem[]): value is readonly Step[] {
  return Array.isArray(value) && problems.length === 0
}

function* problemsOfSteps(value: unknown, path: Path): Generator<StepProblem> {
  if (!Array.isArray(value)) {
    yield { path, message: 'must be a list of steps' }
    return
  }
  for (const [index, step] of value.entries()) yield* problemsOfStep(step, [...path, index])
}

function* problemsOfStep(step: unknown, path: Path): Generator<StepProblem> {
  if (!isMap(step)) {
    yield { path, message: 'a step is a map with one key, such as `say: Hello`' }
    return
  }
  const names = Object.keys(step).filter(key => key !== 'when')
  for (const name of names) {
    const known = STEP_NAMES.find(candidate => candidate === name)
    if (known !== undefined) yield* problemsOfValue(known, step[name], [...path, name])
    else
      yield { path: [...path, name], message: `unknown step "${name}"${guess(name, STEP_NAMES)}` }
  }
  if (names.length !== 1) {
    const found = names.length === 0 ? 'none' : names.join(', ')
    yield { path, message: `a step has one key (and perhaps "when"); this one has ${found}` }
  }
  if ('when' in step) yield* violations('when', step['when'], [...path, 'when'])
}

function* problemsOfValue(name: StepName, value: unknown, path: Path): Generator<StepProblem> {
  const found = [...violations(name, value, path)]
  yield* found
  if (found.length > 0) return
  if (name === 'on-message') yield* problemsOfHandlers(value, path)
  if (name === 'serve' && isMap(value)) yield* problemsOfHandlers(value['on'], [...path, 'on'])
}

function* problemsOfHandlers(value: unknown, path: Path): Generator<StepProblem> {
  if (!Array.isArray(value)) return
  for (const [index, handler] of value.entries()) {
    if (isMap(handler)) yield* problemsOfSteps(handler['steps'], [...path, index, 'steps'])
  }
}

function* violations(name: StepName | 'when', value: unknown, path: Path): Generator<StepProblem> {
  const validate = validatorOf(name)
  if (validate(value)) return
  for (const error of validate.errors ?? []) {
    if (isPartOfAlternative(error)) continue
    yield { path: [...path, ...pointerParts(error.instancePath)], message: describe(error) }
  }
}

/** Errors inside a `oneOf` say only that one of the alternatives was not meant. */
function isPartOfAlternative(error: ErrorObject): boolean {
  return /\/oneOf\/\d+\//.test(error.schemaPath)
}

function describe(error: ErrorObject): string {
  const parameters: Readonly<Record<string, unknown>> = error.params
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(parameters['additionalProperty'])
      const properties: unknown = error.parentSchema?.['properties']
      return `unknown key "${key}"${guess(key, isMap(properties) ? Object.keys(properties) : [])}`
    }
    case 'required':
      return `needs "${String(parameters['missingProperty'])}"`
    case 'oneOf':
      return `must be ${String(error.parentSchema?.['description'])}`
    case 'enum':
      return `must be one of ${namesIn(parameters['allowedValues'])}`
    case 'format':
      return `"${String(error.data)}" is not a ${String(parameters['format'])}`
    default:
      return error.message ?? 'is not valid'
  }
}

function guess(word: string, known: readonly string[]): string {
  if (known.length === 0) return ''
  const candidate = closest(word, known)
  const isClose = distance(word, candidate) <= Math.max(2, word.length / 2)
  return isClose ? `; did you mean "${candidate}"?` : `; known: ${known.join(', ')}`
}

function namesIn(values: unknown): string {
  return Array.isArray(values) ? values.map(String).join(', ') : String(values)
}

function pointerParts(pointer: string): readonly (string | number)[] {
  const parts = pointer.split('/').slice(1)
  return parts.map(part => (/^\d+$/.test(part) ? Number(part) : part))
}

const validators = new Map<StepName | 'when', ValidateFunction>()

/** Compiled when first needed: a scenario uses few kinds of steps, and its agent should start fast. */
function validatorOf(name: StepName | 'when'): ValidateFunction {
  const known = validators.get(name)
  if (known !== undefined) return known
  const compiled = ajv.compile(name === 'when' ? WHEN_SCHEMA : STEP_SCHEMAS[name])
  validators.set(name, compiled)
  return compiled
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isRegularExpression(value: string): boolean {
  try {
    return new RegExp(value, 'is').source !== ''
  } catch {
    return false
  }
}

function isPathInside(value: string): boolean {
  return (
    !isAbsolute(value) &&
    !/^\.\.(\/|$)/.test(normalize(value)) &&
    !/(^|\/)\.git(\/|$)/.test(normalize(value))
  )
}
