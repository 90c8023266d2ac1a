import { createHash } from 'node:crypto'

import { HouseError } from '../../errors.ts'
import type { RemoteUrls } from '../forge-remotes.ts'
import { createReadRemotes, remotesByRepo } from '../forge-remotes.ts'
import type { Git } from '../git.ts'
import { parseRepoName } from '../repo-name.ts'
import type { ScmProject } from '../scm.ts'
import type { GitLabSettings } from './gitlab-settings.ts'
import { readSettings } from './gitlab-settings.ts'

/** Where a project's merge requests are, and how it wants them. */
export interface ProjectPlace {
  readonly settings: GitLabSettings
  /** `group/name` or a number, as declared. */
  readonly name: string
  /** GitLab projects that the checkout has remotes for, and the declared one; lower case. */
  readonly known: ReadonlySet<string>
  /** The remotes' names, by GitLab project in lower case. */
  readonly remotes: ReadonlyMap<string, string>
  /** Tells forges apart that are asked with different settings. */
  readonly forge: string
}

export interface PlaceOptions {
  readonly git: Git
  /** Expands variables and reads secrets. */
  readonly readValue: (value: unknown) => Promise<unknown>
}

export type Locate = (project: ScmProject, signal: AbortSignal) => Promise<ProjectPlace>

/** Finds out where a project's merge requests are. */
export function createLocate({ git, readValue }: PlaceOptions): Locate {
  const readRemotes = createReadRemotes(git)
  const settingsOf = new WeakMap<object, Promise<GitLabSettings>>()
  const read = async (project: ScmProject): Promise<GitLabSettings> => {
    const { plugin: _plugin, token, ...rest } = project.config
    const values = await readValue(rest)
    const config = typeof values === 'object' && values !== null ? values : {}
    return { ...readSettings(project.project, { ...config }), token }
  }
  return async (project, signal) => {
    const known = settingsOf.get(project.config) ?? read(project)
    settingsOf.set(project.config, known)
    const settings = await known.catch((error: unknown) => {
      settingsOf.delete(project.config)
      throw error
    })
    const urls = await readRemotes(project.repository, signal)
    const name = nameOf(project, settings, urls)
    const remotes = remotesByRepo(urls)
    const token = createHash('sha256')
      .update(JSON.stringify(settings.token ?? null))
      .digest('hex')
    return {
      settings,
      name,
      known: new Set([...remotes.keys(), name.toLowerCase()]),
      remotes,
      forge: `gitlab/${new URL(settings.host).host}/${token.slice(0, 8)}`,
    }
  }
}

function nameOf(project: ScmProject, settings: GitLabSettings, remotes: RemoteUrls): string {
  const setting = `Project/${project.project}: spec.scm.repo`
  const given = settings.repo ?? project.repo
  if (given !== undefined && /^\d+$/.test(given)) return given
  const text = given ?? remotes.get('origin')
  const name = text === undefined ? undefined : parseRepoName(text)
  if (name !== undefined) return name
  const why =
    text === undefined
      ? 'is not set, and there is no remote called origin'
      : given === undefined
        ? 'is not set, and the URL of origin names no project of GitLab'
        : `"${given}" names no project such as group/name`
  throw new HouseError('InvalidManifest', `${setting} ${why}`, {
    next: 'ao explain project.spec.scm',
  })
}
