import { createHash } from 'node:crypto'

import { HouseError } from '../../errors.ts'
import type { RemoteUrls } from '../forge-remotes.ts'
import { createReadRemotes, remotesByRepo } from '../forge-remotes.ts'
import type { Git } from '../git.ts'
import { githubHost } from '../github-auth.ts'
import { parseRepoName } from '../repo-name.ts'
import type { ScmProject } from '../scm.ts'
import type { GitHubSettings } from './github-settings.ts'
import { readSettings } from './github-settings.ts'

/** Where a project's pull requests are, and how it wants them. */
export interface ProjectPlace {
  readonly settings: GitHubSettings
  /** `owner/name`, as declared. */
  readonly name: string
  /** Repositories that the checkout has remotes for, and the declared one; lower case. */
  readonly known: ReadonlySet<string>
  /** The remotes' names, by repository in lower case. */
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

/** Finds out where a project's pull requests are. */
export function createLocate({ git, readValue }: PlaceOptions): Locate {
  const readRemotes = createReadRemotes(git)
  const settingsOf = new WeakMap<object, Promise<GitHubSettings>>()
  const read = async (project: ScmProject): Promise<GitHubSettings> => {
    const { token, ...config } = project.config
    const [repo, apiUrl] = await Promise.all([
      readValue(config['repo']),
      readValue(config['apiUrl']),
    ])
    return { ...readSettings(project.project, { ...config, repo, apiUrl }), token }
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
      forge: `github/${githubHost(settings.apiUrl)}/${token.slice(0, 8)}`,
    }
  }
}

function nameOf(project: ScmProject, settings: GitHubSettings, remotes: RemoteUrls): string {
  const setting = `Project/${project.project}: spec.scm.repo`
  const given = settings.repo ?? project.repo
  const text = given ?? remotes.get('origin')
  const name = text === undefined ? undefined : parseRepoName(text)
  if (name !== undefined && name.split('/').length === 2) return name
  const why =
    text === undefined
      ? 'is not set, and there is no remote called origin'
      : given === undefined
        ? 'is not set, and the URL of origin names no repository of GitHub'
        : `"${given}" names no repository such as owner/name`
  throw new HouseError('InvalidManifest', `${setting} ${why}`, {
    next: 'ao explain project.spec.scm',
  })
}
