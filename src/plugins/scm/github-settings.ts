import type { ForgeSettings } from '../forge-settings.ts'
import { assertSafeAddress, PACE_SETTINGS, readForgeSettings } from '../forge-settings.ts'
import { GITHUB_API, githubApiUrl } from '../github-auth.ts'
import type { JsonSchema } from '../plugin.ts'

export interface GitHubSettings extends ForgeSettings {
  readonly apiUrl: string
  /** Associations whose words may reach an agent. */
  readonly trust: ReadonlySet<string>
}

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
    ...PACE_SETTINGS,
  },
}

/** The settings with their defaults; `config` has its variables expanded. Throws `InvalidManifest` for an address that would carry the token in the clear. */
export function readSettings(
  project: string,
  config: Readonly<Record<string, unknown>>,
): Omit<GitHubSettings, 'token'> {
  const apiUrl = githubApiUrl(config)
  assertSafeAddress(project, 'apiUrl', apiUrl)
  const { trust } = config
  return {
    ...readForgeSettings(config),
    apiUrl,
    trust: new Set(Array.isArray(trust) ? trust.map(String) : TRUSTED),
  }
}
