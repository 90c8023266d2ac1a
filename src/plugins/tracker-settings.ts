import { HOOK_FIELDS } from '../resource/tracker-hooks.ts'
import { HouseError } from '../errors.ts'
import { parseDuration } from '../resource/duration.ts'
import type { JsonSchema } from './plugin.ts'
import type { TrackerProject } from './tracker.ts'

const FIELDS = HOOK_FIELDS.map(field => `\`{{${field}}}\``).join(', ')

/** The settings `onStart` and `onMerge`; `states` is what a state may be, of a tracker that knows only these. */
export function hookSettings(states?: readonly string[]): JsonSchema {
  const comment = {
    description: `Said on the issue, once. May name ${FIELDS}.`,
    type: 'string',
    minLength: 1,
    'x-template': HOOK_FIELDS,
  }
  const state = {
    description: 'The state that the issue is put into.',
    ...(states === undefined ? { type: 'string', minLength: 1 } : { enum: states }),
  }
  const labels = {
    description: 'Added to the issue; none is taken away.',
    type: 'array',
    uniqueItems: true,
    items: { type: 'string', minLength: 1 },
  }
  return {
    onStart: {
      description: "What the issue is told when the worker's agent runs for the first time.",
      type: 'object',
      additionalProperties: false,
      properties: { comment, state, labels },
    },
    onMerge: {
      description: "What the issue is told when the worker's pull request is merged.",
      type: 'object',
      additionalProperties: false,
      properties: { comment, state },
    },
  }
}

/** The setting `timeout` of trackers that are asked over the network. */
export const TRACKER_TIMEOUT = {
  description: 'How long the tracker may take to answer one request.',
  type: 'string',
  pattern: '^([0-9]+(ms|s|m|h|d))+$',
  default: '30s',
} as const

/** A secret, written down or better given as `valueFrom`. */
export function secretSetting(description: string): JsonSchema {
  return {
    description: `${description} Better given as \`valueFrom\`.`,
    type: 'string',
    minLength: 1,
    'x-expand': true,
  }
}

export function urlSetting(description: string, otherwise?: string): JsonSchema {
  return {
    description,
    type: 'string',
    pattern: '^(https?://|\\$\\{)',
    'x-expand': true,
    ...(otherwise === undefined ? {} : { default: otherwise }),
  }
}

type Settings = Readonly<Record<string, unknown>>

export function timeoutOf({ timeout }: Settings): number {
  return parseDuration(typeof timeout === 'string' ? timeout : TRACKER_TIMEOUT.default) ?? 30_000
}

/** A token, and where a person finds it who is told that it is wrong. */
export interface Token {
  readonly token: string
  readonly setting: string
}

/** The token that must be there: the setting, else the environment variable. Throws `EnvironmentMissing` naming both. */
export function tokenOf(
  { config, project }: Pick<TrackerProject, 'config' | 'project'>,
  env: Readonly<Record<string, string | undefined>>,
  variable: string,
): Token {
  const setting = 'spec.tracker.token'
  const { token } = config
  if (typeof token === 'string' && token !== '') return { token, setting }
  const given = env[variable]
  if (given !== undefined && given !== '') return { token: given, setting: variable }
  const message = `Project/${project}: ${setting} is not set, and neither is ${variable}`
  throw new HouseError('EnvironmentMissing', message, { next: `export ${variable}=…` })
}

/** The repository whose issues they are, as far as settings say it. */
export function repoWord({ config, repo }: Pick<TrackerProject, 'config' | 'repo'>): string {
  const { repo: given = repo } = config
  return typeof given === 'string' && given !== '' ? given : 'the repository of origin'
}
