import type { Permissions, PluginChoice } from '../resource/spec.ts'
import type { JsonSchema, Plugin } from './plugin.ts'

/** What an adapter needs to know to start its agent. */
export interface AgentStart {
  /** The plugin choice from the manifest: `plugin` and its settings. */
  readonly config: PluginChoice
  readonly model: string | undefined
  readonly permissions: Permissions
  /** A UUID of ours; the agent's native session id where it lets us choose. */
  readonly sessionId: string
  readonly attempt: number
  /** Absolute path of the workspace. */
  readonly workspace: string
  /** Absolute directory of the manifest; relative commands start here. */
  readonly baseDir: string
  /** The agent's home directory (for agents that keep their own sessions). */
  readonly userHome: string
}

export interface AgentCommand {
  /** See `Launch.argv`: `{{prompt}}` in an argument stands for the prompt's text. `{{promptFile}}` is left for the caller, who knows the file. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** The native session id the agent will use, when known. */
  readonly sessionId?: string
  /** The conversation of the previous attempt goes on: the prompt only says why it was interrupted. */
  readonly resumes: boolean
}

/** What an agent asks of the place it runs in. */
export interface AgentTraits {
  readonly needsTerminal: boolean
  readonly bracketedPaste: boolean
}

/** A coding assistant. */
export interface Agent extends Plugin {
  /** Cannot run without a terminal, so not on every runtime. */
  readonly needsTerminal: boolean
  /** Understands bracketed paste on its input. */
  readonly bracketedPaste: boolean
  /** Says through the spool what it does and which messages it took. Without it activity is `unknown` and messages end at `written`. */
  readonly reports: boolean
  /** For an agent whose settings decide: what stands in place of the two flags above. Callers ask `agentTraits`. */
  traits?(config: PluginChoice): AgentTraits
  /** Its prompt also says how to work here: branch, pull request, where messages come from. Arguments and files of other commands hold the task alone. */
  readonly briefed?: boolean
  /** The executable that must be on PATH, for `ao doctor` and `ao init`; undefined when it comes with us or from the manifest. */
  readonly executable?: string
  /** The command that starts (or resumes) the agent. Reads at most the agent's own session files; starts nothing. */
  command(start: AgentStart): Promise<AgentCommand>
  /** Problems with a configuration that a schema can't see, such as a missing file; empty when fine. `path` is inside the settings. */
  check?(
    config: PluginChoice,
    baseDir: string,
  ): Promise<readonly { readonly path: string; readonly message: string }[]>
}

/** What this agent, with these settings, asks of a runtime. */
export function agentTraits(agent: Agent, config: PluginChoice): AgentTraits {
  return agent.traits?.(config) ?? agent
}

/** A fact an agent (or its hooks) drops into the spool as one JSON file; fenced by uid and attempt. */
export type AgentReport =
  | (ReportBase & {
      readonly type: 'activity'
      readonly activity: 'working' | 'idle' | 'needs-input' | 'needs-permission' | 'rate-limited'
      readonly detail?: string
    })
  /** The launch prompt was taken. */
  | (ReportBase & { readonly type: 'prompt-accepted' })
  /** A later message was taken: `digest` is the hex SHA-256 of its text, trimmed, line ends as \n. */
  | (ReportBase & { readonly type: 'message-accepted'; readonly digest: string })
  /** The agent says its task is done. */
  | (ReportBase & {
      readonly type: 'reported'
      readonly outcome: 'done' | 'failed'
      readonly detail?: string
    })

interface ReportBase {
  readonly uid: string
  readonly attempt: number
  /** RFC 3339. */
  readonly time: string
}

export const AGENT_REPORT_TYPES = [
  'activity',
  'prompt-accepted',
  'message-accepted',
  'reported',
] as const

/** JSON Schema of a spool file's content. */
export const AGENT_REPORT_SCHEMA: JsonSchema = {
  type: 'object',
  required: ['uid', 'attempt', 'time', 'type'],
  properties: {
    uid: { type: 'string' },
    attempt: { type: 'integer', minimum: 1 },
    time: { type: 'string' },
    type: { enum: AGENT_REPORT_TYPES },
    activity: { enum: ['working', 'idle', 'needs-input', 'needs-permission', 'rate-limited'] },
    digest: { type: 'string' },
    outcome: { enum: ['done', 'failed'] },
    detail: { type: 'string' },
  },
}
