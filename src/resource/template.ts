/** `{{ name }}`, or an opening that is never closed. */
const FIELD = /\{\{([^{}]*)\}\}|\{\{/g

/** One `{{…}}` in a text; `name` is undefined for an opening without its end. */
export interface TemplateField {
  readonly name: string | undefined
  /** As it is written. */
  readonly text: string
  readonly index: number
}

export type TemplateValues = Readonly<Record<string, string | undefined>>

/** Every field that a text names, in order. */
export function templateFields(text: string): readonly TemplateField[] {
  return [...text.matchAll(FIELD)].map(match => ({
    name: match[1]?.trim(),
    text: match[0],
    index: match.index,
  }))
}

/** The text with its fields filled in, each through `escape`; a field without a value is empty. What is filled in is never read as a template. */
export function fillTemplate(
  text: string,
  values: TemplateValues,
  escape: (value: string) => string = value => value,
): string {
  return text.replaceAll(FIELD, (match: string, name: string | undefined) =>
    name === undefined ? match : escape(values[name.trim()] ?? ''),
  )
}
