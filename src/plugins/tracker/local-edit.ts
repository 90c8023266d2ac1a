import type { Node } from 'yaml'
import { isScalar, isSeq, parseDocument } from 'yaml'

import { markerOf } from '../issue.ts'

const END = '<!-- /ao -->'
const COMMENT = /<!-- ao:[^\n]* -->\n[\s\S]*?\n<!-- \/ao -->/

/** The text with a comment at its end, marked as ours; undefined when it is there already. */
export function withComment(text: string, key: string, comment: string): string | undefined {
  const marker = markerOf(key)
  if (text.includes(marker)) return undefined
  const said = comment.replaceAll('<!--', '&lt;!--').trim()
  const gap = text === '' ? '' : text.endsWith('\n') ? '\n' : '\n\n'
  return `${text}${gap}${marker}\n${said}\n${END}\n`
}

/** What people wrote: our own comments are no part of the task. */
export function withoutComments(body: string): string {
  const parts = body.split(COMMENT)
  if (parts.length === 1) return body
  const own = parts.map(part => part.replace(/^\n+/, '').trimEnd()).filter(part => part !== '')
  return own.length === 0 ? '' : `${own.join('\n\n')}\n`
}

/** The text with another state in its front matter, and nothing else changed. */
export function withState(text: string, state: string): string {
  const { matter, at } = matterOf(text)
  const node = matter === undefined ? undefined : nodeOf(matter, 'state')
  if (matter === undefined || node === undefined) return withLine(text, `state: ${state}`)
  const [start, end] = rangeOf(node)
  return text.slice(0, at + start) + state + text.slice(at + end)
}

/** The text with more labels in its front matter, and nothing else changed. */
export function withLabels(text: string, wanted: readonly string[]): string {
  const { matter, at } = matterOf(text)
  const node = matter === undefined ? undefined : nodeOf(matter, 'labels')
  const there = node === undefined ? [] : textsOf(node)
  const missing = wanted.filter(label => !there.includes(label)).map(label => JSON.stringify(label))
  if (missing.length === 0) return text
  if (matter === undefined || node === undefined) {
    return withLine(text, `labels: [${missing.join(', ')}]`)
  }
  const [start, end] = rangeOf(node)
  const last = isSeq<Node>(node) ? node.items.at(-1) : undefined
  if (last === undefined) {
    const own = there.map(label => JSON.stringify(label))
    return `${text.slice(0, at + start)}[${[...own, ...missing].join(', ')}]${text.slice(at + end)}`
  }
  const [, lastEnd] = rangeOf(last)
  const isFlow = matter[start] === '['
  const indent = ' '.repeat(start - (matter.lastIndexOf('\n', start - 1) + 1))
  const more = missing.map(label => (isFlow ? `, ${label}` : `\n${indent}- ${label}`)).join('')
  return text.slice(0, at + lastEnd) + more + text.slice(at + lastEnd)
}

/** The front matter, without the lines of `---`, and where it starts. */
function matterOf(text: string): { readonly matter: string | undefined; readonly at: number } {
  const start = /^\uFEFF?---[ \t]*\r?\n/.exec(text)?.[0].length
  if (start === undefined) return { matter: undefined, at: 0 }
  const end = /(?:^|\n)(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/.exec(text.slice(start))
  return end === null
    ? { matter: undefined, at: 0 }
    : {
        matter: text.slice(start, start + end.index + (end[0].startsWith('\n') ? 1 : 0)),
        at: start,
      }
}

/** The text with one more line of front matter, and with front matter if it had none. */
function withLine(text: string, line: string): string {
  const { matter, at } = matterOf(text)
  if (matter === undefined) return `---\n${line}\n---\n\n${text}`
  return `${text.slice(0, at + matter.length)}${line}\n${text.slice(at + matter.length)}`
}

function nodeOf(matter: string, key: string): Node | undefined {
  const node: unknown = parseDocument(matter).get(key, true)
  return isScalar(node) || isSeq(node) ? node : undefined
}

function textsOf(node: Node): readonly string[] {
  const items: readonly unknown[] = isSeq(node) ? node.items : [node]
  return items.flatMap(item => {
    const value = isScalar(item) ? item.value : undefined
    return typeof value === 'string' || typeof value === 'number' ? [String(value)] : []
  })
}

/** Of the value alone, without the comment behind it. */
function rangeOf(node: Node): readonly [number, number] {
  return [node.range?.[0] ?? 0, node.range?.[1] ?? 0]
}
