import type { Position } from '../resource/spec.ts'

/** What can be wrong with manifests, as a closed list; a code never changes its meaning. */
export const PROBLEM_CODES = {
  AO1001: 'not YAML',
  AO1002: 'duplicate key',
  AO1003: 'unknown field',
  AO1004: 'wrong type',
  AO1005: 'value not allowed',
  AO1006: 'field missing',
  AO1007: 'YAML 1.1 boolean',
  AO1008: 'anchors and aliases',
  AO1009: 'not one of our kinds',
  AO1010: 'nothing to read',
  AO1011: 'cannot be read',
  AO1012: 'too large',
  AO1101: 'declared twice',
  AO1102: 'branch used twice',
  AO1103: 'unknown reference',
  AO1104: 'dependency cycle',
  AO1105: 'orchestrator',
  AO1106: 'session name taken',
  AO1107: 'not a branch name',
  AO1201: 'unknown plugin',
  AO1202: 'plugin settings',
  AO1203: 'needs a terminal',
  AO1204: 'environment variable',
  AO1205: 'path leaves its root',
  AO1206: 'file missing',
  AO1207: 'tracker missing',
  AO1208: 'repository unknown',
  AO1209: 'template',
} as const

export type ProblemCode = keyof typeof PROBLEM_CODES

/** One thing wrong with a manifest. `line` 0 means the file as a whole. */
export interface Problem extends Position {
  readonly code: ProblemCode
  readonly severity: 'error' | 'warning'
  /** One sentence without a full stop. */
  readonly message: string
  /** How many characters from `col` on are meant. */
  readonly length: number
  /** The text of `line`; empty when there is none. */
  readonly sourceLine: string
  /** Such as `Worker app-7`. */
  readonly object?: string
  /** Which document of the file, from 1. */
  readonly document?: number
  /** What would be right, such as `did you mean "prompt"?`. */
  readonly hint?: string
  /** The command that helps, such as `ao explain worker.spec.prompt`. */
  readonly next?: string
  /** The other places it is about. */
  readonly also?: readonly Position[]
}

/** Problems in the order of files and lines, each told once. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  const sorted = problems.toSorted(
    (a, b) =>
      compareText(a.file, b.file) ||
      a.line - b.line ||
      a.col - b.col ||
      compareText(a.code, b.code) ||
      compareText(a.message, b.message),
  )
  return sorted.filter((problem, index) => {
    const previous = sorted[index - 1]
    return previous === undefined || !isSame(previous, problem)
  })
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(problem => problem.severity === 'error')
}

/** A problem with a whole file or folder. */
export function fileProblem(
  file: string,
  code: ProblemCode,
  message: string,
  more: Pick<Problem, 'hint' | 'next'> = {},
): Problem {
  return {
    file,
    code,
    message,
    severity: 'error',
    line: 0,
    col: 0,
    length: 0,
    sourceLine: '',
    ...more,
  }
}

/** Order by code units: the same everywhere, whatever the locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function isSame(a: Problem, b: Problem): boolean {
  return (
    a.file === b.file &&
    a.line === b.line &&
    a.col === b.col &&
    a.code === b.code &&
    a.message === b.message
  )
}
