import { readFile } from 'node:fs/promises'
import { LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'

import { errnoOf } from '../../errors.ts'
import { readSteps } from './script-steps.ts'
import type { Step } from './script-schema.ts'
import type { StepProblem } from './script-steps.ts'

export type Scenario =
  | { readonly ok: true; readonly steps: readonly Step[] }
  /** Each names the file, and the line and column where there is one. */
  | { readonly ok: false; readonly problems: readonly string[] }

/** Reads and validates a scenario file: a YAML list of steps. */
export async function loadScenario(path: string): Promise<Scenario> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    return { ok: false, problems: [`${path}: ${reasonOf(error)}`] }
  }
  return parseScenario(text, path)
}

/** `name` is what the problems call the file. */
export function parseScenario(text: string, name: string): Scenario {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${name}:${line}:${col}`
  }
  if (document.errors.length > 0) {
    const problems = document.errors.map(error => `${at(error.pos[0])}: ${error.message}`)
    return { ok: false, problems }
  }
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 50 })
  } catch (error) {
    return { ok: false, problems: [`${name}: ${reasonOf(error)}`] }
  }
  const read = readSteps(value)
  if (read.ok) return read
  const tell = (problem: StepProblem): string =>
    `${at(offsetOf(document, problem.path))}: ${placeOf(problem.path)}${problem.message}`
  return { ok: false, problems: read.problems.map(tell) }
}

/** `step 3, serve.on.0: `, counting steps from 1 as people do; nothing for the list itself. */
export function placeOf(path: StepProblem['path']): string {
  const [first, ...rest] = path
  if (typeof first !== 'number') return ''
  return rest.length === 0 ? `step ${first + 1}: ` : `step ${first + 1}, ${rest.join('.')}: `
}

/** Where the innermost node on the path that exists begins. */
function offsetOf(document: Document.Parsed, path: StepProblem['path']): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true)
    const offset = startOf(node)
    if (offset !== undefined) return offset
  }
  return startOf(document.contents) ?? 0
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined
  const range = node.range
  if (!Array.isArray(range)) return undefined
  const start: unknown = range[0]
  return typeof start === 'number' ? start : undefined
}

function reasonOf(error: unknown): string {
  if (errnoOf(error) === 'ENOENT') return 'there is no such file'
  return error instanceof Error ? error.message : String(error)
}
