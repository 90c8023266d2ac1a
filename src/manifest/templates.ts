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
  /** What `ao explain` calls the value's place, such as `notifier.spec.config`. */
  readonly explain: string
}

/** Reports every field that a template names and nobody fills in; says whether there is none. */
export function checkTemplates(
  document: ManifestDocument,
  { at, value, schema, explain }: TemplateHolder,
  report: Report,
): boolean {
  const known = schema['x-template']
  if (typeof value === 'string') {
    return known === undefined || checkText(document, { at, text: value, known, explain }, report)
  }
  // A secret is not known yet, and is no template.
  if (typeof value !== 'object' || value === null || 'valueFrom' in value) return true
  const inner = Object.entries(value).map(([name, item]: [string, unknown]) => {
    const isField = known === undefined && schema.properties?.[name] !== undefined
    const holder = {
      at: [...at, name],
      value: item,
      schema: schemaOf(schema, name),
      explain: isField ? `${explain}.${name}` : explain,
    }
    return checkTemplates(document, holder, report)
  })
  return inner.every(Boolean)
}

/** Reports the unknown fields of one text. */
export function checkText(
  document: ManifestDocument,
  { at, text, known, explain }: Template,
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
    report.addInside(document, at, inside, {
      code: 'AO1209',
      message,
      hint,
      next: `ao explain ${explain}`,
    })
  }
  return wrong.length === 0
}

interface Template extends Pick<TemplateHolder, 'at' | 'explain'> {
  readonly text: string
  readonly known: readonly string[]
}

/** Everything below a template is one. */
function schemaOf(schema: SchemaNode, name: string): SchemaNode {
  if (schema['x-template'] !== undefined) return { 'x-template': schema['x-template'] }
  const { properties, additionalProperties, items } = schema
  const own = properties?.[name] ?? items
  if (own !== undefined) return own
  return typeof additionalProperties === 'object' ? additionalProperties : {}
}
