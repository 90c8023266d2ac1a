import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'

import { HouseError } from '../../errors.ts'
import type { Git } from '../git.ts'
import { parseRepoName } from '../repo-name.ts'
import type { ScmProject } from '../scm.ts'
import type { GitLabSettings } from './gitlab-settings.ts'
import { readSettings } from './gitlab-settings.ts'

const REMOTES_TIMEOUT_MS = 10_000

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

interface Remotes {
  /** When git's configuration was changed last. */
  readonly stamp: number | undefined
  readonly byName: ReadonlyMap<string, string>
}

/** Finds out where a project's merge requests are. Git is asked for remotes once, and again when its configuration changed. */
export function createLocate({ git, readValue }: PlaceOptions): Locate {
  const remotesOf = new Map<string, Remotes>()
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
    const urls = await readRemotes(git, remotesOf, project.repository, signal)
    const name = nameOf(project, settings, urls)
    const byRepo = [...urls].flatMap(([remote, url]) => {
      const repo = parseRepoName(url)?.toLowerCase()
      return repo === undefined ? [] : [[repo, remote] as const]
    })
    // The first of two remotes for one project counts, and origin before all.
    const ordered = byRepo.toSorted(
      ([, a], [, b]) => Number(b === 'origin') - Number(a === 'origin'),
    )
    const remotes = new Map(ordered.toReversed())
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

function nameOf(
  project: ScmProject,
  settings: GitLabSettings,
  remotes: ReadonlyMap<string, string>,
): string {
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
