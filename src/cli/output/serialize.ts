import { API_VERSION } from '../../resource/key.ts'

export type MachineOutput = 'json' | 'jsonl' | 'yaml' | 'name'

/** A list as kubectl prints it. */
export function listOf<T>(items: readonly T[]): {
  readonly apiVersion: typeof API_VERSION
  readonly kind: 'List'
  readonly items: readonly T[]
} {
  return { apiVersion: API_VERSION, kind: 'List', items }
}

/** Escapes are JSON's own, so a terminal never sees a raw control character. */
export function toJson(value: unknown): string {
  return `${escapeControls(JSON.stringify(value, undefined, 2))}\n`
}

/** One document for each line. */
export function toJsonLines(items: readonly unknown[]): string {
  return items.map(item => `${escapeControls(JSON.stringify(item))}\n`).join('')
}

/** The YAML library is loaded here and not before, because `ao get` must start quickly. */
export async function toYaml(value: unknown): Promise<string> {
  const { stringify } = await import('yaml')
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })
}

/** JSON.stringify leaves DEL and the C1 controls as they are; some terminals obey them. */
function escapeControls(json: string): string {
  return json.replace(
    /[\u007f-\u009f]/g,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
