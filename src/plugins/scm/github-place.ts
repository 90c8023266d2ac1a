import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'

import { HouseError } from '../../errors.ts'
import type { Git } from '../git.ts'
import { githubHost } from '../github-auth.ts'
import { parseRepoName } from '../repo-name.ts'
import type { ScmProject } from '../scm.ts'
import type { GitHubSettings } from './github-settings.ts'
import { readSettings } from './github-settings.ts'

const REMOTES_TIMEOUT_MS = 10_000

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

interface Remotes {
  /** When git's configuration was changed last. */
  readonly stamp: number | undefined
  readonly byName: ReadonlyMap<string, string>
}

/** Finds out where a project's pull requests are. Git is asked for remotes once, and again when its configuration changed. */
export function createLocate({ git, readValue }: PlaceOptions): Locate {
  const remotesOf = new Map<string, Remotes>()
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
    const remotes = await readRemotes(git, remotesOf, project.repository, signal)
    const name = nameOf(project, settings, remotes)
    const byRepo = [...remotes].flatMap(([remote, url]) => {
      const repo = parseRepoName(url)?.toLowerCase()
      return repo === undefined ? [] : [[repo, remote] as const]
    })
    // The first of two remotes for one repository counts, and origin before all.
    const ordered = byRepo.toSorted(
      ([, a], [, b]) => Number(b === 'origin') - Number(a === 'origin'),
    )
    const unique = new Map(ordered.toReversed())
    const token = createHash('sha256')
      .update(JSON.stringify(settings.token ?? null))
      .digest('hex')
    return {
      settings,
      name,
      known: new Set([...unique.keys(), name.toLowerCase()]),
      remotes: unique,
      forge: `github/${githubHost(settings.apiUrl)}/${token.slice(0, 8)}`,
    }
  }
}

function nameOf(
  project: ScmProject,
  settings: GitHubSettings,
  remotes: ReadonlyMap<string, string>,
): string {
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

async function readRemotes(
  git: Git,
  memory: Map<string, Remotes>,
  repository: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const stamp = await stat(join(repository, '.git', 'config')).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  )
  const known = memory.get(repository)
  if (known !== undefined && known.stamp === stamp) return known.byName
  const { stdout } = await git(repository, ['remote', '-v'], {
    timeoutMs: REMOTES_TIMEOUT_MS,
    signal,
  })
  const byName = new Map<string, string>()
  for (const line of stdout.split('\n')) {
    const [, name, url] = /^(\S+)\t(.*) \(fetch\)/.exec(line) ?? []
    if (name !== undefined && url !== undefined) byName.set(name, url)
  }
  memory.set(repository, { stamp, byName })
  return byName
}
