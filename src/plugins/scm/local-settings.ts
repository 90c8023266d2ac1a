import { createHash } from 'node:crypto'

import { HouseError } from '../../errors.ts'
import { parseDuration } from '../../resource/duration.ts'
import type { PluginChoice } from '../../resource/spec.ts'
import type { JsonSchema } from '../plugin.ts'

const DEFAULT_TIMEOUT = '10m'
const DEFAULT_APPROVALS = 1
const CHECK_NAME = '^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$'

/** A command that judges a head. */
export interface CheckSetting {
  readonly name: string
  readonly command: string
  readonly timeoutMs: number
  readonly required: boolean
  /** SHA-256 of the command: a result says something about this command only. */
  readonly digest: string
}

export interface LocalScmSettings {
  readonly checks: readonly CheckSetting[]
  readonly approvals: number
}

export const LOCAL_SCM_SCHEMA: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    checks: {
      description:
        'Commands that judge the head of a pull request, each in a fresh checkout of it.',
      type: 'array',
      maxItems: 50,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'command'],
        properties: {
          name: {
            description: 'The check, as shown on the pull request. Unique.',
            type: 'string',
            pattern: CHECK_NAME,
          },
          command: {
            description: 'Run with `sh -c` in the checkout; 0 is success.',
            type: 'string',
            minLength: 1,
          },
          timeout: {
            description: 'How long it may take before it counts as failed.',
            type: 'string',
            pattern: '^([0-9]+(ms|s|m|h|d))+$',
            default: DEFAULT_TIMEOUT,
          },
          required: {
            description: 'Whether a pull request waits for it to succeed.',
            type: 'boolean',
            default: true,
          },
        },
      },
    },
    approvals: {
      description: 'How many approvals of the current head a pull request needs.',
      type: 'integer',
      minimum: 0,
      default: DEFAULT_APPROVALS,
    },
  },
}

/** The settings with their defaults. Throws `InvalidManifest` for what the schema can't see: two checks of one name. */
export function readSettings(config: PluginChoice, project: string): LocalScmSettings {
  const checks = listOf(config['checks']).map(toCheck)
  const names = checks.map(check => check.name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    throw new HouseError(
      'InvalidManifest',
      `project ${project} declares the check "${twice}" twice in spec.scm.checks`,
      { next: 'ao explain project.spec.scm' },
    )
  }
  const approvals = config['approvals']
  return { checks, approvals: typeof approvals === 'number' ? approvals : DEFAULT_APPROVALS }
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value : []
}

function toCheck(entry: Readonly<Record<string, unknown>>): CheckSetting {
  const command = textOf(entry['command'], '')
  const timeout = textOf(entry['timeout'], DEFAULT_TIMEOUT)
  return {
    name: textOf(entry['name'], ''),
    command,
    timeoutMs: parseDuration(timeout) ?? 600_000,
    required: entry['required'] !== false,
    digest: createHash('sha256').update(command).digest('hex'),
  }
}

function textOf(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback
}
