/** Variables that every session and job may see; everything else of the starter's environment stays outside. */
const ALLOWED = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TERM',
  'COLORTERM',
  'TMPDIR',
  'XDG_RUNTIME_DIR',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  'XDG_CACHE_HOME',
  'XDG_STATE_HOME',
] as const

/** What git may see besides, for it talks to the person's remotes with the person's keys. */
const ALLOWED_FOR_GIT = [
  'SSH_AUTH_SOCK',
  'SSH_AGENT_PID',
  'GIT_SSH_COMMAND',
  'GIT_ASKPASS',
  'SSH_ASKPASS',
] as const

type Environment = Readonly<Record<string, string | undefined>>

/** The environment that sessions and jobs start from: emptied, then what is safe and needed. */
export function baseEnvironment(env: Environment): Readonly<Record<string, string>> {
  const locale = Object.keys(env).filter(name => name.startsWith('LC_'))
  return { TERM: 'xterm-256color', ...pick(env, [...ALLOWED, ...locale]) }
}

export function gitEnvironment(env: Environment): Readonly<Record<string, string>> {
  return { ...baseEnvironment(env), ...pick(env, ALLOWED_FOR_GIT) }
}

function pick(env: Environment, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap(name => {
      const value = env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
