import { HouseError } from '../../errors.ts'
import { parseDuration } from '../../resource/duration.ts'
import { GITHUB_API, githubApiUrl } from '../github-auth.ts'
import type { JsonSchema } from '../plugin.ts'

export type MergeMethod = 'merge' | 'squash' | 'rebase' | 'queue'

export interface GitHubSettings {
  /** As written: `owner/name` or a URL. */
  readonly repo: string | undefined
  readonly apiUrl: string
  /** As written, unread: a text or `valueFrom`. */
  readonly token: unknown
  readonly merge: MergeMethod
  readonly deleteBranch: boolean
  readonly approvals: number
  /** Instead of what the branch's protection says. */
  readonly requiredChecks: readonly string[] | undefined
  /** Associations whose words may reach an agent. */
  readonly trust: ReadonlySet<string>
  readonly maxAgeMs: number
  /** How soon a check that runs is looked at again; everything else waits in proportion. */
  readonly intervalMs: number
}

const DURATION = '^([0-9]+(ms|s|m|h|d))+$'
const ASSOCIATIONS = [
  'OWNER',
  'MEMBER',
  'COLLABORATOR',
  'CONTRIBUTOR',
  'FIRST_TIME_CONTRIBUTOR',
  'FIRST_TIMER',
  'NONE',
]
const TRUSTED = ['OWNER', 'MEMBER', 'COLLABORATOR']
const DEFAULT_MAX_AGE = '15m'
const DEFAULT_INTERVAL = '15s'

export const GITHUB_SCM_SCHEMA: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    repo: {
      description:
        "The repository, `owner/name` or a URL; otherwise the project's `repo`, otherwise what origin's URL says.",
      type: 'string',
      minLength: 1,
      'x-expand': true,
    },
    apiUrl: {
      description:
        'Where the API is; of a GitHub Enterprise Server `https://HOST/api/v3`. Without TLS only on this machine.',
      type: 'string',
      pattern: '^(https://|http://(127\\.0\\.0\\.1|localhost|\\[::1\\])(:|/|$)|\\$\\{)',
      default: GITHUB_API,
      'x-expand': true,
    },
    token: {
      description:
        'The token to ask with, otherwise `GITHUB_TOKEN`, `GH_TOKEN` or what `gh auth token` says. Better given as `valueFrom`.',
      type: 'string',
      minLength: 1,
      'x-expand': true,
    },
    webhookSecret: {
      description:
        'What deliveries of webhooks are signed with. Better given as `valueFrom`. Without it none are taken.',
      type: 'string',
      minLength: 1,
      'x-expand': true,
    },
    merge: {
      description:
        "How pull requests are merged; `queue` hands them to the repository's merge queue.",
      enum: ['squash', 'merge', 'rebase', 'queue'],
      default: 'squash',
    },
    deleteBranch: {
      description:
        'Whether the branch goes from the repository after the merge, whoever merged: if it still stands at what was merged, is not protected, and no other open pull request needs it.',
      type: 'boolean',
      default: true,
    },
    approvals: {
      description:
        'How many approvals by people (those of applications never count) the current head of a pull request needs; the repository may ask for more.',
      type: 'integer',
      minimum: 0,
      default: 1,
    },
    requiredChecks: {
      description:
        "Names of the checks that a pull request waits for, instead of those that the branch's protection requires; without either, every check that runs counts. `[]`: none does.",
      type: 'array',
      uniqueItems: true,
      items: { type: 'string', minLength: 1 },
    },
    trust: {
      description:
        'Whose words may reach an agent, and whose reviews count: how GitHub says that they belong to the repository. Bots are installed applications, and are heard.',
      type: 'array',
      uniqueItems: true,
      items: { enum: ASSOCIATIONS },
      default: TRUSTED,
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
): Omit<GitHubSettings, 'token'> {
  const apiUrl = githubApiUrl(config)
  if (!isSafe(apiUrl)) {
    throw new HouseError(
      'InvalidManifest',
      `Project/${project}: spec.scm.apiUrl ${apiUrl} is not https, and not on this machine`,
      { next: 'ao explain project.spec.scm' },
    )
  }
  const { repo, approvals, deleteBranch, merge, requiredChecks, trust } = config
  return {
    repo: typeof repo === 'string' && repo !== '' ? repo : undefined,
    apiUrl,
    merge: merge === 'merge' || merge === 'rebase' || merge === 'queue' ? merge : 'squash',
    deleteBranch: deleteBranch !== false,
    approvals: typeof approvals === 'number' ? approvals : 1,
    requiredChecks: Array.isArray(requiredChecks) ? requiredChecks.map(String) : undefined,
    trust: new Set(Array.isArray(trust) ? trust.map(String) : TRUSTED),
    maxAgeMs: durationOf(config['maxAge'], DEFAULT_MAX_AGE),
    intervalMs: durationOf(config['interval'], DEFAULT_INTERVAL),
  }
}

function durationOf(value: unknown, fallback: string): number {
  const text = typeof value === 'string' ? value : fallback
  return parseDuration(text) ?? parseDuration(fallback) ?? 0
}

function isSafe(apiUrl: string): boolean {
  if (!URL.canParse(apiUrl)) return false
  const { protocol, hostname } = new URL(apiUrl)
  if (protocol === 'https:') return true
  return protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
}
