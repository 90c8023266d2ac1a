import { HouseError } from '../../errors.ts'
import { run } from '../exec.ts'
import type { ForgePace } from '../forge-pace.ts'
import type { Git } from '../git.ts'
import { githubApiUrl, githubHost, githubToken } from '../github-auth.ts'
import type { Service } from '../http-failure.ts'
import { repoName } from '../repo-name.ts'
import type { TrackerProject } from '../tracker.ts'
import { timeoutOf } from '../tracker-settings.ts'
import type { GithubApi, GithubCall } from './github-client.ts'
import { askGithub, createGithubApi } from './github-client.ts'

/** What a login or an origin says is asked again after this time. */
const KEPT_MS = 10 * 60_000

export interface GithubTrackerOptions {
  readonly git: Git
  /** Ao's own environment: `GITHUB_TOKEN`, and where `gh` keeps its login. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => Date
  /** That of all processes together, by host. */
  readonly pace?: (host: string) => ForgePace
}

/** A repository's issues, asked with what is known of how. */
export interface GithubPlace {
  /** Which repository, asked where and as whom: what was read through it is kept under this. */
  readonly key: string
  readonly api: GithubApi
  readonly service: Service
  readonly owner: string
  readonly repo: string
  readonly call: GithubCall
  readonly ask: <T>(
    allow: readonly number[],
    request: (how: { readonly signal: AbortSignal }) => Promise<T>,
  ) => Promise<T | undefined>
}

interface Kept<T> {
  readonly value: Promise<T>
  readonly until: number
}

/** Knows the token and the name of every project's repository; neither is asked for each time, for both may start a process. */
export class Places {
  readonly #options: GithubTrackerOptions
  readonly #tokens = new Map<string, Kept<string>>()
  readonly #names = new Map<string, Kept<string>>()

  constructor(options: GithubTrackerOptions) {
    this.#options = options
  }

  async of(about: TrackerProject, signal: AbortSignal): Promise<GithubPlace> {
    const { config, project } = about
    const { git, env, now } = this.#options
    const base = githubApiUrl(config)
    const setting = `Project/${project}: spec.tracker`
    const tokenKey = JSON.stringify([base, config['token'] ?? ''])
    const token = await this.#keep(this.#tokens, tokenKey, async () =>
      githubToken({ config, env, run, setting: `${setting}.token`, signal }),
    )
    const given = [config['repo'], about.repo]
    const name = await this.#keep(
      this.#names,
      JSON.stringify([given, about.repository]),
      async () =>
        repoName({
          given,
          repository: about.repository,
          git,
          setting: `${setting}.repo`,
          signal,
        }),
    )
    const [owner = '', repo = '', more] = name.split('/')
    if (more !== undefined) {
      throw new HouseError('InvalidManifest', `${setting}.repo: "${name}" is not owner/name`, {
        next: 'ao explain project.spec.tracker',
      })
    }
    const host = githubHost(base)
    const service: Service = {
      what: `Project/${project}: ${host}`,
      setting:
        config['token'] === undefined ? 'the token of GITHUB_TOKEN or gh' : 'spec.tracker.token',
      next: host === 'github.com' ? 'gh auth status' : `gh auth status --hostname ${host}`,
    }
    const call: GithubCall = {
      signal,
      timeoutMs: timeoutOf(config),
      now: now(),
    }
    const pace = this.#options.pace?.(host)
    return {
      key: JSON.stringify([base, name, config['token'] ?? '']),
      api: await createGithubApi(base, token, pace),
      service,
      owner,
      repo,
      call,
      ask: async (allow, request) => {
        try {
          if (pace === undefined) return await askGithub(service, call, allow, request)
          return await pace.heed(async () => askGithub(service, call, allow, request))
        } catch (error) {
          // A login may be renewed meanwhile.
          if (error instanceof HouseError && error.code === 'Refused') this.#tokens.delete(tokenKey)
          throw error
        }
      },
    }
  }

  async #keep(
    kept: Map<string, Kept<string>>,
    key: string,
    ask: () => Promise<string>,
  ): Promise<string> {
    const at = this.#options.now().getTime()
    const known = kept.get(key)
    if (known !== undefined && known.until > at) return known.value
    const value = ask()
    kept.set(key, { value, until: at + KEPT_MS })
    try {
      return await value
    } catch (error) {
      kept.delete(key)
      throw error
    }
  }
}
