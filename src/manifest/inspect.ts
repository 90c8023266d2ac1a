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

/** A plain word that YAML 1.1 reads as a boolean, where a value stands; as a key it means nothing but itself. */
export interface OldBoolean {
  readonly path: readonly (string | number)[]
  readonly word: string
}

/** What a walk over a document's text finds. */
export interface Inspected {
  /** What is legal YAML and still a mistake: keys twice, aliases that lead nowhere. */
  readonly problems: readonly TextProblem[]
  /** Whether they are mistakes depends on what is wanted where they stand. */
  readonly oldBooleans: readonly OldBoolean[]
}

interface Walk extends Inspected {
  readonly problems: TextProblem[]
  readonly oldBooleans: OldBoolean[]
  /** Where we are. */
  readonly path: (string | number)[]
  readonly anchors: Set<string>
  /** Anchors of the collections we are inside of. */
  readonly open: Set<string>
}

/** Walks over a document's text once. */
export function inspectTree(root: Node | null): Inspected {
  const walk: Walk = {
    problems: [],
    oldBooleans: [],
    path: [],
    anchors: new Set(),
    open: new Set(),
  }
  if (root !== null) visit(root, walk)
  return walk
}

/** What YAML 1.1 took the word for; undefined for every other word. */
export function oldBoolean(word: string): boolean | undefined {
  return word.length > 3 ? undefined : OLD_BOOLEANS[word.toLowerCase()]
}

function visit(node: Node, walk: Walk): void {
  if (walk.path.length > MAX_DEPTH) {
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
    noteOldBoolean(node, walk)
    return
  }
  if (anchor !== undefined) walk.open.add(anchor)
  if (isMap<Node, Node | null>(node)) {
    const seen = new Set<string>()
    for (const { key, value } of node.items) {
      checkKey(key, seen, walk)
      if (value !== null) visitAt(nameOf(key), value, walk)
    }
  }
  if (isSeq<Node>(node)) {
    for (const [index, item] of node.items.entries()) visitAt(index, item, walk)
  }
  if (anchor !== undefined) walk.open.delete(anchor)
}

function visitAt(step: string | number, node: Node, walk: Walk): void {
  walk.path.push(step)
  visit(node, walk)
  walk.path.pop()
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
  const name = nameOf(key)
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

function nameOf(key: Node): string {
  return isScalar(key) ? String(key.value) : ''
}

function noteOldBoolean(node: Scalar, walk: Walk): void {
  if (node.type !== Scalar.PLAIN || node.tag !== undefined) return
  const word = node.source ?? ''
  if (oldBoolean(word) !== undefined) walk.oldBooleans.push({ path: [...walk.path], word })
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
