import { API_VERSION, keyOf, KINDS, type Kind, type ResourceKey } from '../resource/key.ts'
import type { Manifest } from '../resource/types.gen.ts'
import type { ManifestDocument } from './document.ts'
import type { Report } from './report.ts'
import { findingsOf, valueInWords } from './schema-errors.ts'
import { schemaDefinitions } from './schema-tree.ts'
import { hintFor } from './suggest.ts'
import {
  validateNotifier,
  validateOrchestrator,
  validateProject,
  validateWorker,
  type Validator,
} from './validators.gen.js'

/** An object that a document declares; it has passed its schema when `manifest` is there. */
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
  const isValid = validate(value)
  const checked = {
    schema: schemaDefinitions()[kind] ?? {},
    value,
    at: [],
    explain: kind.toLowerCase(),
  }
  for (const { path, ...finding } of isValid ? [] : findingsOf(validate.errors ?? [], checked)) {
    report.add(document, path, finding)
  }
  const name = nameIn(value)
  if (name === undefined) return undefined
  const declared = { document, kind, name, key: keyOf(kind, name) }
  return isValid ? { ...declared, manifest: value as Manifest } : declared
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
