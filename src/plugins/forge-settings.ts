import { HouseError } from '../errors.ts'
import { parseDuration } from '../resource/duration.ts'
import type { JsonSchema } from './plugin.ts'

export type MergeMethod = 'merge' | 'squash' | 'rebase' | 'queue'

/** What the settings of every forge say, besides where it is and whom it hears. */
export interface ForgeSettings {
  /** As written: a name, a URL or a number. */
  readonly repo: string | undefined
  /** As written, unread: a text or `valueFrom`. */
  readonly token: unknown
  readonly merge: MergeMethod
  readonly deleteBranch: boolean
  readonly approvals: number
  /** Instead of what the forge says. */
  readonly requiredChecks: readonly string[] | undefined
  readonly maxAgeMs: number
  /** How soon a check that runs is looked at again; everything else waits in proportion. */
  readonly intervalMs: number
}

const DURATION = '^([0-9]+(ms|s|m|h|d))+$'
const DEFAULT_MAX_AGE = '15m'
const DEFAULT_INTERVAL = '15s'
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost'])

/** The settings that say how often a forge is asked. */
export const PACE_SETTINGS: JsonSchema = {
  maxAge: {
    description:
      'How old what is known may get before all of it is compared with what the forge has, whatever the signs of change say.',
    type: 'string',
    pattern: DURATION,
    default: DEFAULT_MAX_AGE,
  },
  interval: {
    description:
      'How soon running checks are looked at again. The wait grows while nothing changes, and is longer where less is going on.',
    type: 'string',
    pattern: DURATION,
    default: DEFAULT_INTERVAL,
  },
}

/** With their defaults; `config` has its variables expanded. */
export function readForgeSettings(
  config: Readonly<Record<string, unknown>>,
): Omit<ForgeSettings, 'token'> {
  const { repo, approvals, deleteBranch, merge, requiredChecks } = config
  return {
    repo: typeof repo === 'string' && repo !== '' ? repo : undefined,
    merge: merge === 'merge' || merge === 'rebase' || merge === 'queue' ? merge : 'squash',
    deleteBranch: deleteBranch !== false,
    approvals: typeof approvals === 'number' ? approvals : 1,
    requiredChecks: Array.isArray(requiredChecks) ? requiredChecks.map(String) : undefined,
    maxAgeMs: durationOf(config['maxAge'], DEFAULT_MAX_AGE),
    intervalMs: durationOf(config['interval'], DEFAULT_INTERVAL),
  }
}

/** Throws `InvalidManifest` for an address that would carry the token in the clear. */
export function assertSafeAddress(project: string, setting: string, address: string): void {
  if (isSafe(address)) return
  throw new HouseError(
    'InvalidManifest',
    `Project/${project}: spec.scm.${setting} ${address} is not https, and not on this machine`,
    { next: 'ao explain project.spec.scm' },
  )
}

function durationOf(value: unknown, fallback: string): number {
  const text = typeof value === 'string' ? value : fallback
  return parseDuration(text) ?? parseDuration(fallback) ?? 0
}

function isSafe(address: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname } = new URL(address)
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname))
}
