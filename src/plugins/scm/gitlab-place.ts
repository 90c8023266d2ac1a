import type { ForgeLocate, ForgePlace } from '../forge-place.ts'
import { createForgeLocate } from '../forge-place.ts'
import type { Git } from '../git.ts'
import { parseRepoName } from '../repo-name.ts'
import type { GitLabSettings } from './gitlab-settings.ts'
import { readSettings } from './gitlab-settings.ts'

export type ProjectPlace = ForgePlace<GitLabSettings>
export type Locate = ForgeLocate<GitLabSettings>

export interface PlaceOptions {
  readonly git: Git
  /** Expands variables and reads secrets. */
  readonly readValue: (value: unknown) => Promise<unknown>
}

/** Finds out where a project's merge requests are. A GitLab project may also be named by its number. */
export function createLocate({ git, readValue }: PlaceOptions): Locate {
  return createForgeLocate({
    git,
    async readSettings({ project, config: { plugin: _plugin, token, ...rest } }) {
      const values = await readValue(rest)
      const config = typeof values === 'object' && values !== null ? values : {}
      return { ...readSettings(project, { ...config }), token }
    },
    parseName: text => (/^\d+$/.test(text) ? text : parseRepoName(text)),
    words: { repository: 'project of GitLab', example: 'project such as group/name' },
    hostOf: ({ host }) => `gitlab/${new URL(host).host}`,
  })
}
