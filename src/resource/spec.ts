import type { Kind, SessionKind } from './key.ts'
import type { NotificationPriority } from './notification.ts'

/** A plugin's name and its own settings, as validated by that plugin. */
export interface PluginChoice {
  readonly plugin: string
  readonly [setting: string]: unknown
}

/** Where a value stands in a manifest; `line` and `col` count from 1. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly col: number
}

export type Permissions =
  | 'default'
  | 'plan'
  | 'acceptEdits'
  | 'auto'
  | 'dontAsk'
  | 'bypassPermissions'
export type RestartPolicy = 'Always' | 'OnFailure' | 'Never'
export type DeletionPolicy = 'Archive' | 'Delete' | 'Orphan'
export type DoneWhen = 'merged' | 'reported' | 'exited'
export type OnIssueClosed = 'keep' | 'finish'
export type OnPullRequestClosed = 'keep' | 'finish'
export type RunState = 'Running' | 'Suspended'

/** What every reaction has. */
export interface ReactionPolicy {
  /** Whether it acts by itself; what `false` leaves is said by each reaction. */
  readonly auto: boolean
  /** A template, see `lifecycle/feedback.ts`. */
  readonly message?: string
  /** Of what people are told. */
  readonly priority: NotificationPriority
  /** The Notifiers that hear of it, instead of all that take the priority. */
  readonly notifiers?: readonly string[]
}

export interface FeedbackPolicy extends ReactionPolicy {
  readonly retries: number
  /** A count of tries, or a duration. */
  readonly escalateAfter?: number | string
}

export type BotPolicy = 'forward' | 'batch' | 'ignore'

export interface BotFeedbackPolicy extends FeedbackPolicy {
  /** By login; `*` stands for every other. */
  readonly bots: Readonly<Record<string, BotPolicy>>
}

export interface IdlePolicy extends FeedbackPolicy {
  readonly threshold: string
}

export interface MergePolicy extends ReactionPolicy {
  readonly require: 'approval' | 'label' | 'none'
  /** The label that allows it, with `require: label`. */
  readonly label: string
  readonly settle: string
  /** How long checks and the forge may take to get on before a person is called; absent in what was accepted without it. */
  readonly escalateAfter?: string
}

export interface RestartReactionPolicy extends ReactionPolicy {
  readonly retries: number
}

/** A person is told after something has lasted so long. */
export interface ThresholdPolicy extends ReactionPolicy {
  readonly threshold: string
}

/** The effective reactions of a session: built-in defaults, then the project's, then its own, field by field. */
export interface ReactionPolicies {
  readonly 'ci-failed': FeedbackPolicy
  readonly 'changes-requested': FeedbackPolicy
  readonly 'bugbot-comments': BotFeedbackPolicy
  readonly 'merge-conflicts': FeedbackPolicy
  readonly 'approved-and-green': MergePolicy
  readonly 'pr-closed': ReactionPolicy
  readonly 'agent-exited': RestartReactionPolicy
  readonly 'agent-idle': IdlePolicy
  readonly 'agent-stuck': ThresholdPolicy
  readonly 'agent-needs-input': ThresholdPolicy
  readonly 'report-no-acknowledge': ThresholdPolicy
  readonly 'report-stale': ThresholdPolicy
  readonly 'all-complete': ReactionPolicy
}

export type ReactionName = keyof ReactionPolicies

/** A Project with every default filled in. `path` is absolute and unexpanded text is already gone from it. */
export interface ProjectSpec {
  /** Absolute path of the main checkout, with `${NAME}` and `~` still unexpanded. */
  readonly path: string
  readonly repo?: string
  /** Undefined until detected at admission. */
  readonly defaultBranch?: string
  readonly sessionPrefix: string
  readonly notifiers?: readonly string[]
  readonly scm: PluginChoice
  readonly tracker?: PluginChoice
  readonly workspace: {
    readonly symlinks: readonly string[]
    readonly postCreate: readonly string[]
    readonly postCreateTimeout: string
    readonly freshBase: boolean
    readonly fetchTimeout: string
  }
  readonly limits: { readonly maxActive?: number }
  /** How long the agent of a worker that is over may go on while it is active; `5m` in what was accepted without it. */
  readonly cleanup?: { readonly grace: string }
  readonly interval: string
  /** What its sessions inherit, also those that other sources declare. */
  readonly sessionDefaults?: SessionDefaults
}

/** A project's answers for sessions that give none of their own; unlike in the manifest, in one place. */
export interface SessionDefaults {
  readonly agent?: PluginChoice
  /** Where relative commands of `agent` start. */
  readonly agentDir?: string
  readonly runtime?: PluginChoice
  readonly workspace?: PluginChoice
  readonly permissions?: Permissions
  readonly onIssueClosed?: OnIssueClosed
  readonly onPullRequestClosed?: OnPullRequestClosed
  /** `rules` and the text of `rulesFile`. */
  readonly rules: readonly string[]
  readonly orchestratorRules?: string
  readonly env: Readonly<Record<string, string>>
  readonly reactions: { readonly [R in ReactionName]?: Partial<ReactionPolicies[R]> }
}

/** A Worker or Orchestrator with its project's defaults filled in. */
export interface SessionSpec {
  readonly project: string
  /** Worker: the task. Orchestrator: what it is asked besides coordinating. */
  readonly prompt?: string
  readonly issue?: string
  /** Absent for an orchestrator, which works on no branch. */
  readonly branch?: string
  readonly agent: PluginChoice
  readonly model?: string
  readonly permissions: Permissions
  readonly runtime: PluginChoice
  readonly workspace: PluginChoice
  /** Project rules, rulesFile's text, orchestratorRules and own rules, in that order. */
  readonly rules: readonly string[]
  /** Values unexpanded. */
  readonly env: Readonly<Record<string, string>>
  readonly dependsOn: readonly string[]
  readonly priority: number
  readonly state: RunState
  readonly restartPolicy: RestartPolicy
  readonly doneWhen: DoneWhen
  /** `keep` unless said otherwise. */
  readonly onIssueClosed?: OnIssueClosed
  /** `finish` unless said otherwise. */
  readonly onPullRequestClosed?: OnPullRequestClosed
  readonly deletionPolicy: DeletionPolicy
  readonly reactions: ReactionPolicies
}

export interface NotifierSpec {
  readonly plugin: string
  readonly config: Readonly<Record<string, unknown>>
  readonly routes: readonly NotificationPriority[]
}

interface ResolvedBase {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Where the document starts. */
  readonly origin: Position
  /** Dotted path of a field that the manifest names (`spec.agent`) to where its value stands; inherited values point at the project's. */
  readonly fields: Readonly<Record<string, Position>>
  /** The fields the object's own document names, such as `spec.state`. */
  readonly own: readonly string[]
  /** Absolute directory of the manifest, for a session of the one that names its agent: relative commands and paths start here. */
  readonly baseDir: string
}

/** A manifest's object, validated, with every default filled in. This is what the rest of the program works with. */
export type Resolved =
  | (ResolvedBase & { readonly kind: 'Project'; readonly spec: ProjectSpec })
  | (ResolvedBase & { readonly kind: SessionKind; readonly spec: SessionSpec })
  | (ResolvedBase & { readonly kind: 'Notifier'; readonly spec: NotifierSpec })

export type ResolvedSession = Extract<Resolved, { kind: SessionKind }>
export type ResolvedProject = Extract<Resolved, { kind: 'Project' }>
export type ResolvedNotifier = Extract<Resolved, { kind: 'Notifier' }>

/** What a finalizer covers; all are set at admission, before the first effect. */
export type Finalizer = 'agent' | 'runtime' | 'workspace' | 'branch'

export interface RefusedField {
  /** Such as `spec.prompt`. */
  readonly path: string
  /** Where the other value stands. */
  readonly position?: Position
}

/** What `desired/` holds of an object: its last accepted spec and who it is. */
export type Desired<R extends Resolved = Resolved> = R & {
  readonly uid: string
  /** Grows by one whenever what is wanted changes: the spec, what a command says over it, or that it is to go. */
  readonly generation: number
  readonly source: string
  readonly creationTimestamp: string
  readonly finalizers: readonly Finalizer[]
  readonly deletionTimestamp?: string
  /** Set when deletion was asked with --force: blocked branches go too (after preserving). */
  readonly deletionForced?: boolean
  /** What commands said over the manifest's head, owned by `cli`. */
  readonly overrides: {
    readonly state?: RunState
    /** The pull request that somebody claimed for the session; it decides when several could be meant. */
    readonly pullRequest?: number
  }
  /** The last `ao restart`, RFC 3339. */
  readonly restartRequestedAt?: string
  /** Fixed fields that its source wants otherwise, which was refused: nothing of that is accepted. Absent when there are none. */
  readonly refused?: readonly RefusedField[]
  /** What takes this object's place, with a uid of its own, once it is gone. */
  readonly replacement?: Resolved
}

export type DesiredSession = Desired<ResolvedSession>
export type DesiredProject = Desired<ResolvedProject>
export type DesiredNotifier = Desired<ResolvedNotifier>

export function isSession(object: Desired): object is DesiredSession {
  return object.kind === 'Worker' || object.kind === 'Orchestrator'
}

/** The finalizers a new object of this kind starts with. */
export function finalizersOf(kind: Kind): readonly Finalizer[] {
  switch (kind) {
    case 'Worker':
      return ['agent', 'runtime', 'workspace', 'branch']
    case 'Orchestrator':
      return ['agent', 'runtime', 'workspace']
    case 'Project':
    case 'Notifier':
      return []
  }
}
