import type { ManifestDocument, Path } from './document.ts'
import type { Report } from './report.ts'
import type { Environment } from './variables.ts'

/**
 * A channel's secrets may stand elsewhere: gives the places of every `{valueFrom: …}` in the settings, as JSON pointers, and
 * reports those that don't say where.
 */
export function checkSecrets(
  document: ManifestDocument,
  { at, settings }: { readonly at: Path; readonly settings: object },
  env: Environment,
  report: Report,
): readonly string[] {
  return Object.entries(settings).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value !== 'object' || value === null) return []
    const path = [...at, name]
    const pointer = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (!('valueFrom' in value)) {
      const inner = checkSecrets(document, { at: path, settings: value }, env, report)
      return inner.map(place => pointer + place)
    }
    checkOrigin(document, { path, from: value.valueFrom }, env, report)
    return [pointer]
  })
}

function checkOrigin(
  document: ManifestDocument,
  { path, from }: { readonly path: Path; readonly from: unknown },
  env: Environment,
  report: Report,
): void {
  const entries = typeof from === 'object' && from !== null ? Object.entries(from) : []
  const [kind, place]: readonly unknown[] = entries[0] ?? []
  const isKnown = kind === 'env' || kind === 'file' || kind === 'command'
  if (entries.length !== 1 || !isKnown) {
    const message = `${path.join('.')}.valueFrom takes exactly one of env, file and command`
    report.add(document, [...path, 'valueFrom'], { code: 'AO1202', message })
  } else if (kind === 'command' ? !isCommand(place) : !isText(place)) {
    const what = kind === 'command' ? 'a program and its arguments as a list' : 'a text'
    const message = `${path.join('.')}.valueFrom.${kind} must be ${what}`
    report.add(document, [...path, 'valueFrom', kind], { code: 'AO1202', message })
  } else if (kind === 'env' && isText(place) && env[place] === undefined) {
    const message = `the environment variable ${place} is not set`
    const next = `export ${place}=…`
    report.add(document, [...path, 'valueFrom', 'env'], { code: 'AO1204', message, next })
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** As it is run: without a shell. */
function isCommand(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isText)
}
