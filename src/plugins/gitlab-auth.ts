import { HouseError } from '../errors.ts'
import type { run } from './exec.ts'

const GLAB_TIMEOUT_MS = 10_000
/** What `glab` needs to find its own login, and nothing else of the environment. */
const GLAB_VARIABLES = ['PATH', 'HOME', 'GLAB_CONFIG_DIR', 'XDG_CONFIG_HOME']

export interface GitlabTokenInput {
  /** The setting `token`, read. */
  readonly token: unknown
  /** Such as `https://gitlab.com`. */
  readonly host: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly run: typeof run
  /** The setting that holds the token, for people: `Project/shop: spec.scm.token`. */
  readonly setting: string
  readonly signal?: AbortSignal | undefined
}

/**
 * The token to ask GitLab with: the setting, then `GITLAB_TOKEN`, then what `glab` is logged in with. Throws `EnvironmentMissing` naming the setting when
 * there is none. It starts a process at most, so whoever asks often keeps the answer.
 */
export async function gitlabToken(input: GitlabTokenInput): Promise<string> {
  const { env, host, setting } = input
  const given = [input.token, env['GITLAB_TOKEN']].find(
    (token): token is string => typeof token === 'string' && token !== '',
  )
  const name = new URL(host).host
  const token = given ?? (await askGlab(input, name))
  if (token !== undefined) return token
  throw new HouseError(
    'EnvironmentMissing',
    `${setting} is not set, neither is GITLAB_TOKEN, and glab has no login for ${name}`,
    { next: name === 'gitlab.com' ? 'glab auth login' : `glab auth login --hostname ${name}` },
  )
}

/** Undefined where glab is not installed, or knows no login. */
async function askGlab(
  { env, run: start, signal }: GitlabTokenInput,
  name: string,
): Promise<string | undefined> {
  const own = GLAB_VARIABLES.flatMap(variable => {
    const value = env[variable]
    return value === undefined ? [] : [[variable, value] as const]
  })
  try {
    const { exitCode, stdout } = await start('glab', ['config', 'get', 'token', '--host', name], {
      env: Object.fromEntries(own),
      timeoutMs: GLAB_TIMEOUT_MS,
      signal,
    })
    const token = stdout.trim()
    return exitCode === 0 && token !== '' ? token : undefined
  } catch (error) {
    if (error instanceof HouseError && error.code === 'EnvironmentMissing') return undefined
    throw error
  }
}
