import { HOOK_FIELDS } from '../resource/tracker-hooks.ts'
import type { JsonSchema } from './plugin.ts'

/** Any text in which every `{{…}}` is a field that can be filled in. */
const COMMENT = `^(?:[^{]|\\{(?!\\{)|\\{\\{\\s*(?:${HOOK_FIELDS.join('|')})\\s*\\}\\})*$`
const FIELDS = HOOK_FIELDS.map(field => `\`{{${field}}}\``).join(', ')

/** The settings `onStart` and `onMerge`; `states` is what a state may be, of a tracker that knows only these. */
export function hookSettings(states?: readonly string[]): JsonSchema {
  const comment = {
    description: `Said on the issue, once. May name ${FIELDS}.`,
    type: 'string',
    minLength: 1,
    pattern: COMMENT,
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
