import type { ForgeSettings } from '../forge-settings.ts'
import { assertSafeAddress, PACE_SETTINGS, readForgeSettings } from '../forge-settings.ts'
import type { JsonSchema } from '../plugin.ts'
import { secretSetting, urlSetting } from '../tracker-settings.ts'

export interface GitLabSettings extends ForgeSettings {
  /** Where GitLab is, without a slash at its end. */
  readonly host: string
  /** The least access of those whose words may reach an agent, as GitLab numbers it. */
  readonly trust: number
}

const GITLAB_HOST = 'https://gitlab.com'
/** https://docs.gitlab.com/api/members/#roles */
const ACCESS = { guest: 10, reporter: 20, developer: 30, maintainer: 40, owner: 50 } as const

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
    ...PACE_SETTINGS,
  },
}

/** The settings with their defaults; `config` has its variables expanded. Throws `InvalidManifest` for an address that would carry the token in the clear. */
export function readSettings(
  project: string,
  config: Readonly<Record<string, unknown>>,
): Omit<GitLabSettings, 'token'> {
  const given = config['host']
  const host = (typeof given === 'string' && given !== '' ? given : GITLAB_HOST).replace(/\/+$/, '')
  assertSafeAddress(project, 'host', host)
  return { ...readForgeSettings(config), host, trust: accessOf(config['trust']) }
}

function accessOf(trust: unknown): number {
  const [, level] = Object.entries(ACCESS).find(([name]) => name === trust) ?? []
  return level ?? ACCESS.developer
}
