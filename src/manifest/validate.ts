import { API_VERSION, keyOf, KINDS, type Kind, type ResourceKey } from '../resource/key.ts'
import type { Manifest } from '../resource/types.gen.ts'
import type { ManifestDocument, Path } from './document.ts'
import { checkOldBooleans } from './old-booleans.ts'
import type { Report } from './report.ts'
import { findingsOf, valueInWords, type Finding } from './schema-errors.ts'
import { schemaDefinitions } from './schema-tree.ts'
import { hintFor } from './suggest.ts'
import {
  validateNotifier,
  validateOrchestrator,
  validateProject,
  validateWorker,
  type Validator,
} from './validators.gen.js'

/** An object that a document declares; `manifest` is what its schema takes of it, which is all of it in a sound document. */
export interface Declared {
  readonly document: ManifestDocument
  readonly key: ResourceKey
  readonly kind: Kind
  readonly name: string
  readonly manifest?: Manifest
}

const VALIDATORS: Readonly<Record<Kind, Validator>> = {
  Project: validateProject,
  Orchestrator: validateOrchestrator,
  Worker: validateWorker,
  Notifier: validateNotifier,
}

/** Checks a document against its kind's schema. Undefined when it doesn't even say what it is. */
export function validateDocument(document: ManifestDocument, report: Report): Declared | undefined {
  const { value } = document
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const message = `a manifest is a mapping with apiVersion, kind, metadata and spec, not ${valueInWords(value)}`
    report.add(document, [], { code: 'AO1004', message })
    return undefined
  }
  const kind = kindOf(document, value, report)
  if (kind === undefined) return undefined
  const validate = VALIDATORS[kind]
  const schema = schemaDefinitions()[kind] ?? {}
  // What the schema leaves open is for plugins, which have schemas of their own.
  checkOldBooleans(document, { at: [], schema, open: 'pass' }, report)
  const isValid = validate(value)
  const checked = {
    schema,
    value,
    at: [],
    explain: kind.toLowerCase(),
  }
  const findings = isValid ? [] : findingsOf(validate.errors ?? [], checked)
  for (const { path, ...finding } of findings) report.add(document, path, finding)
  const name = nameIn(value)
  if (name === undefined) return undefined
  const usable = isValid ? value : withoutMistakes(kind, value, findings)
  const declared = { document, kind, name, key: keyOf(kind, name) }
  return isValid || validate(usable) ? { ...declared, manifest: usable as Manifest } : declared
}

/** What is left when the wrong fields are taken out: the rest may have mistakes of its own that only other rules see. */
function withoutMistakes(kind: Kind, value: object, findings: readonly Finding[]): object {
  const copy: { spec?: unknown } = structuredClone(value)
  for (const { path, code } of findings) {
    if (code !== 'AO1006') removeAt(copy, path)
  }
  const { spec } = copy
  const isTaskless =
    typeof spec === 'object' && spec !== null && !('prompt' in spec || 'issue' in spec)
  return kind === 'Worker' && isTaskless ? { ...copy, spec: { ...spec, prompt: 'unknown' } } : copy
}

/** A list with a wrong entry goes as a whole: in what is left, the places of the others would no longer be theirs. */
function removeAt(root: object, path: Path): void {
  let holder = root as Record<string, unknown>
  for (const [index, step] of path.entries()) {
    const inner = holder[step]
    const isLast = index === path.length - 1
    if (isLast || Array.isArray(inner) || typeof inner !== 'object' || inner === null) {
      Reflect.deleteProperty(holder, step)
      return
    }
    holder = inner as Record<string, unknown>
  }
}

function kindOf(document: ManifestDocument, value: object, report: Report): Kind | undefined {
  const kind: unknown = 'kind' in value ? value.kind : undefined
  const known = KINDS.find(name => name === kind)
  if (known !== undefined) return known
  if (kind === undefined) {
    const hint = `a manifest starts with "apiVersion: ${API_VERSION}" and "kind: Worker"`
    report.add(document, [], { code: 'AO1006', message: 'kind is missing', hint })
    return undefined
  }
  const word = typeof kind === 'string' ? kind : undefined
  const message =
    word === undefined ? `kind must be text, not ${valueInWords(kind)}` : `unknown kind "${word}"`
  const hint = hintFor(word ?? '', KINDS)
  report.add(document, ['kind'], {
    code: 'AO1009',
    message,
    ...(hint === undefined ? {} : { hint }),
  })
  return undefined
}

function nameIn(value: object): string | undefined {
  const metadata: unknown = 'metadata' in value ? value.metadata : undefined
  if (typeof metadata !== 'object' || metadata === null || !('name' in metadata)) return undefined
  return typeof metadata.name === 'string' ? metadata.name : undefined
}
