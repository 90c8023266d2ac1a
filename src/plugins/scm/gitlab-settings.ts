import { HouseError } from '../../errors.ts'
import { parseDuration } from '../../resource/duration.ts'
import type { JsonSchema } from '../plugin.ts'
import { secretSetting, urlSetting } from '../tracker-settings.ts'

export type MergeMethod = 'merge' | 'squash' | 'rebase' | 'queue'

export interface GitLabSettings {
  /** As written: `group/name`, a URL or a number. */
  readonly repo: string | undefined
  /** Where GitLab is, without a slash at its end. */
  readonly host: string
  /** As written, unread: a text or `valueFrom`. */
  readonly token: unknown
  readonly merge: MergeMethod
  readonly deleteBranch: boolean
  readonly approvals: number
  /** Instead of all that may not fail. */
  readonly requiredChecks: readonly string[] | undefined
  /** The least access of those whose words may reach an agent, as GitLab numbers it. */
  readonly trust: number
  readonly maxAgeMs: number
  /** How soon a check that runs is looked at again; everything else waits in proportion. */
  readonly intervalMs: number
}

const GITLAB_HOST = 'https://gitlab.com'
const DURATION = '^([0-9]+(ms|s|m|h|d))+$'
/** https://docs.gitlab.com/api/members/#roles */
const ACCESS = { guest: 10, reporter: 20, developer: 30, maintainer: 40, owner: 50 } as const
const DEFAULT_MAX_AGE = '15m'
const DEFAULT_INTERVAL = '15s'

export const GITLAB_SCM_SCHEMA: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    repo: {
      description:
        "The GitLab project, as `group/name` or a URL; otherwise the project's `repo`, otherwise what origin's URL says.",
      type: 'string',
      minLength: 1,
      'x-expand': true,
    },
    host: urlSetting('Where GitLab is. Without TLS only on this machine.', GITLAB_HOST),
    token: secretSetting(
      'An access token with the scope `api`, otherwise `GITLAB_TOKEN` or what `glab` is logged in with.',
    ),
    webhookSecret: secretSetting(
      'The token that deliveries of webhooks carry; without it none are taken.',
    ),
    merge: {
      description:
        "How merge requests are merged. `merge` is the project's own method, `rebase` insists on one that keeps history linear, `queue` hands them to the merge train, or merges when the pipeline succeeds.",
      enum: ['squash', 'merge', 'rebase', 'queue'],
      default: 'squash',
    },
    deleteBranch: {
      description:
        'Whether the branch goes from the project after the merge, whoever merged: if it still stands at what was merged, is not protected, and no other open merge request needs it.',
      type: 'boolean',
      default: true,
    },
    approvals: {
      description:
        'How many approvals by people (those of bots never count) the current head of a merge request needs; the project may ask for more.',
      type: 'integer',
      minimum: 0,
      default: 1,
    },
    requiredChecks: {
      description:
        'Names of the jobs and statuses that a merge request waits for, instead of all that are not allowed to fail.',
      type: 'array',
      uniqueItems: true,
      items: { type: 'string', minLength: 1 },
    },
    trust: {
      description:
        'The least access to the project of those whose words may reach an agent, and whose reviews count.',
      enum: Object.keys(ACCESS),
      default: 'developer',
    },
    maxAge: {
      description:
        'How old what is known may get before all of it is read anew, whatever the signs of change say.',
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
  },
}

/** The settings with their defaults; `config` has its variables expanded. Throws `InvalidManifest` for an address that would carry the token in the clear. */
export function readSettings(
  project: string,
  config: Readonly<Record<string, unknown>>,
): Omit<GitLabSettings, 'token'> {
  const given = config['host']
  const host = (typeof given === 'string' && given !== '' ? given : GITLAB_HOST).replace(/\/+$/, '')
  if (!isSafe(host)) {
    throw new HouseError(
      'InvalidManifest',
      `Project/${project}: spec.scm.host ${host} is not https, and not on this machine`,
      { next: 'ao explain project.spec.scm' },
    )
  }
  const { repo, approvals, deleteBranch, merge, requiredChecks, trust } = config
  return {
    repo: typeof repo === 'string' && repo !== '' ? repo : undefined,
    host,
    merge: merge === 'merge' || merge === 'rebase' || merge === 'queue' ? merge : 'squash',
    deleteBranch: deleteBranch !== false,
    approvals: typeof approvals === 'number' ? approvals : 1,
    requiredChecks: Array.isArray(requiredChecks) ? requiredChecks.map(String) : undefined,
    trust: accessOf(trust),
    maxAgeMs: durationOf(config['maxAge'], DEFAULT_MAX_AGE),
    intervalMs: durationOf(config['interval'], DEFAULT_INTERVAL),
  }
}

function accessOf(trust: unknown): number {
  const [, level] = Object.entries(ACCESS).find(([name]) => name === trust) ?? []
  return level ?? ACCESS.developer
}

function durationOf(value: unknown, fallback: string): number {
  const text = typeof value === 'string' ? value : fallback
  return parseDuration(text) ?? parseDuration(fallback) ?? 0
}

function isSafe(host: string): boolean {
  if (!URL.canParse(host)) return false
  const { protocol, hostname } = new URL(host)
  if (protocol === 'https:') return true
  return protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
}
