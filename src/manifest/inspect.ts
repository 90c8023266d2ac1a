import { isAlias, isMap, isScalar, isSeq, Scalar, type Node } from 'yaml'

import type { Problem, ProblemCode } from './problem.ts'

/** Something in the text that YAML allows and we do not. */
export interface TextProblem extends Pick<Problem, 'message' | 'hint'> {
  readonly code: ProblemCode
  readonly span: { readonly start: number; readonly end: number }
  /** What the document means can't be told. */
  readonly isFatal: boolean
}

/** Words that YAML 1.1 reads as booleans, and which boolean each was. */
const OLD_BOOLEANS: Readonly<Record<string, boolean>> = {
  yes: true,
  on: true,
  no: false,
  off: false,
}

/** Deeper than any manifest, and shallow enough for everything that walks it. */
const MAX_DEPTH = 60

interface Walk {
  readonly problems: TextProblem[]
  readonly anchors: Set<string>
  /** Anchors of the collections we are inside of. */
  readonly open: Set<string>
}

/** What a document's text has that is legal YAML and still a mistake: old booleans, keys twice, aliases that lead nowhere. */
export function inspectTree(root: Node | null): readonly TextProblem[] {
  const walk: Walk = { problems: [], anchors: new Set(), open: new Set() }
  if (root !== null) visit(root, 0, walk)
  return walk.problems
}

function visit(node: Node, depth: number, walk: Walk): void {
  if (depth > MAX_DEPTH) {
    report(walk, node, { code: 'AO1012', message: 'this is nested too deeply' })
    return
  }
  if (isAlias(node)) {
    visitAlias(node, node.source, walk)
    return
  }
  const anchor = 'anchor' in node ? node.anchor : undefined
  if (anchor !== undefined) walk.anchors.add(anchor)
  if (isScalar(node)) {
    checkOldBoolean(node, walk)
    return
  }
  if (anchor !== undefined) walk.open.add(anchor)
  if (isMap<Node, Node | null>(node)) {
    const seen = new Set<string>()
    for (const { key, value } of node.items) {
      checkKey(key, seen, walk)
      if (value !== null) visit(value, depth + 1, walk)
    }
  }
  if (isSeq<Node>(node)) {
    for (const item of node.items) visit(item, depth + 1, walk)
  }
  if (anchor !== undefined) walk.open.delete(anchor)
}

function visitAlias(node: Node, name: string, walk: Walk): void {
  if (!walk.anchors.has(name)) {
    report(walk, node, { code: 'AO1008', message: `no anchor "&${name}" comes before this alias` })
  } else if (walk.open.has(name)) {
    report(walk, node, {
      code: 'AO1008',
      message: `the alias "*${name}" stands inside what it stands for`,
    })
  }
}

function checkKey(key: Node, seen: Set<string>, walk: Walk): void {
  if (!isScalar(key)) {
    report(walk, key, { code: 'AO1001', message: 'a key must be a plain word or a string' })
    return
  }
  checkOldBoolean(key, walk)
  const name = String(key.value)
  if (name === '<<') {
    report(walk, key, {
      code: 'AO1001',
      message: 'merge keys are not part of YAML 1.2; write the fields out',
    })
  } else if (seen.has(name)) {
    report(walk, key, { code: 'AO1002', message: `the key "${name}" stands here twice` })
  }
  seen.add(name)
}

function checkOldBoolean(node: Scalar, walk: Walk): void {
  if (node.type !== Scalar.PLAIN || node.tag !== undefined) return
  const word = node.source ?? ''
  const meant = word.length > 3 ? undefined : OLD_BOOLEANS[word.toLowerCase()]
  if (meant === undefined) return
  const message = `"${word}" was a boolean in YAML 1.1 and is text in YAML 1.2`
  const hint = `write ${meant}, or "${word}" in quotes for the text`
  report(walk, node, { code: 'AO1007', message, hint })
}

function report(
  walk: Walk,
  node: Node,
  problem: Pick<TextProblem, 'code' | 'message' | 'hint'>,
): void {
  const [start, end] = node.range ?? [0, 0]
  const isFatal = problem.code === 'AO1008' || problem.code === 'AO1012'
  walk.problems.push({ ...problem, span: { start, end }, isFatal })
}
