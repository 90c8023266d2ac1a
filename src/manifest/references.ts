import { keyOf, type ResourceKey } from '../resource/key.ts'
import type { Desired } from '../resource/spec.ts'
import { REACTION_MESSAGE_FIELDS } from '../resource/reaction-message.ts'
import type { Reactions, Worker } from '../resource/types.gen.ts'
import type { ManifestContext } from './context.ts'
import { positionOf, type Path } from './document.ts'
import type { Report } from './report.ts'
import { hintFor } from './suggest.ts'
import { checkText } from './templates.ts'
import type { Declared } from './validate.ts'

/** What is declared in one load, by key; the first of namesakes counts. */
export type Declarations = ReadonlyMap<ResourceKey, Declared>

/** Reports objects declared twice, naming both places, and gives the first of each key. */
export function indexDeclared(declared: readonly Declared[], report: Report): Declarations {
  const byKey = new Map<ResourceKey, Declared>()
  for (const one of declared) {
    const first = byKey.get(one.key)
    if (first === undefined) {
      byKey.set(one.key, one)
      continue
    }
    report.blame(first.document)
    report.add(one.document, NAME, {
      code: 'AO1101',
      message: `${one.kind} "${one.name}" is declared twice`,
      also: [positionOf(first.document, NAME)],
    })
  }
  return byKey
}

const NAME: Path = ['metadata', 'name']

/** Reports references to objects that are neither declared here nor accepted before. */
export function checkReferences(
  declarations: Declarations,
  context: Pick<ManifestContext, 'existing' | 'finished'>,
  report: Report,
): void {
  for (const declared of declarations.values()) {
    const { manifest } = declared
    switch (manifest?.kind) {
      case 'Worker':
        checkProject(declared, manifest.spec.project, { declarations, context }, report)
        checkDependencies(declared, manifest, { declarations, context }, report)
        checkReactions(declared, manifest.spec.reactions, { declarations, context }, report)
        break
      case 'Orchestrator':
        checkProject(declared, manifest.spec.project, { declarations, context }, report)
        checkReactions(declared, manifest.spec.reactions, { declarations, context }, report)
        break
      case 'Project':
        checkNotifiers(
          declared,
          { at: ['spec', 'defaults', 'notifiers'], names: manifest.spec.defaults?.notifiers ?? [] },
          { declarations, context },
          report,
        )
        checkReactions(declared, manifest.spec.reactions, { declarations, context }, report)
        break
      case 'Notifier':
      case undefined:
    }
  }
}

/** Reports a session whose name another session of the home has: names are for both kinds of sessions. */
export function checkSessionNames(
  declarations: Declarations,
  existing: ManifestContext['existing'],
  report: Report,
): void {
  for (const declared of declarations.values()) {
    if (declared.kind !== 'Worker' && declared.kind !== 'Orchestrator') continue
    const other = declared.kind === 'Worker' ? 'Orchestrator' : 'Worker'
    const key = keyOf(other, declared.name)
    const twin = declarations.get(key)
    const message = `${other} "${declared.name}" has this name too; session names are unique`
    if (twin !== undefined) {
      // Told once, at the one that is later in the kinds' order.
      if (declared.kind === 'Worker') {
        report.blame(twin.document)
        const also = [positionOf(twin.document, NAME)]
        report.add(declared.document, NAME, { code: 'AO1106', message, also })
      }
      continue
    }
    const accepted = existing.get(key)
    if (accepted === undefined || accepted.deletionTimestamp !== undefined) continue
    const also = [accepted.origin]
    report.add(declared.document, NAME, { code: 'AO1106', message, also })
  }
}

interface Known {
  readonly declarations: Declarations
  readonly context: Pick<ManifestContext, 'existing' | 'finished'>
}

function checkProject(declared: Declared, project: string, known: Known, report: Report): void {
  if (isKnown(keyOf('Project', project), known)) return
  const message = `there is no Project "${project}"`
  const names = namesOf('Project', known)
  complain(declared, ['spec', 'project'], { message, word: project, names }, report)
}

function checkDependencies(
  declared: Declared,
  { spec }: Worker,
  known: Known,
  report: Report,
): void {
  for (const [index, name] of (spec.dependsOn ?? []).entries()) {
    if (isKnown(keyOf('Worker', name), known)) continue
    if (known.context.finished?.has(name) === true) continue
    const path = ['spec', 'dependsOn', index]
    if (isKnown(keyOf('Orchestrator', name), known)) {
      const message = `"${name}" is an Orchestrator, which is never Done`
      report.add(declared.document, path, { code: 'AO1103', message })
      continue
    }
    const message = `there is no Worker "${name}"`
    const names = namesOf('Worker', known).filter(other => other !== declared.name)
    complain(declared, path, { message, word: name, names }, report)
  }
}

/** What reactions name: channels, and in their messages the fields that are filled in. */
function checkReactions(
  declared: Declared,
  reactions: Reactions | undefined,
  known: Known,
  report: Report,
): void {
  for (const [reaction, { message, notifiers = [] }] of Object.entries(reactions ?? {})) {
    const at = ['spec', 'reactions', reaction]
    checkNotifiers(declared, { at: [...at, 'notifiers'], names: notifiers }, known, report)
    if (message === undefined) continue
    const path = [...at, 'message']
    const explain = [declared.kind.toLowerCase(), ...path].join('.')
    const text = { at: path, text: message, known: REACTION_MESSAGE_FIELDS, explain }
    checkText(declared.document, text, report)
  }
}

function checkNotifiers(
  declared: Declared,
  { at, names: notifiers }: { readonly at: Path; readonly names: readonly string[] },
  known: Known,
  report: Report,
): void {
  for (const [index, name] of notifiers.entries()) {
    if (isKnown(keyOf('Notifier', name), known)) continue
    const path = [...at, index]
    const message = `there is no Notifier "${name}"`
    complain(declared, path, { message, word: name, names: namesOf('Notifier', known) }, report)
  }
}

function complain(
  { document }: Declared,
  path: Path,
  { message, word, names }: UnknownName,
  report: Report,
): void {
  const hint = hintFor(word, names)
  report.add(document, path, { code: 'AO1103', message, ...(hint === undefined ? {} : { hint }) })
}

interface UnknownName {
  readonly message: string
  readonly word: string
  readonly names: readonly string[]
}

function isKnown(key: ResourceKey, { declarations, context }: Known): boolean {
  return declarations.has(key) || isThere(context.existing.get(key))
}

function isThere(object: Desired | undefined): boolean {
  return object !== undefined && object.deletionTimestamp === undefined
}

function namesOf(kind: Declared['kind'], { declarations, context }: Known): readonly string[] {
  const objects = [...declarations.values(), ...[...context.existing.values()].filter(isThere)]
  return [...new Set(objects.filter(one => one.kind === kind).map(one => one.name))].sort()
}
