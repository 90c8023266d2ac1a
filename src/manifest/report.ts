import {
  problemAt,
  spanOf,
  spanProblem,
  type ManifestDocument,
  type Part,
  type Path,
  type ProblemDetails,
  type Span,
} from './document.ts'
import type { Problem, ProblemCode } from './problem.ts'

export interface Complaint extends ProblemDetails {
  readonly code: ProblemCode
  readonly message: string
  readonly part?: Part
}

/** Collects what is wrong, and remembers which documents can't be used because of it. */
export class Report {
  readonly problems: Problem[] = []
  /** Absolute paths of files that were read besides the manifests. */
  readonly alsoRead = new Set<string>()
  readonly #unsound = new Set<string>()

  /** Takes problems that were found before there were objects; their documents are unsound. */
  include(problems: readonly Problem[], documents: readonly ManifestDocument[] = []): void {
    for (const problem of problems) {
      if (problem.document !== undefined) this.#unsound.add(`${problem.file}#${problem.document}`)
      const document = documents.find(one => one.number === problem.document)
      const object = document === undefined ? undefined : labelOf(document)
      this.problems.push(object === undefined ? problem : { ...problem, object })
    }
  }

  /** A problem at a field of a document, which is unsound from now on. */
  add(document: ManifestDocument, path: Path, { part, ...complaint }: Complaint): void {
    this.blame(document)
    const where = { path, ...(part === undefined ? {} : { part }) }
    const object = labelOf(document)
    this.problems.push(
      problemAt(document, where, { ...(object === undefined ? {} : { object }), ...complaint }),
    )
  }

  /** A problem at some characters of a field's value, counted from where the value starts. */
  addInside(document: ManifestDocument, path: Path, inner: Span, complaint: Complaint): void {
    this.blame(document)
    const { start } = spanOf(document, path, 'value')
    const object = labelOf(document)
    const { part: _part, ...problem } = complaint
    this.problems.push(
      spanProblem(
        document,
        { start: start + inner.start, end: start + inner.end },
        { ...(object === undefined ? {} : { object }), ...problem },
      ),
    )
  }

  /** The document takes part in a problem that is told elsewhere. */
  blame(document: ManifestDocument): void {
    this.#unsound.add(`${document.file.path}#${document.number}`)
  }

  isSound(document: ManifestDocument): boolean {
    return !this.#unsound.has(`${document.file.path}#${document.number}`)
  }
}

/** Such as `Worker app-7`; as much of it as the document says. */
function labelOf({ value }: ManifestDocument): string | undefined {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined
  const { kind } = value
  if (typeof kind !== 'string') return undefined
  const metadata: unknown = 'metadata' in value ? value.metadata : undefined
  const named = typeof metadata === 'object' && metadata !== null && 'name' in metadata
  const name: unknown = named ? metadata.name : undefined
  return typeof name === 'string' ? `${kind} ${name}` : kind
}
