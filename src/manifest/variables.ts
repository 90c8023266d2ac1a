import { join } from 'node:path'

import { HouseError } from '../errors.ts'
import type { Kind } from '../resource/key.ts'
import type { ManifestDocument, Path } from './document.ts'
import { innerSpan } from './inner-span.ts'
import type { Report } from './report.ts'
import { fieldsOf } from './schema-tree.ts'
import type { Declared } from './validate.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** `$${`, a variable, or a `${` that is none. */
const VARIABLE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{[^}\s]*\}?/g

const expandedFields = new Map<Kind, readonly string[]>()

/** The text with every `${NAME}` replaced and `$${` as `${`. Throws `EnvironmentMissing` when a variable is not set. */
export function expand(text: string, env: Environment): string {
  return text.replaceAll(VARIABLE, (match: string, name: string | undefined) => {
    if (match === '$${') return '${'
    if (name === undefined) {
      throw new HouseError('InvalidManifest', `"${match}" is not a variable; $\${ is a plain \${`)
    }
    const value = env[name]
    if (value !== undefined) return value
    throw new HouseError('EnvironmentMissing', `the environment variable ${name} is not set`, {
      next: `export ${name}=…`,
    })
  })
}

/** A path of a resolved spec as the file system takes it: variables and a leading `~` replaced. */
export function expandPath(text: string, env: Environment, homeDir: string): string {
  const path = expand(text, env)
  if (path === '~') return homeDir
  return path.startsWith('~/') ? join(homeDir, path.slice(2)) : path
}

/** Reports variables that are not set, and what only looks like one, in the fields that are expanded. */
export function checkVariables(declared: Declared, env: Environment, report: Report): void {
  const { document, manifest } = declared
  for (const field of fieldsToExpand(declared.kind)) {
    const at = field.split('.')
    checkExpanded(document, { at, value: valueAt(manifest, at) }, env, report)
  }
}

/** The same of one value that is expanded, and of all texts in it. */
export function checkExpanded(
  document: ManifestDocument,
  { at: place, value }: { readonly at: Path; readonly value: unknown },
  env: Environment,
  report: Report,
): void {
  for (const { at, text } of textsIn(value, place)) {
    for (const found of text.matchAll(VARIABLE)) {
      const [match, name] = found
      if (match === '$${' || (name !== undefined && env[name] !== undefined)) continue
      const complaint =
        name === undefined
          ? { message: `"${match}" is not a variable`, hint: 'write $${ for a plain ${' }
          : { message: `the environment variable ${name} is not set`, next: `export ${name}=…` }
      const inner = innerSpan(document, { at, text }, { text: found[0], index: found.index })
      report.addInside(document, at, inner, { code: 'AO1204', ...complaint })
    }
  }
}

function fieldsToExpand(kind: Kind): readonly string[] {
  const known = expandedFields.get(kind)
  if (known !== undefined) return known
  const fields = fieldsOf(kind)
    .filter(field => field.node['x-expand'] === true)
    .map(field => field.path)
  expandedFields.set(kind, fields)
  return fields
}

interface Text {
  readonly at: Path
  readonly text: string
}

function textsIn(value: unknown, at: Path): readonly Text[] {
  if (typeof value === 'string') return [{ at, text: value }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => textsIn(inner, [...at, key]))
}

function valueAt(value: unknown, path: Path): unknown {
  let inner = value
  for (const step of path) {
    if (typeof inner !== 'object' || inner === null) return undefined
    inner = (inner as Record<string, unknown>)[step]
  }
  return inner
}
