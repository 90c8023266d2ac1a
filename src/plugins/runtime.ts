import type { Plugin } from './plugin.ts'

/** What one attempt of a session is started with. Values of `env` are complete: nothing is inherited. */
export interface Launch {
  /** Session name, also the tmux session's name. */
  readonly session: string
  readonly uid: string
  readonly attempt: number
  /** Absolute; the workspace. */
  readonly cwd: string
  /**
   * The command, as an argument array. In every argument `{{prompt}}` stands for the text of `promptFile` and is put in
   * at exec time, inside the session, so that no command line between us and the agent has to carry it.
   */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly promptFile: string
  /** Everything the terminal shows is appended here. */
  readonly logFile: string
  /** Absolute directory of this attempt, existing and private (0700); the runtime may keep its own files in it. */
  readonly runDir: string
}

/** A session as a runtime finds it. */
export interface RuntimeSession {
  readonly session: string
  /** Undefined when what is there carries no identity of ours: then it is not ours to touch. */
  readonly uid: string | undefined
  readonly attempt: number | undefined
  /** How the runtime itself names it, such as a pane id; opaque to others. */
  readonly handle: string
  /** Process id of the agent (or of its shim); undefined when it never came up. */
  readonly pid: number | undefined
  readonly state: 'alive' | 'exited'
  /** Of an exited one, as far as known; a process killed by a signal has `signal` and no `exitCode`. */
  readonly exitCode?: number
  readonly signal?: number
  /** Milliseconds since the epoch. */
  readonly exitedAt?: number
  /** A person is looking at it and typed within the last seconds. */
  readonly personTyping: boolean
}

/** Everything a runtime holds for one home, from a single look. */
export interface RuntimeListing {
  readonly sessions: readonly RuntimeSession[]
  /** True when the thing that holds sessions (a tmux server) is not there at all, which is judged apart from single deaths. */
  readonly serverGone: boolean
}

/** A way a session's process can live on after us. */
export interface Runtime extends Plugin {
  /** Whether an agent gets a terminal of its own. */
  readonly terminal: boolean
  /**
   * One look at everything; never one process per session. Resolves to `found`, or `unknown` with the reason when it could
   * not look (binary missing, permission denied, no answer within 5 s). A server that is not running is `found` with no
   * sessions and `serverGone`. May be called at any time, also beside other calls.
   */
  list(
    signal: AbortSignal,
  ): Promise<
    | { readonly state: 'found'; readonly value: RuntimeListing }
    | { readonly state: 'unknown'; readonly reason: string }
  >
  /**
   * Starts one attempt, detached: it survives us. A compare-and-swap on the session's name: when a session of that name is
   * there, throws `Conflict`; of two concurrent calls exactly one wins. Resolves to the handle once the process exists.
   */
  start(launch: Launch, signal: AbortSignal): Promise<{ readonly handle: string }>
  /**
   * Ends the session's processes (SIGTERM or hang-up, after `graceMs` SIGKILL, the whole process group) and forgets it,
   * remains of an exited one included. Touches it only while it still carries `uid`; resolves also when it is already gone.
   */
  stop(
    session: { readonly session: string; readonly uid: string; readonly handle: string },
    options: { readonly graceMs: number },
    signal: AbortSignal,
  ): Promise<void>
  /**
   * Types one message and submits it. `bracketed`: the agent understands bracketed paste. Throws `NotFound` when the session is not there;
   * a failure after the first byte throws `Ambiguous`, and any other HouseError says that nothing was written.
   */
  send(
    session: { readonly session: string; readonly uid: string; readonly handle: string },
    message: { readonly text: string; readonly bracketed: boolean },
    signal: AbortSignal,
  ): Promise<void>
  /** The command that opens the session's terminal for a person, as an argument array; undefined where there is none. */
  attachCommand(session: {
    readonly session: string
    readonly handle: string
  }): readonly string[] | undefined
}
