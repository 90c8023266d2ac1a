import type { ForgeLocate, ForgePlace } from '../forge-place.ts'
import { createForgeLocate } from '../forge-place.ts'
import type { Git } from '../git.ts'
import { githubHost } from '../github-auth.ts'
import { parseRepoName } from '../repo-name.ts'
import type { GitHubSettings } from './github-settings.ts'
import { readSettings } from './github-settings.ts'

export type ProjectPlace = ForgePlace<GitHubSettings>
export type Locate = ForgeLocate<GitHubSettings>

export interface PlaceOptions {
  readonly git: Git
  /** Expands variables and reads secrets. */
  readonly readValue: (value: unknown) => Promise<unknown>
}

/** Finds out where a project's pull requests are. */
export function createLocate({ git, readValue }: PlaceOptions): Locate {
  return createForgeLocate({
    git,
    async readSettings({ project, config: { token, ...config } }) {
      const [repo, apiUrl] = await Promise.all([
        readValue(config['repo']),
        readValue(config['apiUrl']),
      ])
      return { ...readSettings(project, { ...config, repo, apiUrl }), token }
    },
    parseName(text) {
      const name = parseRepoName(text)
      return name?.split('/').length === 2 ? name : undefined
    },
    words: { repository: 'repository of GitHub', example: 'repository such as owner/name' },
    hostOf: ({ apiUrl }) => `github/${githubHost(apiUrl)}`,
  })
}
