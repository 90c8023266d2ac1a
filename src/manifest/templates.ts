import { templateFields } from '../resource/template.ts'
import type { ManifestDocument, Path } from './document.ts'
import { innerSpan } from './inner-span.ts'
import type { Report } from './report.ts'
import type { SchemaNode } from './schema-tree.ts'
import { nearest } from './suggest.ts'

/** A value and the schema that says which of its texts are templates. */
export interface TemplateHolder {
  readonly at: Path
  readonly value: unknown
  readonly schema: SchemaNode
}

/** Reports every field that a template names and nobody fills in; says whether there is none. */
export function checkTemplates(
  document: ManifestDocument,
  { at, value, schema }: TemplateHolder,
  report: Report,
): boolean {
  const known = schema['x-template']
  if (typeof value === 'string') {
    return known === undefined || checkText(document, { at, text: value, known }, report)
  }
  // A secret is not known yet, and is no template.
  if (typeof value !== 'object' || value === null || 'valueFrom' in value) return true
  const inner = Object.entries(value).map(([name, item]: [string, unknown]) =>
    checkTemplates(
      document,
      { at: [...at, name], value: item, schema: schemaOf(schema, name) },
      report,
    ),
  )
  return inner.every(Boolean)
}

/** Reports the unknown fields of one text. */
export function checkText(
  document: ManifestDocument,
  {
    at,
    text,
    known,
  }: { readonly at: Path; readonly text: string; readonly known: readonly string[] },
  report: Report,
): boolean {
  const wrong = templateFields(text).filter(
    ({ name }) => name === undefined || !known.includes(name),
  )
  for (const field of wrong) {
    const { name } = field
    const near = name === undefined ? undefined : nearest(name, known)
    const message =
      name === undefined
        ? `${at.join('.')} opens {{ and never closes it`
        : `${at.join('.')} names the unknown field "${name}"`
    const list = `known: ${known.join(', ')}`
    const hint = near === undefined ? list : `did you mean "${near}"? ${list}`
    const inside = innerSpan(document, { at, text }, field)
    report.addInside(document, at, inside, { code: 'AO1209', message, hint })
  }
  return wrong.length === 0
}

/** Everything below a template is one. */
function schemaOf(schema: SchemaNode, name: string): SchemaNode {
  if (schema['x-template'] !== undefined) return { 'x-template': schema['x-template'] }
  const { properties, additionalProperties, items } = schema
  const own = properties?.[name] ?? items
  if (own !== undefined) return own
  return typeof additionalProperties === 'object' ? additionalProperties : {}
}
