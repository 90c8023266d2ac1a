import { API_VERSION } from '../../resource/key.ts'

const OBEYED = /[\u007f-\u009f]/
const EVERY_OBEYED = new RegExp(OBEYED, 'g')

export type MachineOutput = 'json' | 'jsonl' | 'yaml' | 'name'

/** A list as kubectl prints it. */
export function listOf<T>(items: readonly T[]): {
  readonly apiVersion: typeof API_VERSION
  readonly kind: 'List'
  readonly items: readonly T[]
} {
  return { apiVersion: API_VERSION, kind: 'List', items }
}

/** No raw control character is in it: a terminal may show it as it is. */
export function toJson(value: unknown): string {
  return `${escapeControls(JSON.stringify(value, undefined, 2))}\n`
}

/** One document for each line. */
export function toJsonLines(items: readonly unknown[]): string {
  return items.map(item => `${escapeControls(JSON.stringify(item))}\n`).join('')
}

/** The YAML library is loaded here and not before, because `ao get` must start quickly. */
export async function toYaml(value: unknown): Promise<string> {
  const { Document, visit } = await import('./yaml.ts')
  const document = new Document(value, { aliasDuplicateObjects: false })
  visit(document, {
    Scalar(_, node) {
      // Only a quoted text may say a character by its number.
      if (typeof node.value === 'string' && OBEYED.test(node.value)) node.type = 'QUOTE_DOUBLE'
    },
  })
  return escapeControls(document.toString({ lineWidth: 0 }))
}

/** Some terminals obey DEL and the C1 controls, which JSON and YAML leave as they are. */
function escapeControls(text: string): string {
  return text.replaceAll(
    EVERY_OBEYED,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
