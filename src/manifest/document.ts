import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
  type Pair,
} from 'yaml'

import type { Position } from '../resource/spec.ts'
import type { ManifestFile } from './load.ts'
import { inspectTree, type OldBoolean } from './inspect.ts'
import { fileProblem, type Problem, type ProblemCode } from './problem.ts'

/** Keys and indexes from a document's root. */
export type Path = readonly (string | number)[]

/** Characters of a file from `start` up to `end`. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** One YAML document with its place in a file; `value` is what it says as plain data. */
export interface ManifestDocument {
  readonly file: ManifestFile
  /** From 1. */
  readonly number: number
  readonly value: unknown
  readonly root: Node
  readonly lines: LineCounter
  readonly oldBooleans: readonly OldBoolean[]
}

/** What else a problem may say besides where and what. */
export type ProblemDetails = Partial<
  Pick<Problem, 'object' | 'hint' | 'next' | 'also' | 'severity'>
>

export type Part = 'key' | 'value'

/** Anchors are for a handful of shared values; more than this is an attack or an accident. */
const MAX_ALIASES = 100
const SYNTAX_PROBLEMS_A_DOCUMENT = 5

/** What a file's text gives: the documents that can be read, and everything wrong with the text. */
export interface ParsedFile {
  readonly documents: readonly ManifestDocument[]
  readonly problems: readonly Problem[]
}

/** Reads a file's documents; one with a mistake that leaves its meaning clear is among the documents and the problems. */
export function parseDocuments(file: ManifestFile): ParsedFile {
  const lines = new LineCounter()
  let parsed: readonly Document.Parsed[]
  try {
    parsed = [
      ...parseAllDocuments(file.text, {
        lineCounter: lines,
        prettyErrors: false,
        schema: 'core',
        strict: true,
        stringKeys: true,
        // Dates, sets and bytes have no place in a manifest, tagged or not.
        resolveKnownTags: false,
        // Pairs of keys would be compared one by one; `inspectTree` does it with a set.
        uniqueKeys: false,
      }),
    ]
  } catch (error) {
    return { documents: [], problems: [unreadable(file, error)] }
  }
  const conflict = conflictIn(file, lines)
  if (conflict !== undefined) return { documents: [], problems: [conflict] }
  const results = parsed.map((document, index) => readDocument(file, index + 1, document, lines))
  return {
    documents: results.flatMap(result => result.documents),
    problems: results.flatMap(result => result.problems),
  }
}

/** Where a field stands; when it is not there, its nearest ancestor that is. */
export function spanOf(document: Pick<ManifestDocument, 'root'>, path: Path, part: Part): Span {
  let node: Node = document.root
  let span = spanOfNode(node)
  for (const [index, step] of path.entries()) {
    const isLast = index === path.length - 1
    const child = childOf(node, step)
    if (child === undefined) return span
    const key = 'key' in child ? child.key : undefined
    const keySpan = key === undefined ? undefined : spanOfNode(key)
    const value = child.value
    if (isLast && part === 'key' && keySpan !== undefined) return keySpan
    if (value === null) return keySpan ?? span
    // What is missing inside a block is told at the block's key: its first line belongs to something else.
    const isBlock = isMap(value) || isSeq(value)
    span = isLast || keySpan === undefined || !isBlock ? spanOfNode(value) : keySpan
    node = value
  }
  return span
}

export function positionOf(document: ManifestDocument, path: Path, part: Part = 'value'): Position {
  return positionAt(document, spanOf(document, path, part))
}

/** A problem at a field. */
export function problemAt(
  document: ManifestDocument,
  where: { readonly path: Path; readonly part?: Part },
  problem: { readonly code: ProblemCode; readonly message: string } & ProblemDetails,
): Problem {
  return spanProblem(document, spanOf(document, where.path, where.part ?? 'value'), problem)
}

/** A problem at some characters of a document. */
export function spanProblem(
  document: Pick<ManifestDocument, 'file' | 'lines' | 'number'>,
  span: Span,
  problem: { readonly code: ProblemCode; readonly message: string } & ProblemDetails,
): Problem {
  const position = positionAt(document, span)
  const start = document.lines.lineStarts[position.line - 1] ?? 0
  const sourceLine = lineFrom(document.file.text, start)
  const room = Math.max(1, sourceLine.length - (position.col - 1))
  const length = Math.min(Math.max(1, span.end - span.start), room)
  return {
    ...position,
    severity: 'error',
    length,
    sourceLine,
    document: document.number,
    ...problem,
  }
}

function positionAt(document: Pick<ManifestDocument, 'file' | 'lines'>, span: Span): Position {
  const { line, col } = document.lines.linePos(span.start)
  return { file: document.file.path, line: Math.max(1, line), col: Math.max(1, col) }
}

function lineFrom(text: string, start: number): string {
  const end = text.indexOf('\n', start)
  return text.slice(start, end === -1 ? undefined : end).replace(/\r$/, '')
}

function childOf(
  node: Node,
  step: string | number,
): Pair<Node, Node | null> | { readonly value: Node } | undefined {
  if (isMap<Node, Node | null>(node)) {
    return node.items.find(pair => isScalar(pair.key) && String(pair.key.value) === String(step))
  }
  if (!isSeq<Node>(node)) return undefined
  const item = node.items[Number(step)]
  return item === undefined ? undefined : { value: item }
}

function spanOfNode(node: Node): Span {
  const [start, end] = node.range ?? [0, 0]
  return { start, end }
}

/** A merge that nobody finished: what YAML makes of its markers helps nobody. */
function conflictIn(file: ManifestFile, lines: LineCounter): Problem | undefined {
  const start = /^<{7} /m.exec(file.text)?.index
  if (start === undefined || !file.text.includes('\n=======', start)) return undefined
  const span = { start, end: file.text.indexOf('\n', start) }
  const message = 'a merge conflict stands here'
  const hint = 'finish the merge first'
  const { document: _none, ...problem } = spanProblem({ file, lines, number: 0 }, span, {
    code: 'AO1001',
    message,
    hint,
  })
  return problem
}

function isBlank(root: Node): boolean {
  return isScalar(root) && root.value === null && (root.source ?? '') === ''
}

function readDocument(
  file: ManifestFile,
  number: number,
  document: Document.Parsed,
  lines: LineCounter,
): ParsedFile {
  const where = { file, number, lines }
  const errors = syntaxProblems(where, document)
  const root = document.contents
  if (errors.length > 0) return { documents: [], problems: errors }
  if (root === null || isBlank(root)) return { documents: [], problems: [] }
  const { problems: found, oldBooleans } = inspectTree(root)
  const problems = found.map(({ span, isFatal: _fatal, ...problem }) =>
    spanProblem(where, span, problem),
  )
  if (found.some(problem => problem.isFatal)) return { documents: [], problems }
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES })
    return { documents: [{ ...where, root, value, oldBooleans }], problems }
  } catch (error) {
    // The library says so with a ReferenceError; its words are about its own settings.
    const message =
      error instanceof ReferenceError
        ? `the aliases of this document stand for more than ${MAX_ALIASES} values; write them out`
        : `this document cannot be read: ${messageOf(error)}`
    const problem = spanProblem(where, spanOfNode(root), { code: 'AO1008', message })
    return { documents: [], problems: [...problems, problem] }
  }
}

function syntaxProblems(
  where: Pick<ManifestDocument, 'file' | 'number' | 'lines'>,
  document: Document.Parsed,
): readonly Problem[] {
  const problems = [...document.errors, ...document.warnings]
    .slice(0, SYNTAX_PROBLEMS_A_DOCUMENT)
    .map(({ pos, code, message }) => {
      const span = { start: pos[0], end: pos[1] }
      return spanProblem(where, span, { code: 'AO1001', ...wordsFor(code, message) })
    })
  const { yaml } = document.directives
  if (yaml.explicit !== true || yaml.version === '1.2') return problems
  const message = `manifests are YAML 1.2, not ${yaml.version}`
  const hint = 'leave the %YAML line out'
  return [spanProblem(where, { start: 0, end: 1 }, { code: 'AO1001', message, hint }), ...problems]
}

function wordsFor(
  code: string,
  message: string,
): { readonly message: string; readonly hint?: string } {
  if (code === 'TAB_AS_INDENT') {
    return { message: 'a tab cannot indent YAML', hint: 'use spaces' }
  }
  if (code === 'TAG_RESOLVE_FAILED') {
    return { message: message.replace(/^Unresolved tag/, 'unknown tag'), hint: 'leave the tag out' }
  }
  if (message.startsWith('Maximum call stack')) return { message: 'this is nested too deeply' }
  if (code === 'NON_STRING_KEY') return { message: 'a key must be a plain word or a string' }
  return { message: message.charAt(0).toLowerCase() + message.slice(1) }
}

function unreadable(file: ManifestFile, error: unknown): Problem {
  const message =
    error instanceof RangeError
      ? 'this file is nested too deeply'
      : `this file cannot be read as YAML: ${messageOf(error)}`
  return fileProblem(file.path, 'AO1001', message)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
