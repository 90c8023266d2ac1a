import { createHash } from 'node:crypto'

import { HouseError } from '../errors.ts'
import type { RemoteUrls } from './forge-remotes.ts'
import { createReadRemotes, remotesByRepo } from './forge-remotes.ts'
import type { ForgeSettings } from './forge-settings.ts'
import type { Git } from './git.ts'
import type { ScmProject } from './scm.ts'

/** Where a project's pull requests are, and how it wants them. */
export interface ForgePlace<Settings> {
  readonly settings: Settings
  /** As declared. */
  readonly name: string
  /** Repositories of the forge that the checkout has remotes for, and the declared one; lower case. */
  readonly known: ReadonlySet<string>
  /** The remotes' names, by repository in lower case. */
  readonly remotes: ReadonlyMap<string, string>
  /** Tells forges apart that are asked with different settings. */
  readonly forge: string
}

export type ForgeLocate<Settings> = (
  project: ScmProject,
  signal: AbortSignal,
) => Promise<ForgePlace<Settings>>

export interface ForgeLocating<Settings> {
  readonly git: Git
  readonly readSettings: (project: ScmProject) => Promise<Settings>
  /** The repository that a text names; undefined when it names none of this forge. */
  readonly parseName: (text: string) => string | undefined
  /** What a repository of this forge is called, and how its name looks, for people. */
  readonly words: { readonly repository: string; readonly example: string }
  /** The forge and its address. */
  readonly hostOf: (settings: Settings) => string
}

/** Finds out where a project's pull requests are. Settings are read once, remotes when git's configuration changed. */
export function createForgeLocate<Settings extends ForgeSettings>(
  locating: ForgeLocating<Settings>,
): ForgeLocate<Settings> {
  const readRemotes = createReadRemotes(locating.git)
  const settingsOf = new WeakMap<object, Promise<Settings>>()
  return async (project, signal) => {
    const known = settingsOf.get(project.config) ?? locating.readSettings(project)
    settingsOf.set(project.config, known)
    const settings = await known.catch((error: unknown) => {
      settingsOf.delete(project.config)
      throw error
    })
    const urls = await readRemotes(project.repository, signal)
    const name = nameOf(locating, project, { settings, remotes: urls })
    const remotes = remotesByRepo(urls)
    const token = createHash('sha256')
      .update(JSON.stringify(settings.token ?? null))
      .digest('hex')
    return {
      settings,
      name,
      known: new Set([...remotes.keys(), name.toLowerCase()]),
      remotes,
      forge: `${locating.hostOf(settings)}/${token.slice(0, 8)}`,
    }
  }
}

/** Where the checkout's branches are pushed to: the repository itself, as it is `called` now, else that of origin, a fork. */
export function pushedRepo(
  { name, remotes }: Pick<ForgePlace<unknown>, 'name' | 'remotes'>,
  called: string,
): string {
  if (remotes.has(called.toLowerCase()) || remotes.has(name.toLowerCase())) return called
  const [fork] = [...remotes].find(([, remote]) => remote === 'origin') ?? []
  return fork ?? called
}

function nameOf<Settings extends ForgeSettings>(
  { parseName, words }: ForgeLocating<Settings>,
  project: ScmProject,
  { settings, remotes }: { readonly settings: Settings; readonly remotes: RemoteUrls },
): string {
  const given = settings.repo ?? project.repo
  const text = given ?? remotes.get('origin')
  const name = text === undefined ? undefined : parseName(text)
  if (name !== undefined) return name
  const why =
    text === undefined
      ? 'is not set, and there is no remote called origin'
      : given === undefined
        ? `is not set, and the URL of origin names no ${words.repository}`
        : `"${given}" names no ${words.example}`
  throw new HouseError('InvalidManifest', `Project/${project.project}: spec.scm.repo ${why}`, {
    next: 'ao explain project.spec.scm',
  })
}
