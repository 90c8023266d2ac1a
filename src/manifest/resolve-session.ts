import type {
  PluginChoice,
  ResolvedProject,
  ResolvedSession,
  SessionDefaults,
  SessionSpec,
} from '../resource/spec.ts'
import type { Orchestrator, PluginRef, Worker } from '../resource/types.gen.ts'
import type { ManifestContext, PluginSlot } from './context.ts'
import { DEFAULTS } from './defaults.ts'
import { mergeReactions } from '../resource/reactions.ts'
import { positionOf } from './document.ts'
import { fieldsIn, inheritFields } from './fields.ts'
import { checkPlugin, choiceOf } from './plugins.ts'
import type { Report } from './report.ts'
import type { Declared } from './validate.ts'

const NOTHING: SessionDefaults = { rules: [], env: {}, reactions: {} }

/** The branch a worker works on, named or not. */
export function branchOf({ metadata, spec }: Worker): string {
  return spec.branch ?? `ao/${metadata.name}`
}

/** Reports unknown plugins of a session and settings they don't take. */
export async function checkSessionPlugins(
  declared: Declared,
  { spec }: Worker | Orchestrator,
  context: Pick<ManifestContext, 'registry' | 'env'>,
  report: Report,
): Promise<void> {
  const named: readonly [PluginSlot, PluginRef | undefined][] = [
    ['agent', spec.agent],
    ['runtime', spec.runtime],
    ['workspace', 'workspace' in spec ? spec.workspace : undefined],
  ]
  for (const [slot, ref] of named) {
    if (ref === undefined) continue
    await checkPlugin(
      declared,
      { slot, choice: choiceOf(ref), path: ['spec', slot] },
      context,
      report,
    )
  }
}

/** A session with its project's and our defaults filled in. */
export function resolveSession(
  declared: Declared,
  manifest: Worker | Orchestrator,
  project: ResolvedProject,
  context: Pick<ManifestContext, 'existing' | 'tmuxAvailable'>,
): ResolvedSession {
  const { document, name } = declared
  const { metadata, spec } = manifest
  const inherited = project.spec.sessionDefaults ?? NOTHING
  const own = fieldsIn(document)
  const agentDir = spec.agent === undefined ? inherited.agentDir : undefined
  return {
    kind: manifest.kind,
    name,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    origin: positionOf(document, []),
    fields: inheritFields(own, project.fields, movesFor(manifest)),
    own: Object.keys(own),
    baseDir: agentDir ?? document.file.dir,
    spec: {
      ...taskOf(manifest),
      ...closingOf(manifest, inherited),
      agent: choiceOf(spec.agent ?? inherited.agent ?? DEFAULTS.agent),
      ...(spec.model === undefined ? {} : { model: spec.model }),
      permissions: spec.permissions ?? inherited.permissions ?? DEFAULTS.permissions,
      runtime: runtimeOf(declared, manifest, inherited, context),
      workspace: workspaceOf(manifest, inherited),
      rules: rulesOf(manifest, inherited),
      env: { ...inherited.env, ...spec.env },
      state: spec.state ?? DEFAULTS.state,
      restartPolicy: spec.restartPolicy ?? DEFAULTS.restartPolicy,
      deletionPolicy: spec.deletionPolicy ?? DEFAULTS.deletionPolicy,
      reactions: mergeReactions(inherited.reactions, spec.reactions),
    },
  }
}

/** Reports an issue that no tracker can be asked for. */
export function checkIssue(
  { document }: Declared,
  { spec }: Worker,
  project: ResolvedProject,
  report: Report,
): void {
  if (spec.issue === undefined || project.spec.tracker !== undefined) return
  report.add(document, ['spec', 'issue'], {
    code: 'AO1207',
    message: `Project "${project.name}" names no tracker to find issue "${spec.issue}" in`,
    hint: 'set spec.tracker of the project, or give the task as spec.prompt',
    next: 'ao explain project.spec.tracker',
  })
}

/** Reports an agent that its runtime gives no terminal to. */
export function checkTerminal(
  { document }: Declared,
  { spec, own }: ResolvedSession,
  { registry, tmuxAvailable }: Pick<ManifestContext, 'registry' | 'tmuxAvailable'>,
  report: Report,
): void {
  const agent = registry.find('agent', spec.agent.plugin)
  const runtime = registry.find('runtime', spec.runtime.plugin)
  if (agent === undefined || runtime === undefined || runtime.terminal) return
  if (!(agent.traits?.(spec.agent) ?? agent).needsTerminal) return
  const field = ['agent', 'runtime'].find(name => own.includes(`spec.${name}`))
  const path = field === undefined ? ['metadata', 'name'] : ['spec', field]
  const message = `agent ${agent.name} needs a terminal, and runtime ${runtime.name} gives none`
  const hint = tmuxAvailable ? 'use runtime tmux' : 'install tmux, or name another agent'
  report.add(document, path, { code: 'AO1203', message, hint, next: 'ao doctor' })
}

type Task = Pick<
  SessionSpec,
  'project' | 'prompt' | 'issue' | 'branch' | 'dependsOn' | 'priority' | 'doneWhen'
>

/** What the session is for; an orchestrator works on no branch, waits for nobody and is never done. */
function taskOf(manifest: Worker | Orchestrator): Task {
  const { project, prompt } = manifest.spec
  const common = { project, ...(prompt === undefined ? {} : { prompt }) }
  if (manifest.kind === 'Orchestrator') {
    return { ...common, dependsOn: [], priority: DEFAULTS.priority, doneWhen: DEFAULTS.doneWhen }
  }
  const { issue, dependsOn, priority, doneWhen } = manifest.spec
  return {
    ...common,
    ...(issue === undefined ? {} : { issue }),
    branch: branchOf(manifest),
    dependsOn: dependsOn ?? [],
    priority: priority ?? DEFAULTS.priority,
    doneWhen: doneWhen ?? DEFAULTS.doneWhen,
  }
}

/** An orchestrator has no pull request, and what its issue would be is for a worker that has one. */
function closingOf(
  manifest: Worker | Orchestrator,
  inherited: SessionDefaults,
): Pick<SessionSpec, 'onIssueClosed' | 'onPullRequestClosed'> {
  if (manifest.kind === 'Orchestrator') return {}
  const { issue, ...own } = manifest.spec
  const onPullRequestClosed = own.onPullRequestClosed ?? inherited.onPullRequestClosed
  const onIssueClosed =
    issue === undefined ? undefined : (own.onIssueClosed ?? inherited.onIssueClosed)
  return {
    ...(onIssueClosed === undefined ? {} : { onIssueClosed }),
    ...(onPullRequestClosed === undefined ? {} : { onPullRequestClosed }),
  }
}

/** A session that runs already stays where it is while nobody says otherwise: tmux coming or going changes nothing. */
function runtimeOf(
  { key }: Declared,
  { spec }: Worker | Orchestrator,
  inherited: SessionDefaults,
  { existing, tmuxAvailable }: Pick<ManifestContext, 'existing' | 'tmuxAvailable'>,
): PluginChoice {
  const named = spec.runtime ?? inherited.runtime
  if (named !== undefined) return choiceOf(named)
  const accepted = existing.get(key)
  if (accepted?.kind === 'Worker' || accepted?.kind === 'Orchestrator') return accepted.spec.runtime
  return { plugin: tmuxAvailable ? 'tmux' : 'process' }
}

function workspaceOf(manifest: Worker | Orchestrator, inherited: SessionDefaults): PluginChoice {
  const own = manifest.kind === 'Worker' ? manifest.spec.workspace : undefined
  return choiceOf(own ?? inherited.workspace ?? DEFAULTS.workspace)
}

function rulesOf(
  { kind, spec }: Worker | Orchestrator,
  inherited: SessionDefaults,
): readonly string[] {
  const coordinating = kind === 'Orchestrator' ? inherited.orchestratorRules : undefined
  return [...inherited.rules, coordinating, spec.rules].filter(rule => rule !== undefined)
}

/** A plugin comes with its settings or not at all; everything else is inherited field by field. */
function movesFor({ kind, spec }: Worker | Orchestrator): readonly (readonly [string, string])[] {
  const isOwn = (field: string): boolean => field in spec
  const plugins = ['agent', 'runtime', 'workspace']
    .filter(field => !isOwn(field))
    .map(field => [`spec.defaults.${field}`, `spec.${field}`] as const)
  const rules = kind === 'Orchestrator' ? [['spec.orchestratorRules', 'spec.rules'] as const] : []
  return [
    ...plugins,
    ...rules,
    ['spec.defaults.onIssueClosed', 'spec.onIssueClosed'],
    ['spec.defaults.onPullRequestClosed', 'spec.onPullRequestClosed'],
    ['spec.permissions', 'spec.permissions'],
    ['spec.rules', 'spec.rules'],
    ['spec.rulesFile', 'spec.rules'],
    ['spec.env', 'spec.env'],
    ['spec.reactions', 'spec.reactions'],
  ]
}
