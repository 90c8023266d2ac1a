// Made from schemas/ by `npm run generate`. Do not edit.

export type Manifest = Notifier | Project | Orchestrator | Worker

/**
 * A channel to people, and what it gets.
 */
export interface Notifier {
  /**
   * The version of this schema.
   */
  apiVersion: 'ao.dev/v1alpha1'
  kind: 'Notifier'
  /**
   * Who the object is.
   */
  metadata: Metadata
  spec: NotifierSpec
}
/**
 * The channel and its settings.
 */
export interface NotifierSpec {
  /**
   * The channel's kind: `desktop`, `slack`, `discord`, `webhook` (also for PagerDuty) or `email`.
   */
  plugin: string
  /**
   * The channel's own settings, validated by its plugin. `${NAME}` takes a value from ao's own environment when something is sent; `{valueFrom: {env: NAME}}` (or `file`, `command`) stands for a secret; neither is ever stored. Templates such as `{{title}}` are checked with the manifest.
   */
  config?: {
    [k: string]: unknown
  }
  /**
   * The priorities this channel gets. A reaction that names its notifiers reaches them whatever their routes.
   */
  routes?: NotificationPriority[]
}

/**
 * A repository and the defaults of the sessions that work on it.
 */
export interface Project {
  /**
   * The version of this schema.
   */
  apiVersion: 'ao.dev/v1alpha1'
  kind: 'Project'
  /**
   * Who the object is.
   */
  metadata: Metadata
  spec: ProjectSpec
}
/**
 * What the project is and what its sessions inherit.
 */
export interface ProjectSpec {
  /**
   * Where the repository's main checkout is: absolute, `~/…`, or relative to the manifest. Default: the repository that holds the manifest.
   */
  path?: string
  /**
   * Where the repository can be cloned from: `owner/name` on GitHub, or any URL git understands. Named in the message when `path` holds no repository.
   */
  repo?: string
  /**
   * The branch that workers start from and pull requests merge into. Default: what origin's HEAD points at, else the branch checked out when the project is first applied.
   */
  defaultBranch?: string
  /**
   * What the names of this project's sessions start with; its orchestrator is `<sessionPrefix>-orchestrator`. Default: the project's name.
   */
  sessionPrefix?: string
  defaults?: SessionDefaults
  /**
   * Where pull requests live: a plugin's name, or an object with `plugin` and that plugin's own settings.
   */
  scm?: PluginRef
  /**
   * Where issues live: a plugin's name, or an object with `plugin` and that plugin's own settings.
   */
  tracker?: PluginRef
  workspace?: WorkspaceSetup
  /**
   * Instructions put into the prompt of every session of this project.
   */
  rules?: string
  /**
   * A file whose text is put into the prompt of every session, after `rules`. Relative to the manifest; must stay inside the repository.
   */
  rulesFile?: string
  /**
   * Instructions put into the orchestrator's prompt only.
   */
  orchestratorRules?: string
  /**
   * Environment of the agent, besides the safe basics. `${NAME}` takes a value from ao's own environment when the agent starts; it is never stored.
   */
  env?: Env
  /**
   * What the agent may do without asking.
   */
  permissions?: Permissions
  /**
   * What happens on lifecycle events. Merged field by field: built-in defaults, then the project's, then the session's.
   */
  reactions?: Reactions
  limits?: Limits
  cleanup?: Cleanup
  /**
   * How often everything is looked at again even when nothing seems to have happened.
   */
  interval?: Duration
}
/**
 * What a session of this project uses when it names nothing itself.
 */
export interface SessionDefaults {
  /**
   * How the session's process lives: `tmux` or `process`. Default: tmux where it is installed.
   */
  runtime?: PluginRef
  /**
   * The coding assistant: a plugin's name, or an object with `plugin` and that plugin's own settings.
   */
  agent?: PluginRef
  /**
   * What kind of checkout the session gets.
   */
  workspace?: PluginRef
  /**
   * What happens to a worker whose issue is closed while it runs. `keep`: it goes on, and a condition says so. `finish`: it ends as after a merge: its agent is stopped, its work saved, its workspace removed.
   */
  onIssueClosed?: 'keep' | 'finish'
  /**
   * What happens to a worker with `doneWhen: merged` whose pull request is closed unmerged. `finish`: when it has stayed closed for the project's `cleanup.grace`, its agent is stopped, its work saved, its workspace removed; opened again, the worker goes on from its branch. `keep`: everything stays until a person deletes it. Either way it is not done, and whatever depends on it waits.
   */
  onPullRequestClosed?: 'finish' | 'keep'
  /**
   * The names of the Notifiers that hear of this project. Default: every Notifier.
   *
   * Items: Lower-case letters, digits and `-`; starts and ends with a letter or digit; at most 48 characters.
   */
  notifiers?: Name[]
}
/**
 * How a fresh workspace is made ready for an agent.
 */
export interface WorkspaceSetup {
  /**
   * Paths in the main checkout that every workspace gets a symbolic link to, such as `.env`. Relative; must stay inside the repository.
   */
  symlinks?: string[]
  /**
   * Shell commands run in a fresh workspace, in order, before the agent starts. They may run again after a crash, so make them repeatable.
   */
  postCreate?: string[]
  /**
   * How long all `postCreate` commands together may take.
   */
  postCreateTimeout?: Duration
  /**
   * Fetch the default branch from origin before a worker's branch is made. `false` starts from what was fetched last.
   */
  freshBase?: boolean
  /**
   * How long a fetch may take before the worker waits and tries again.
   */
  fetchTimeout?: Duration
}
/**
 * Bounds on what runs at once.
 */
export interface Limits {
  /**
   * How many workers of this project may run at once; the others wait, by priority.
   */
  maxActive?: number
}
/**
 * How workers that are over are cleaned up: their pull request is merged, or their issue closed. Their work is preserved.
 */
export interface Cleanup {
  /**
   * How long what may still be needed stays: the agent of a worker that is over, unless it is known to rest (then it is ended at once), or while a person types to it, and all of a worker whose pull request was closed unmerged, which may have been a mistake.
   */
  grace?: Duration
}

/**
 * A project's one canonical coordinator. Its name is always `<sessionPrefix>-orchestrator`.
 */
export interface Orchestrator {
  /**
   * The version of this schema.
   */
  apiVersion: 'ao.dev/v1alpha1'
  kind: 'Orchestrator'
  /**
   * Who the object is.
   */
  metadata: Metadata
  spec: OrchestratorSpec
}
/**
 * How the coordinator runs. It works in a checkout of its own, on no branch, and never owns a pull request.
 */
export interface OrchestratorSpec {
  /**
   * The name of the Project this session belongs to.
   */
  project: Name
  /**
   * What the orchestrator is asked to do, besides coordinating. Handed over at launch, once per attempt.
   */
  prompt?: string
  /**
   * The coding assistant: a plugin's name, or an object with `plugin` and that plugin's own settings.
   */
  agent?: PluginRef
  /**
   * The model the agent is told to use, in its own words.
   */
  model?: string
  /**
   * What the agent may do without asking.
   */
  permissions?: Permissions
  /**
   * How the session's process lives: `tmux` or `process`. Default: tmux where it is installed.
   */
  runtime?: PluginRef
  /**
   * Instructions put into this orchestrator's prompt, after the project's.
   */
  rules?: string
  /**
   * Environment of the agent, besides the safe basics. `${NAME}` takes a value from ao's own environment when the agent starts; it is never stored.
   */
  env?: Env
  /**
   * `Suspended` stops the agent and keeps everything else.
   */
  state?: 'Running' | 'Suspended'
  /**
   * When an agent that exited is started again: `Always`, only after a failure (`OnFailure`), or `Never`.
   */
  restartPolicy?: RestartPolicy
  /**
   * What deleting leaves: `Archive` saves unmerged work to `refs/ao/preserved/` and keeps an unmerged branch, `Delete` removes the branch too, `Orphan` lets go of everything as it is.
   */
  deletionPolicy?: DeletionPolicy
  /**
   * What happens on lifecycle events. Merged field by field: built-in defaults, then the project's, then the session's.
   */
  reactions?: Reactions
}

/**
 * One agent on one task, on a branch and in a workspace of its own.
 */
export interface Worker {
  /**
   * The version of this schema.
   */
  apiVersion: 'ao.dev/v1alpha1'
  kind: 'Worker'
  /**
   * Who the object is.
   */
  metadata: Metadata
  spec: WorkerSpec
}
/**
 * The task, and how its agent runs. `issue`, `prompt` or both.
 */
export interface WorkerSpec {
  /**
   * The name of the Project this session belongs to.
   */
  project: Name
  /**
   * The issue to work on, as its tracker names it. Its text becomes part of the prompt, marked as untrusted.
   */
  issue?: string
  /**
   * The task. Handed over at launch, once per attempt, never typed.
   */
  prompt?: string
  /**
   * The branch the worker works on. Default: `ao/<name>`.
   */
  branch?: string
  /**
   * The coding assistant: a plugin's name, or an object with `plugin` and that plugin's own settings.
   */
  agent?: PluginRef
  /**
   * The model the agent is told to use, in its own words.
   */
  model?: string
  /**
   * What the agent may do without asking.
   */
  permissions?: Permissions
  /**
   * How the session's process lives: `tmux` or `process`. Default: tmux where it is installed.
   */
  runtime?: PluginRef
  /**
   * What kind of checkout the session gets.
   */
  workspace?: PluginRef
  /**
   * Instructions put into this worker's prompt, after the project's.
   */
  rules?: string
  /**
   * Environment of the agent, besides the safe basics. `${NAME}` takes a value from ao's own environment when the agent starts; it is never stored.
   */
  env?: Env
  /**
   * Workers that must be Done before this one starts.
   *
   * Items: Lower-case letters, digits and `-`; starts and ends with a letter or digit; at most 48 characters.
   */
  dependsOn?: Name[]
  /**
   * Who goes first when there is a choice; higher first.
   */
  priority?: number
  /**
   * `Suspended` stops the agent and keeps everything else.
   */
  state?: 'Running' | 'Suspended'
  /**
   * When an agent that exited is started again: `Always`, only after a failure (`OnFailure`), or `Never`.
   */
  restartPolicy?: RestartPolicy
  /**
   * What makes the worker Done: its pull request `merged`, its agent `reported` it, or its agent `exited` with 0.
   */
  doneWhen?: 'merged' | 'reported' | 'exited'
  /**
   * What happens to a worker whose issue is closed while it runs. `keep`: it goes on, and a condition says so. `finish`: it ends as after a merge: its agent is stopped, its work saved, its workspace removed.
   */
  onIssueClosed?: 'keep' | 'finish'
  /**
   * What happens to a worker with `doneWhen: merged` whose pull request is closed unmerged. `finish`: when it has stayed closed for the project's `cleanup.grace`, its agent is stopped, its work saved, its workspace removed; opened again, the worker goes on from its branch. `keep`: everything stays until a person deletes it. Either way it is not done, and whatever depends on it waits.
   */
  onPullRequestClosed?: 'finish' | 'keep'
  /**
   * What deleting leaves: `Archive` saves unmerged work to `refs/ao/preserved/` and keeps an unmerged branch, `Delete` removes the branch too, `Orphan` lets go of everything as it is.
   */
  deletionPolicy?: DeletionPolicy
  /**
   * What happens on lifecycle events. Merged field by field: built-in defaults, then the project's, then the session's.
   */
  reactions?: Reactions
}

/**
 * Lower-case letters, digits and `-`; starts and ends with a letter or digit; at most 48 characters.
 */
export type Name = string

/**
 * Who the object is.
 */
export interface Metadata {
  /**
   * Lower-case letters, digits and `-`; starts and ends with a letter or digit; at most 48 characters.
   */
  name: Name
  /**
   * Words to select by, as in `ao get -l team=web`.
   */
  labels?: {
    [k: string]: string
  }
  /**
   * Notes for tools and people. `ao.dev/prune: never` keeps the object when it is no longer declared.
   */
  annotations?: {
    [k: string]: string
  }
}

/**
 * A length of time: a number and `ms`, `s`, `m`, `h` or `d`, as in `90s` or `1h30m`.
 */
export type Duration = string

/**
 * A plugin's name, or an object with `plugin` and the plugin's own settings.
 */
export type PluginRef = string | PluginConfig

export interface PluginConfig {
  /**
   * The plugin's name.
   */
  plugin: string
  [k: string]: unknown
}

/**
 * What the agent may do without asking.
 */
export type Permissions =
  'default' | 'plan' | 'acceptEdits' | 'auto' | 'dontAsk' | 'bypassPermissions'

/**
 * Environment of the agent, besides the safe basics. `${NAME}` takes a value from ao's own environment when the agent starts; it is never stored.
 */
export interface Env {
  [k: string]: string
}

/**
 * When an agent that exited is started again: `Always`, only after a failure (`OnFailure`), or `Never`.
 */
export type RestartPolicy = 'Always' | 'OnFailure' | 'Never'

/**
 * What deleting leaves: `Archive` saves unmerged work to `refs/ao/preserved/` and keeps an unmerged branch, `Delete` removes the branch too, `Orphan` lets go of everything as it is.
 */
export type DeletionPolicy = 'Archive' | 'Delete' | 'Orphan'

export type NotificationPriority = 'urgent' | 'action' | 'warning' | 'info'

/**
 * When a person is called: after so many tries, or so long after the cause first appeared.
 */
export type EscalateAfter = number | Duration

/**
 * What happens on lifecycle events. Merged field by field: built-in defaults, then the project's, then the session's.
 */
export interface Reactions {
  'ci-failed'?: FeedbackReaction
  'changes-requested'?: FeedbackReaction1
  'bugbot-comments'?: BotFeedbackReaction
  'merge-conflicts'?: FeedbackReaction2
  'approved-and-green'?: MergeReaction
  'pr-closed'?: NotifyReaction
  'agent-exited'?: RestartReaction
  'agent-idle'?: IdleReaction
  'agent-stuck'?: ThresholdReaction
  'agent-needs-input'?: ThresholdReaction1
  'report-no-acknowledge'?: ThresholdReaction2
  'report-stale'?: ThresholdReaction3
  'all-complete'?: NotifyReaction1
}
/**
 * Checks of the session's pull request fail: the agent gets the failing check and the end of its log.
 */
export interface FeedbackReaction {
  /**
   * Send to the agent by itself; `false` only tells a person.
   */
  auto?: boolean
  /**
   * How many times the agent is told about this cause before somebody else is called.
   */
  retries?: number
  /**
   * Call the orchestrator, then a person, after so many tries, or so long after the cause first appeared.
   */
  escalateAfter?: EscalateAfter
  /**
   * A template of what the agent is told: `{{session}}`, `{{project}}`, `{{number}}`, `{{title}}`, `{{url}}`, `{{branch}}`, `{{why}}`, and `{{details}}` for the evidence, which otherwise follows. What others chose, such as the title, comes in quotes.
   */
  message?: string
  /**
   * The priority of the notification.
   */
  priority?: NotificationPriority
  /**
   * The names of the Notifiers that hear of it, instead of every one that takes its priority.
   *
   * Items: Lower-case letters, digits and `-`; starts and ends with a letter or digit; at most 48 characters.
   */
  notifiers?: Name[]
}
/**
 * A person asks for changes, or comments on a line or on the whole (also with an approval): the agent gets the comments. New comments of people always reach it; after `retries` rounds a person is told too.
 */
export interface FeedbackReaction1 {
  /**
   * Send to the agent by itself; `false` only tells a person.
   */
  auto?: boolean
  /**
   * How many times the agent is told about this cause before somebody else is called.
   */
  retries?: number
  /**
   * Call the orchestrator, then a person, after so many tries, or so long after the cause first appeared.
   */
  escalateAfter?: EscalateAfter
  /**
   * A template of what the agent is told: `{{session}}`, `{{project}}`, `{{number}}`, `{{title}}`, `{{url}}`, `{{branch}}`, `{{why}}`, and `{{details}}` for the evidence, which otherwise follows. What others chose, such as the title, comes in quotes.
   */
  message?: string
  /**
   * The priority of the notification.
   */
  priority?: NotificationPriority
  /**
   * The names of the Notifiers that hear of it, instead of every one that takes its priority.
   *
   * Items: Lower-case letters, digits and `-`; starts and ends with a letter or digit; at most 48 characters.
   */
  notifiers?: Name[]
}
/**
 * An application (known by the type of its account) comments on the pull request: the agent gets the comments.
 */
export interface BotFeedbackReaction {
  /**
   * Send to the agent by itself; `false` only tells a person.
   */
  auto?: boolean
  /**
   * What is done with the comments of each application, by its login; `*` stands for every other: `forward` at once, `batch` together when the checks of the head are done, `ignore`.
   */
  bots?: {
    [k: string]: 'forward' | 'batch' | 'ignore'
  }
  /**
   * How many times the agent is told about this cause before somebody else is called.
   */
  retries?: number
  /**
   * Call the orchestrator, then a person, after so many tries, or so long after the cause first appeared.
   */
  escalateAfter?: EscalateAfter
  /**
   * A template of what the agent is told: `{{session}}`, `{{project}}`, `{{number}}`, `{{title}}`, `{{url}}`, `{{branch}}`, `{{why}}`, and `{{details}}` for the evidence, which otherwise follows. What others chose, such as the title, comes in quotes.
   */
  message?: string
  /**
   * The priority of the notification.
   */
  priority?: NotificationPriority
  /**
   * The names of the Notifiers that hear of it, instead of every one that takes its priority.
   *
   * Items: Lower-case letters, digits and `-`; starts and ends with a letter or digit; at most 48 characters.
   */
  notifiers?: Name[]
}
/**
 * The pull request conflicts with its base: the agent is asked to bring it up to date.
 */
export interface FeedbackReaction2 {
  /**
   * Send to the agent by itself; `false` only tells a person.
   */
  auto?: boolean
  /**
   * How many times the agent is told about this cause before somebody else is called.
   */
  retries?: number
  /**
   * Call the orchestrator, then a person, after so many tries, or so long after the cause first appeared.
   */
  escalateAfter?: EscalateAfter
  /**
   * A template of what the agent is told: `{{session}}`, `{{project}}`, `{{number}}`, `{{title}}`, `{{url}}`, `{{branch}}`, `{{why}}`, and `{{details}}` for the evidence, which otherwise follows. What others chose, such as the title, comes in quotes.
   */
  message?: string
  /**
   * The priority of the notification.
   */
  priority?: NotificationPriority
  /**
   * The names of the Notifiers that hear of it, instead of every one that takes its priority.
   *
   * Items: Lower-case letters, digits and `-`; starts and ends with a letter or digit; at most 48 characters.
   */
  notifiers?: Name[]
}
/**
 * The pull request may be merged, its checks pass and no person's comment waits for an answer: it is merged when `auto`, else a person is told. So is what only they can lift, such as that nobody knows which of several is the worker's. That of a suspended worker rests with it.
 */
export interface MergeReaction {
  /**
   * Merge by itself.
   */
  auto?: boolean
  /**
   * What allows it: the approvals of people that the scm asks for (those of applications never count), a label, or nothing.
   */
  require?: 'approval' | 'label' | 'none'
  /**
   * The label that allows it, with `require: label`.
   */
  label?: string
  /**
   * How long a head without any check must stand before it counts as green.
   */
  settle?: Duration
  /**
   * Call a person when a check that is required never reports, or the forge never says whether it merges, for so long; once for each head.
   */
  escalateAfter?: Duration
  /**
   * A template of what people are told instead: `{{session}}`, `{{project}}`, `{{why}}`, `{{number}}`, `{{title}}`, `{{url}}`, `{{branch}}`. What others chose, such as the title, comes in quotes.
   */
  message?: string
  /**
   * The priority of the notification.
   */
  priority?: NotificationPriority
  /**
   * The names of the Notifiers that hear of it, instead of every one that takes its priority.
   *
   * Items: Lower-case letters, digits and `-`; starts and ends with a letter or digit; at most 48 characters.
   */
  notifiers?: Name[]
}
/**
 * The pull request was closed without being merged: a person is told.
 */
export interface NotifyReaction {
  /**
   * Tell a person by itself; `false` only shows it.
   */
  auto?: boolean
  /**
   * A template of what people are told instead: `{{session}}`, `{{project}}`, `{{why}}`, `{{number}}`, `{{title}}`, `{{url}}`, `{{branch}}`. What others chose, such as the title, comes in quotes.
   */
  message?: string
  /**
   * The priority of the notification.
   */
  priority?: NotificationPriority
  /**
   * The names of the Notifiers that hear of it, instead of every one that takes its priority.
   *
   * Items: Lower-case letters, digits and `-`; starts and ends with a letter or digit; at most 48 characters.
   */
  notifiers?: Name[]
}
/**
 * The agent's process ended before the work was done: it is restarted as `restartPolicy` says, with a growing pause; where something is in the way of that, a person is told.
 */
export interface RestartReaction {
  /**
   * Restart by itself; `false` only tells a person.
   */
  auto?: boolean
  /**
   * How many restarts in a row before a person is called.
   */
  retries?: number
  /**
   * A template of what people are told instead: `{{session}}`, `{{project}}`, `{{why}}`, `{{number}}`, `{{title}}`, `{{url}}`, `{{branch}}`. What others chose, such as the title, comes in quotes.
   */
  message?: string
  /**
   * The priority of the notification.
   */
  priority?: NotificationPriority
  /**
   * The names of the Notifiers that hear of it, instead of every one that takes its priority.
   *
   * Items: Lower-case letters, digits and `-`; starts and ends with a letter or digit; at most 48 characters.
   */
  notifiers?: Name[]
}
/**
 * An agent that reports what it does rests although its work is not done and nobody else has the next move: it is asked to go on.
 */
export interface IdleReaction {
  /**
   * Send to the agent by itself; `false` only tells a person.
   */
  auto?: boolean
  /**
   * How long it may rest.
   */
  threshold?: Duration
  /**
   * How many times the agent is told about this cause before somebody else is called.
   */
  retries?: number
  /**
   * Call the orchestrator, then a person, after so many tries, or so long after the cause first appeared.
   */
  escalateAfter?: EscalateAfter
  /**
   * A template of what the agent is told: `{{session}}`, `{{project}}`, `{{number}}`, `{{title}}`, `{{url}}`, `{{branch}}`, `{{why}}`, and `{{details}}` for the evidence, which otherwise follows. What others chose, such as the title, comes in quotes.
   */
  message?: string
  /**
   * The priority of the notification.
   */
  priority?: NotificationPriority
  /**
   * The names of the Notifiers that hear of it, instead of every one that takes its priority.
   *
   * Items: Lower-case letters, digits and `-`; starts and ends with a letter or digit; at most 48 characters.
   */
  notifiers?: Name[]
}
/**
 * An agent that reports what it does has given no sign of life for longer than `threshold`, though it works: a person is told.
 */
export interface ThresholdReaction {
  /**
   * Tell a person by itself; `false` only shows it.
   */
  auto?: boolean
  /**
   * How long without a sign of life counts as stuck.
   */
  threshold?: Duration
  /**
   * A template of what people are told instead: `{{session}}`, `{{project}}`, `{{why}}`, `{{number}}`, `{{title}}`, `{{url}}`, `{{branch}}`. What others chose, such as the title, comes in quotes.
   */
  message?: string
  /**
   * The priority of the notification.
   */
  priority?: NotificationPriority
  /**
   * The names of the Notifiers that hear of it, instead of every one that takes its priority.
   *
   * Items: Lower-case letters, digits and `-`; starts and ends with a letter or digit; at most 48 characters.
   */
  notifiers?: Name[]
}
/**
 * The agent asks a person, or for a permission, and nobody answered for `threshold`: a person is told.
 */
export interface ThresholdReaction1 {
  /**
   * Tell a person by itself; `false` only shows it.
   */
  auto?: boolean
  /**
   * How long the question may stand.
   */
  threshold?: Duration
  /**
   * A template of what people are told instead: `{{session}}`, `{{project}}`, `{{why}}`, `{{number}}`, `{{title}}`, `{{url}}`, `{{branch}}`. What others chose, such as the title, comes in quotes.
   */
  message?: string
  /**
   * The priority of the notification.
   */
  priority?: NotificationPriority
  /**
   * The names of the Notifiers that hear of it, instead of every one that takes its priority.
   *
   * Items: Lower-case letters, digits and `-`; starts and ends with a letter or digit; at most 48 characters.
   */
  notifiers?: Name[]
}
/**
 * An agent that reports what it does has said nothing at all since it was started: a person is told.
 */
export interface ThresholdReaction2 {
  /**
   * Tell a person by itself; `false` only shows it.
   */
  auto?: boolean
  /**
   * How long it may be silent at first.
   */
  threshold?: Duration
  /**
   * A template of what people are told instead: `{{session}}`, `{{project}}`, `{{why}}`, `{{number}}`, `{{title}}`, `{{url}}`, `{{branch}}`. What others chose, such as the title, comes in quotes.
   */
  message?: string
  /**
   * The priority of the notification.
   */
  priority?: NotificationPriority
  /**
   * The names of the Notifiers that hear of it, instead of every one that takes its priority.
   *
   * Items: Lower-case letters, digits and `-`; starts and ends with a letter or digit; at most 48 characters.
   */
  notifiers?: Name[]
}
/**
 * The last that an agent said is that it is rate-limited, and that was long ago: a person is told.
 */
export interface ThresholdReaction3 {
  /**
   * Tell a person by itself; `false` only shows it.
   */
  auto?: boolean
  /**
   * How old the report may be.
   */
  threshold?: Duration
  /**
   * A template of what people are told instead: `{{session}}`, `{{project}}`, `{{why}}`, `{{number}}`, `{{title}}`, `{{url}}`, `{{branch}}`. What others chose, such as the title, comes in quotes.
   */
  message?: string
  /**
   * The priority of the notification.
   */
  priority?: NotificationPriority
  /**
   * The names of the Notifiers that hear of it, instead of every one that takes its priority.
   *
   * Items: Lower-case letters, digits and `-`; starts and ends with a letter or digit; at most 48 characters.
   */
  notifiers?: Name[]
}
/**
 * Every worker of the project is done: a person is told. A reaction of the orchestrator.
 */
export interface NotifyReaction1 {
  /**
   * Tell a person by itself; `false` only shows it.
   */
  auto?: boolean
  /**
   * A template of what people are told instead: `{{session}}`, `{{project}}`, `{{why}}`, `{{number}}`, `{{title}}`, `{{url}}`, `{{branch}}`. What others chose, such as the title, comes in quotes.
   */
  message?: string
  /**
   * The priority of the notification.
   */
  priority?: NotificationPriority
  /**
   * The names of the Notifiers that hear of it, instead of every one that takes its priority.
   *
   * Items: Lower-case letters, digits and `-`; starts and ends with a letter or digit; at most 48 characters.
   */
  notifiers?: Name[]
}
