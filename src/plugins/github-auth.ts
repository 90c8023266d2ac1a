import { HouseError } from '../errors.ts'
import type { run } from './exec.ts'

const GH_TIMEOUT_MS = 10_000
/** What `gh` needs to find its own login, and nothing else of the environment. */
const GH_VARIABLES = [
  'PATH',
  'HOME',
  'GH_CONFIG_DIR',
  'XDG_CONFIG_HOME',
  'DBUS_SESSION_BUS_ADDRESS',
]

export interface GithubTokenInput {
  /** The plugin's settings, read: `token` and `apiUrl` count. */
  readonly config: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly run: typeof run
  /** The setting that holds the token, for people: `Project/shop: spec.tracker.token`. */
  readonly setting: string
  readonly signal?: AbortSignal | undefined
}

export const GITHUB_API = 'https://api.github.com'

/** Where GitHub is asked: the setting `apiUrl`, without a slash at its end. */
export function githubApiUrl(config: Readonly<Record<string, unknown>>): string {
  const { apiUrl } = config
  return typeof apiUrl === 'string' && apiUrl !== '' ? apiUrl.replace(/\/+$/, '') : GITHUB_API
}

/** The host that people know an API by: `github.com`, or that of a GitHub Enterprise Server. */
export function githubHost(apiUrl: string): string {
  if (!URL.canParse(apiUrl)) return apiUrl
  const { host } = new URL(apiUrl)
  return host === 'api.github.com' ? 'github.com' : host
}

/**
 * The token to ask GitHub with: the setting, then `GITHUB_TOKEN` or `GH_TOKEN`, then what `gh auth token` says. Throws `EnvironmentMissing` naming
 * the setting when there is none. It starts a process at most, so whoever asks often keeps the answer.
 */
export async function githubToken(input: GithubTokenInput): Promise<string> {
  const { config, env, setting } = input
  const host = githubHost(githubApiUrl(config))
  const given = [config['token'], env['GITHUB_TOKEN'], env['GH_TOKEN']].find(
    (token): token is string => typeof token === 'string' && token !== '',
  )
  const token = given ?? (await askGh(input, host))
  if (token !== undefined) return token
  throw new HouseError(
    'EnvironmentMissing',
    `${setting} is not set, neither is GITHUB_TOKEN, and gh has no login for ${host}`,
    { next: host === 'github.com' ? 'gh auth login' : `gh auth login --hostname ${host}` },
  )
}

/** Undefined where gh is not installed, or knows no login. */
async function askGh(
  { env, run: start, signal }: GithubTokenInput,
  host: string,
): Promise<string | undefined> {
  const own = GH_VARIABLES.flatMap(name => {
    const value = env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  try {
    const { exitCode, stdout } = await start('gh', ['auth', 'token', '--hostname', host], {
      env: Object.fromEntries(own),
      timeoutMs: GH_TIMEOUT_MS,
      signal,
    })
    const token = stdout.trim()
    return exitCode === 0 && token !== '' ? token : undefined
  } catch (error) {
    if (error instanceof HouseError && error.code === 'EnvironmentMissing') return undefined
    throw error
  }
}
