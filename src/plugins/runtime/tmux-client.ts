import { HouseError } from '../../errors.ts'
import { run } from '../exec.ts'

/** After this long tmux is taken to hang; the client is killed. */
const ANSWER_MS = 5000

export interface TmuxPlace {
  /** Absolute path of the server's socket. */
  readonly socket: string
  /** Our own configuration; written before a server is started. */
  readonly configFile: string
  /** Where the running server's pid, boot id and start time are written down. */
  readonly serverFile: string
  /** Where attempts have their directories, as `<uid>/<attempt>`; messages too long to be typed go there. */
  readonly runs: string
  /** The complete environment of every client and, through the first, of the server. */
  readonly env: Readonly<Record<string, string>>
  readonly tmuxPath?: string
}

export type TmuxAnswer =
  | { readonly state: 'ok'; readonly stdout: string }
  /** Nobody listens on the socket, or there is none. Says nothing about whether a server lives. */
  | { readonly state: 'no-server'; readonly stderr: string }
  /** A command failed; those before it in the list were carried out, those after it were not. */
  | { readonly state: 'failed'; readonly stdout: string; readonly stderr: string }

/**
 * One tmux client, one list of commands separated by `;` elements. Throws `EnvironmentMissing`, `Timeout`, `Interrupted` or `Unreachable` when
 * it got no answer; a command that a server refused is an answer.
 */
export async function callTmux(
  place: TmuxPlace,
  args: readonly string[],
  options: { readonly input?: string; readonly signal?: AbortSignal } = {},
): Promise<TmuxAnswer> {
  // -u, because a client that takes its terminal for ASCII would put _ for every other character, and says so of none.
  const base = ['-u', '-S', place.socket, '-f', place.configFile]
  const result = await run(place.tmuxPath ?? 'tmux', [...base, ...args], {
    env: place.env,
    timeoutMs: ANSWER_MS,
    ...options,
  })
  const { stdout } = result
  const stderr = result.stderr.trim()
  if (result.exitCode === 0) return { state: 'ok', stdout }
  if (/^no server running on |^error connecting to .*\(No such file/m.test(stderr)) {
    return { state: 'no-server', stderr }
  }
  if (/^error (connecting to|creating) |lost server|server exited/m.test(stderr)) {
    throw new HouseError('Unreachable', `tmux cannot be asked: ${stderr}`, { retryable: true })
  }
  return { state: 'failed', stdout, stderr }
}

/** Joins commands into one list; an argument that ends in `;` would be taken for the end of its command. */
export function commandList(commands: readonly (readonly string[])[]): readonly string[] {
  return commands.flatMap((command, at) => {
    const args = command.map(arg => arg.replace(/;$/, '\\;'))
    return at === 0 ? args : [';', ...args]
  })
}

/** Names a session exactly: a bare name would also match those that only begin with it. */
export function exactly(name: string): string {
  return `=${name}:`
}
