import { isAbsolute, join, normalize, resolve } from 'node:path'

import type {
  PluginChoice,
  ProjectSpec,
  ResolvedProject,
  SessionDefaults,
} from '../resource/spec.ts'
import type { Project, WorkspaceSetup } from '../resource/types.gen.ts'
import { branchNameProblem } from './branch-name.ts'
import type { ManifestContext } from './context.ts'
import { DEFAULTS } from './defaults.ts'
import { positionOf } from './document.ts'
import { fieldsIn, inheritFields } from './fields.ts'
import { loadRules } from './load-rules.ts'
import { checkPlugin, choiceOf, type PluginUse } from './plugins.ts'
import type { Report } from './report.ts'
import type { Declared } from './validate.ts'
import { expandPath } from './variables.ts'

/** What `-orchestrator` leaves of a session name. */
const MAX_PREFIX = 35

/** Where the resolved spec holds what the manifest says elsewhere. */
const MOVES = [
  ['spec.defaults.notifiers', 'spec.notifiers'],
  ['spec.defaults.agent', 'spec.sessionDefaults.agent'],
  ['spec.defaults.runtime', 'spec.sessionDefaults.runtime'],
  ['spec.defaults.workspace', 'spec.sessionDefaults.workspace'],
  ['spec.defaults.onIssueClosed', 'spec.sessionDefaults.onIssueClosed'],
  ['spec.defaults.onPullRequestClosed', 'spec.sessionDefaults.onPullRequestClosed'],
  ['spec.permissions', 'spec.sessionDefaults.permissions'],
  ['spec.rules', 'spec.sessionDefaults.rules'],
  ['spec.rulesFile', 'spec.sessionDefaults.rules'],
  ['spec.orchestratorRules', 'spec.sessionDefaults.orchestratorRules'],
  ['spec.env', 'spec.sessionDefaults.env'],
  ['spec.reactions', 'spec.sessionDefaults.reactions'],
] as const

/** A project with its defaults filled in; undefined when something keeps it from being one. */
export async function resolveProject(
  declared: Declared,
  manifest: Project,
  context: ManifestContext,
  report: Report,
): Promise<ResolvedProject | undefined> {
  const { document, name } = declared
  const { metadata } = manifest
  await checkPlugins(declared, manifest, context, report)
  checkBranch(declared, manifest, report)
  checkSymlinks(declared, manifest, report)
  checkPrefix(declared, manifest, report)
  const path = pathOf(declared, manifest, context, report)
  const fileRules = await rulesOf(declared, manifest, context, report)
  if (path === undefined || !report.isSound(document)) return undefined
  const own = fieldsIn(document)
  return {
    kind: 'Project',
    name,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    origin: positionOf(document, []),
    fields: inheritFields(own, own, MOVES),
    own: Object.keys(own),
    baseDir: document.file.dir,
    spec: {
      ...projectSpec(manifest),
      path,
      sessionDefaults: sessionDefaults(manifest, document.file.dir, fileRules),
    },
  }
}

function projectSpec({ metadata, spec }: Project): Omit<ProjectSpec, 'path'> {
  const tracker = spec.tracker === undefined ? undefined : choiceOf(spec.tracker)
  const notifiers = spec.defaults?.notifiers
  return {
    ...(spec.repo === undefined ? {} : { repo: spec.repo }),
    ...(spec.defaultBranch === undefined ? {} : { defaultBranch: spec.defaultBranch }),
    sessionPrefix: spec.sessionPrefix ?? metadata.name,
    ...(notifiers === undefined ? {} : { notifiers }),
    scm: choiceOf(spec.scm ?? DEFAULTS.scm),
    ...(tracker === undefined ? {} : { tracker }),
    workspace: workspaceSetup(spec.workspace ?? {}),
    limits: spec.limits ?? {},
    cleanup: { grace: spec.cleanup?.grace ?? DEFAULTS.grace },
    interval: spec.interval ?? DEFAULTS.interval,
  }
}

function workspaceSetup(setup: WorkspaceSetup): ProjectSpec['workspace'] {
  return {
    symlinks: setup.symlinks ?? [],
    postCreate: setup.postCreate ?? [],
    postCreateTimeout: setup.postCreateTimeout ?? DEFAULTS.postCreateTimeout,
    freshBase: setup.freshBase ?? DEFAULTS.freshBase,
    fetchTimeout: setup.fetchTimeout ?? DEFAULTS.fetchTimeout,
  }
}

function sessionDefaults(
  { spec }: Project,
  dir: string,
  fileRules: readonly string[],
): SessionDefaults {
  const { agent, runtime, workspace, onIssueClosed, onPullRequestClosed } = spec.defaults ?? {}
  return {
    ...(agent === undefined ? {} : { agent: choiceOf(agent), agentDir: dir }),
    ...(runtime === undefined ? {} : { runtime: choiceOf(runtime) }),
    ...(workspace === undefined ? {} : { workspace: choiceOf(workspace) }),
    ...(spec.permissions === undefined ? {} : { permissions: spec.permissions }),
    ...(onIssueClosed === undefined ? {} : { onIssueClosed }),
    ...(onPullRequestClosed === undefined ? {} : { onPullRequestClosed }),
    rules: [...(spec.rules === undefined ? [] : [spec.rules]), ...fileRules],
    ...(spec.orchestratorRules === undefined ? {} : { orchestratorRules: spec.orchestratorRules }),
    env: spec.env ?? {},
    reactions: spec.reactions ?? {},
  }
}

async function checkPlugins(
  declared: Declared,
  { spec }: Project,
  context: ManifestContext,
  report: Report,
): Promise<void> {
  const { agent, runtime, workspace } = spec.defaults ?? {}
  const named: readonly [
    PluginUse['slot'],
    string | PluginChoice | undefined,
    readonly string[],
  ][] = [
    ['scm', spec.scm, ['spec', 'scm']],
    ['tracker', spec.tracker, ['spec', 'tracker']],
    ['agent', agent, ['spec', 'defaults', 'agent']],
    ['runtime', runtime, ['spec', 'defaults', 'runtime']],
    ['workspace', workspace, ['spec', 'defaults', 'workspace']],
  ]
  for (const [slot, ref, path] of named) {
    if (ref === undefined) continue
    await checkPlugin(declared, { slot, choice: choiceOf(ref), path }, context, report)
  }
}

function checkBranch({ document }: Declared, { spec }: Project, report: Report): void {
  if (spec.defaultBranch === undefined) return
  const why = branchNameProblem(spec.defaultBranch)
  if (why === undefined) return
  const message = `"${spec.defaultBranch}" is not a branch name: ${why}`
  report.add(document, ['spec', 'defaultBranch'], { code: 'AO1107', message })
}

function checkSymlinks({ document }: Declared, { spec }: Project, report: Report): void {
  for (const [index, link] of (spec.workspace?.symlinks ?? []).entries()) {
    const path = ['spec', 'workspace', 'symlinks', index]
    const plain = normalize(link)
    if (isAbsolute(link) || plain === '..' || plain.startsWith('../') || link.startsWith('~/')) {
      const message = `"${link}" leads out of the repository`
      report.add(document, path, { code: 'AO1205', message })
    } else if (plain === '.' || plain === './' || /^\.git(\/|$)/.test(plain)) {
      const message = `"${link}" is the checkout's own and cannot be shared`
      report.add(document, path, { code: 'AO1205', message })
    }
  }
}

function checkPrefix({ document, name }: Declared, { spec }: Project, report: Report): void {
  if (spec.sessionPrefix !== undefined || name.length <= MAX_PREFIX) return
  const message = `"${name}" is too long to start the names of sessions with`
  const hint = `set spec.sessionPrefix, at most ${MAX_PREFIX} characters`
  report.add(document, ['metadata', 'name'], { code: 'AO1005', message, hint })
}

/** Absolute, or what becomes absolute once its variables are filled in. */
function pathOf(
  { document }: Declared,
  { spec }: Project,
  context: ManifestContext,
  report: Report,
): string | undefined {
  const { dir } = document.file
  if (spec.path === undefined) {
    const root = context.gitRootOf(dir)
    if (root !== undefined) return root
    const message = `no git repository holds ${dir}, so spec.path must say where the project's is`
    const next = 'ao explain project.spec.path'
    report.add(document, ['spec'], { code: 'AO1208', part: 'key', message, next })
    return undefined
  }
  if (spec.path.startsWith('~/') || spec.path === '~') return spec.path
  // Text with variables is not normalised: what `..` takes back is not known yet.
  if (!spec.path.startsWith('${')) {
    return spec.path.includes('${') ? absolute(spec.path, dir) : resolve(dir, spec.path)
  }
  if (!report.isSound(document)) return undefined
  const path = expandPath(spec.path, context.env, context.homeDir)
  if (isAbsolute(path)) return spec.path
  const message = `spec.path becomes "${path}", which is not an absolute path`
  report.add(document, ['spec', 'path'], { code: 'AO1005', message })
  return undefined
}

function absolute(path: string, dir: string): string {
  return isAbsolute(path) ? path : `${join(dir)}/${path}`
}

async function rulesOf(
  { document }: Declared,
  { spec }: Project,
  context: ManifestContext,
  report: Report,
): Promise<readonly string[]> {
  if (spec.rulesFile === undefined) return []
  const { dir } = document.file
  const rules = await loadRules(spec.rulesFile, dir, context.gitRootOf(dir) ?? dir)
  if (rules.ok) {
    report.alsoRead.add(rules.path)
    return rules.text.trim() === '' ? [] : [rules.text]
  }
  const { code, message } = rules
  report.add(document, ['spec', 'rulesFile'], { code, message })
  return []
}
