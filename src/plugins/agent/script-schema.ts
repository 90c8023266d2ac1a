import type { JsonSchema } from '../plugin.ts'

/** What can stand under each step's name. */
export interface StepValues {
  readonly say: string
  readonly edit: Edit
  readonly commit: string
  readonly push: string | true | null
  readonly 'open-pr': { readonly title: string; readonly body?: string; readonly draft?: boolean }
  readonly fix: Edit & { readonly commit: string }
  readonly run:
    | readonly string[]
    | { readonly argv: readonly string[]; readonly 'may-fail'?: boolean }
  readonly env: string
  readonly sleep: string
  readonly review: ReviewStep
  readonly report: 'done' | 'failed'
  readonly 'wait-for-message': { readonly matching?: string; readonly timeout?: string } | null
  readonly 'on-message': readonly Handler[]
  readonly serve: { readonly on: readonly Handler[]; readonly until?: string }
  readonly ask: string
  readonly 'ask-permission': string
  readonly crash: {
    readonly code?: number
    readonly signal?: CrashSignal
    readonly attempts?: readonly number[]
  } | null
  readonly exit: number
  readonly hang: true | null
  readonly 'ignore-signals': true
  readonly fork: { readonly argv?: readonly string[]; readonly 'own-session'?: boolean } | null
}

export type StepName = keyof StepValues

/** One key of `StepValues`, and `when`: the attempts in which it is done; in others it is passed over. */
export type Step = Partial<StepValues> & { readonly when?: number | readonly number[] }

/** A change of one file: its whole content, text at its end, or text in place of other text. */
export interface Edit {
  readonly file: string
  readonly content?: string
  readonly append?: string
  readonly replace?: { readonly from: string; readonly to: string }
}

/** What to do about a message that matches. */
export interface Handler {
  readonly matching: string
  readonly steps: readonly Step[]
}

export interface ReviewStep {
  /** Name of the session whose pull request it is about. */
  readonly 'pr-of': string
  readonly verdict: 'approve' | 'request-changes' | 'comment'
  readonly body?: string
  /** Wait until every check of the head has succeeded. */
  readonly checks?: 'success'
}

export type CrashSignal = 'SIGKILL' | 'SIGTERM' | 'SIGSEGV' | 'SIGABRT' | 'SIGHUP' | 'SIGINT'

const text = { type: 'string', minLength: 1 }
const pattern = { type: 'string', minLength: 1, format: 'regular expression' }
const duration = { type: 'string', format: 'duration such as 300ms or 2s' }
const argv = { type: 'array', minItems: 1, items: { type: 'string' } }
const nothing = { type: ['null', 'boolean'], enum: [null, true] }
const attempts = { type: 'array', minItems: 1, items: { type: 'integer', minimum: 1 } }

const editProperties = {
  file: { ...text, format: 'path inside the workspace' },
  content: { type: 'string' },
  append: { type: 'string' },
  replace: map({ from: text, to: { type: 'string' } }, ['from', 'to']),
}
const oneChange = {
  description: 'a change by exactly one of content, append and replace',
  oneOf: [{ required: ['content'] }, { required: ['append'] }, { required: ['replace'] }],
}
const handlers = {
  type: 'array',
  items: map({ matching: pattern, steps: { type: 'array' } }, ['matching', 'steps']),
}

/** JSON Schema of each step's value. The steps inside a handler are validated one by one, each by its own. */
export const STEP_SCHEMAS: { readonly [N in StepName]: JsonSchema } = {
  say: text,
  edit: { ...map(editProperties, ['file']), ...oneChange },
  commit: text,
  push: { type: ['string', 'boolean', 'null'], minLength: 1, not: { const: false } },
  'open-pr': map({ title: text, body: { type: 'string' }, draft: { type: 'boolean' } }, ['title']),
  fix: { ...map({ ...editProperties, commit: text }, ['file', 'commit']), ...oneChange },
  run: {
    description: 'a list of words such as [sh, ./test.sh], or a map with argv',
    oneOf: [argv, map({ argv, 'may-fail': { type: 'boolean' } }, ['argv'])],
  },
  env: { ...text, pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
  sleep: duration,
  review: map(
    {
      'pr-of': text,
      verdict: { enum: ['approve', 'request-changes', 'comment'] },
      body: { type: 'string' },
      checks: { enum: ['success'] },
    },
    ['pr-of', 'verdict'],
  ),
  report: { enum: ['done', 'failed'] },
  'wait-for-message': {
    ...map({ matching: pattern, timeout: duration }, []),
    type: ['object', 'null'],
  },
  'on-message': { ...handlers, minItems: 1 },
  serve: map({ on: handlers, until: pattern }, ['on']),
  ask: text,
  'ask-permission': text,
  crash: {
    ...map(
      {
        code: { type: 'integer', minimum: 1, maximum: 255 },
        signal: { enum: ['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGABRT', 'SIGHUP', 'SIGINT'] },
        attempts,
      },
      [],
    ),
    type: ['object', 'null'],
  },
  exit: { type: 'integer', minimum: 0, maximum: 255 },
  hang: nothing,
  'ignore-signals': { const: true },
  fork: { ...map({ argv, 'own-session': { type: 'boolean' } }, []), type: ['object', 'null'] },
}

export const WHEN_SCHEMA: JsonSchema = {
  description: 'an attempt number or a list of them',
  oneOf: [{ type: 'integer', minimum: 1 }, attempts],
}

const NAMES: { readonly [N in StepName]: N } = {
  say: 'say',
  edit: 'edit',
  commit: 'commit',
  push: 'push',
  'open-pr': 'open-pr',
  fix: 'fix',
  run: 'run',
  env: 'env',
  sleep: 'sleep',
  review: 'review',
  report: 'report',
  'wait-for-message': 'wait-for-message',
  'on-message': 'on-message',
  serve: 'serve',
  ask: 'ask',
  'ask-permission': 'ask-permission',
  crash: 'crash',
  exit: 'exit',
  hang: 'hang',
  'ignore-signals': 'ignore-signals',
  fork: 'fork',
}

export const STEP_NAMES: readonly StepName[] = Object.values(NAMES)

function map(properties: JsonSchema, required: readonly string[]): JsonSchema {
  return { type: 'object', additionalProperties: false, required, properties }
}
