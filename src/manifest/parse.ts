import type { ResourceKey } from '../resource/key.ts'
import type { Resolved, ResolvedNotifier, ResolvedProject } from '../resource/spec.ts'
import type { Notifier } from '../resource/types.gen.ts'
import { checkBranches } from './branches.ts'
import type { ManifestContext } from './context.ts'
import { checkCycles } from './cycles.ts'
import { DEFAULTS } from './defaults.ts'
import { parseDocuments, positionOf, type ManifestDocument } from './document.ts'
import { fieldsIn } from './fields.ts'
import type { ManifestFile } from './load.ts'
import { checkOrchestrators } from './orchestrators.ts'
import { checkPlugin } from './plugins.ts'
import { fileProblem, sortProblems, type Problem } from './problem.ts'
import { checkReferences, checkSessionNames, indexDeclared } from './references.ts'
import { Report } from './report.ts'
import { resolveProject } from './resolve-project.ts'
import {
  checkIssue,
  checkSessionPlugins,
  checkTerminal,
  resolveSession,
} from './resolve-session.ts'
import { validateDocument, type Declared } from './validate.ts'
import { checkVariables } from './variables.ts'

const MAX_DOCUMENTS = 10_000

export interface ParsedManifests {
  /** The objects nothing is wrong with, in the order of files and documents. Apply them only when there are no errors, or when asked to skip. */
  readonly resources: readonly Resolved[]
  readonly problems: readonly Problem[]
  /** Objects that are declared and left out of `resources`: nothing of theirs may be pruned. */
  readonly skipped: readonly ResourceKey[]
  /** Every object that says what it is, sound or not, in the order of files and documents. */
  readonly keys: readonly ResourceKey[]
  /** Absolute paths of the other files that decided what the resources say, such as a project's `rulesFile`. */
  readonly alsoRead: readonly string[]
}

/** Turns manifests' text into resources with every default filled in, and tells everything that is wrong with all of them. */
export async function parseManifests(
  files: readonly ManifestFile[],
  context: ManifestContext,
): Promise<ParsedManifests> {
  const report = new Report()
  const declared = readDeclared(files, report)
  const declarations = indexDeclared(declared, report)
  for (const one of declared) {
    if (one.manifest !== undefined) checkVariables(one, context.env, report)
  }
  checkReferences(declarations, context, report)
  checkSessionNames(declarations, context.existing, report)
  checkCycles(declarations, context.existing, report)
  const resolved = new Map<ResourceKey, Resolved>()
  const projects = await resolveProjects(declared, context, report)
  const unique = [...declarations.values()]
  checkOrchestrators(unique, projects, report)
  checkBranches(unique, projects, context, report)
  for (const one of declared) {
    const resource = await resolveOther(one, projects, context, report)
    if (resource !== undefined) resolved.set(one.key, resource)
  }
  return result(declared, resolved, report)
}

function result(
  declared: readonly Declared[],
  resolved: ReadonlyMap<ResourceKey, Resolved>,
  report: Report,
): ParsedManifests {
  const resources: Resolved[] = []
  const skipped = new Set<ResourceKey>()
  for (const { document, key } of declared) {
    const resource = report.isSound(document) ? resolved.get(key) : undefined
    if (resource === undefined) skipped.add(key)
    else resources.push(resource)
  }
  return {
    resources,
    problems: sortProblems(withoutEchoes(report.problems)),
    skipped: [...skipped],
    keys: [...new Set(declared.map(({ key }) => key))],
    alsoRead: [...report.alsoRead].sort(),
  }
}

/** Every object that the files declare and that says at least what it is. */
function readDeclared(files: readonly ManifestFile[], report: Report): readonly Declared[] {
  const documents: ManifestDocument[] = []
  for (const file of files) {
    const parsed = parseDocuments(file)
    report.include(parsed.problems, parsed.documents)
    documents.push(...parsed.documents)
    if (documents.length <= MAX_DOCUMENTS) continue
    const message = `there are more than ${MAX_DOCUMENTS} objects; is this what you meant?`
    report.include([fileProblem(file.path, 'AO1012', message)])
    return []
  }
  const [first] = files
  if (documents.length === 0 && report.problems.length === 0 && first !== undefined) {
    const where = files.length === 1 ? 'this file declares' : `these ${files.length} files declare`
    report.include([fileProblem(first.path, 'AO1010', `${where} nothing`, { next: 'ao init' })])
  }
  return documents.flatMap(document => validateDocument(document, report) ?? [])
}

/** The projects that sessions can inherit from, by name. One that is declared wrongly does not fall back to what it was. */
async function resolveProjects(
  declared: readonly Declared[],
  context: ManifestContext,
  report: Report,
): Promise<ReadonlyMap<string, ResolvedProject>> {
  const projects = new Map<string, ResolvedProject>()
  for (const object of context.existing.values()) {
    if (object.kind !== 'Project' || object.deletionTimestamp !== undefined) continue
    projects.set(object.name, object)
  }
  for (const one of declared) {
    if (one.kind !== 'Project') continue
    projects.delete(one.name)
    if (one.manifest?.kind !== 'Project') continue
    const project = await resolveProject(one, one.manifest, context, report)
    if (project !== undefined) projects.set(one.name, project)
  }
  return projects
}

async function resolveOther(
  declared: Declared,
  projects: ReadonlyMap<string, ResolvedProject>,
  context: ManifestContext,
  report: Report,
): Promise<Resolved | undefined> {
  const { manifest } = declared
  if (manifest === undefined) return undefined
  switch (manifest.kind) {
    case 'Notifier':
      return resolveNotifier(declared, manifest, context, report)
    case 'Worker':
    case 'Orchestrator': {
      await checkSessionPlugins(declared, manifest, context, report)
      const project = projects.get(manifest.spec.project)
      if (project === undefined) return undefined
      if (manifest.kind === 'Worker') checkIssue(declared, manifest, project, report)
      const session = resolveSession(declared, manifest, project, context)
      checkTerminal(declared, session, context, report)
      return session
    }
    case 'Project':
      return projects.get(declared.name)
  }
}

async function resolveNotifier(
  declared: Declared,
  { metadata, spec }: Notifier,
  context: ManifestContext,
  report: Report,
): Promise<ResolvedNotifier> {
  const { document, name } = declared
  const config = spec.config ?? {}
  const choice = { ...config, plugin: spec.plugin }
  const use = { slot: 'notifier', choice, path: ['spec', 'plugin'] } as const
  await checkPlugin(declared, { ...use, settingsPath: ['spec', 'config'] }, context, report)
  const fields = fieldsIn(document)
  return {
    kind: 'Notifier',
    name,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    origin: positionOf(document, []),
    fields,
    own: Object.keys(fields),
    baseDir: document.file.dir,
    spec: { plugin: spec.plugin, config, routes: spec.routes ?? DEFAULTS.routes },
  }
}

/** An old boolean where text or a boolean belongs breaks two rules and is one mistake. */
function withoutEchoes(problems: readonly Problem[]): readonly Problem[] {
  const placeOf = ({ file, line, col }: Problem): string => `${file}:${line}:${col}`
  const booleans = new Set(problems.filter(one => one.code === 'AO1007').map(placeOf))
  return problems.filter(one => one.code === 'AO1007' || !booleans.has(placeOf(one)))
}
