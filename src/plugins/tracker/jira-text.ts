/** A node of Atlassian's document format. */
export interface AdfNode {
  readonly type: string
  readonly text?: string
  readonly attrs?: Readonly<Record<string, unknown>>
  readonly marks?: readonly AdfMark[]
  readonly content?: readonly AdfNode[]
}

interface AdfMark {
  readonly type: string
  readonly attrs?: Readonly<Record<string, unknown>>
}

const FENCE = /^```(\w*)$/
const LINK = /https?:\/\/[^\s<>"')\]]+[^\s<>"')\].,;:!?]/g
/** Documents nest; one that nests deeper than any person's is cut. */
const MAX_DEPTH = 40

/** Text as a document: paragraphs, lines, links and fenced code; everything else stays as it is written. */
export function textToAdf(text: string): AdfNode & { readonly version: 1 } {
  return { type: 'doc', version: 1, content: blocksOf(text.replaceAll('\r\n', '\n').split('\n')) }
}

/** What a person reads in a document, as Markdown. Unknown nodes give what is in them. */
export function adfToText(document: unknown): string {
  if (typeof document === 'string') return document
  const node = nodeOf(document)
  return node === undefined ? '' : blocks(node.content ?? [], 0).trim()
}

function blocksOf(lines: readonly string[]): readonly AdfNode[] {
  const found: AdfNode[] = []
  let paragraph: string[] = []
  const finish = (): void => {
    if (paragraph.length > 0) found.push(paragraphOf(paragraph))
    paragraph = []
  }
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? ''
    const language = FENCE.exec(line)?.[1]
    const end = language === undefined ? -1 : lines.indexOf('```', index + 1)
    if (language !== undefined && end > 0) {
      finish()
      found.push(codeOf(lines.slice(index + 1, end).join('\n'), language))
      index = end
    } else if (line.trim() === '') finish()
    else paragraph.push(line)
  }
  finish()
  return found
}

function codeOf(text: string, language: string): AdfNode {
  return {
    type: 'codeBlock',
    ...(language === '' ? {} : { attrs: { language } }),
    ...(text === '' ? {} : { content: [{ type: 'text', text }] }),
  }
}

function paragraphOf(lines: readonly string[]): AdfNode {
  const content = lines.flatMap((line, index) => [
    ...(index === 0 ? [] : [{ type: 'hardBreak' }]),
    ...linkedOf(line),
  ])
  return { type: 'paragraph', content }
}

function linkedOf(line: string): readonly AdfNode[] {
  const found: AdfNode[] = []
  let at = 0
  for (const { 0: href, index } of line.matchAll(LINK)) {
    if (index > at) found.push({ type: 'text', text: line.slice(at, index) })
    found.push({ type: 'text', text: href, marks: [{ type: 'link', attrs: { href } }] })
    at = index + href.length
  }
  if (at < line.length) found.push({ type: 'text', text: line.slice(at) })
  return found
}

function blocks(nodes: readonly AdfNode[], depth: number): string {
  if (depth > MAX_DEPTH) return ''
  return nodes
    .map(node => block(node, depth + 1))
    .filter(text => text !== '')
    .join('\n\n')
}

function block(node: AdfNode, depth: number): string {
  const content = contentOf(node)
  switch (node.type) {
    case 'paragraph':
      return inline(content, depth)
    case 'heading':
      return `${'#'.repeat(levelOf(node))} ${inline(content, depth)}`
    case 'codeBlock':
      return ['```' + attribute(node, 'language'), inline(content, depth), '```'].join('\n')
    case 'blockquote':
    case 'panel':
      return prefixed(blocks(content, depth), '> ', '> ')
    case 'bulletList':
    case 'taskList':
    case 'decisionList':
      return content.map(item => prefixed(itemOf(item, depth), '- ', '  ')).join('\n')
    case 'orderedList':
      return content
        .map((item, index) => prefixed(itemOf(item, depth), `${index + 1}. `, '   '))
        .join('\n')
    case 'rule':
      return '---'
    case 'table':
      return content
        .map(
          row =>
            `| ${contentOf(row)
              .map(cell => cellOf(cell, depth))
              .join(' | ')} |`,
        )
        .join('\n')
    case 'mediaSingle':
    case 'mediaGroup':
      return '[attachment]'
    case 'blockCard':
    case 'embedCard':
      return attribute(node, 'url')
    default:
      return content.some(isInline) ? inline(content, depth) : blocks(content, depth)
  }
}

/** A list's item holds paragraphs and lists; that of a task holds text. */
function itemOf(node: AdfNode, depth: number): string {
  const content = contentOf(node)
  const done = attribute(node, 'state') === 'DONE' ? '[x] ' : '[ ] '
  if (node.type === 'taskItem') return done + inline(content, depth)
  if (content.some(isInline)) return inline(content, depth)
  if (depth > MAX_DEPTH) return ''
  return content.map(child => block(child, depth + 1)).join('\n')
}

function cellOf(cell: AdfNode, depth: number): string {
  return blocks(contentOf(cell), depth).replaceAll('\n', ' ')
}

function prefixed(text: string, first: string, rest: string): string {
  return text
    .split('\n')
    .map((line, index) => (index === 0 ? first : rest) + line)
    .join('\n')
}

function inline(nodes: readonly AdfNode[], depth: number): string {
  if (depth > MAX_DEPTH) return ''
  return nodes.map(node => inlineOf(node, depth + 1)).join('')
}

function inlineOf(node: AdfNode, depth: number): string {
  switch (node.type) {
    case 'text':
      return markedOf(node)
    case 'hardBreak':
      return '\n'
    case 'mention':
    case 'status':
      return attribute(node, 'text')
    case 'emoji':
      return attribute(node, 'text') || attribute(node, 'shortName')
    case 'inlineCard':
      return attribute(node, 'url')
    case 'date': {
      const at = Number(attribute(node, 'timestamp'))
      return Number.isFinite(at) && at > 0 ? new Date(at).toISOString().slice(0, 10) : ''
    }
    default:
      return inline(contentOf(node), depth)
  }
}

/** Code keeps its marks and a link its address; how bold a word is does not matter. */
function markedOf({ text = '', marks = [] }: AdfNode): string {
  const href = marks.find(mark => mark.type === 'link')?.attrs?.['href']
  const shown = marks.some(mark => mark.type === 'code') ? `\`${text}\`` : text
  return typeof href === 'string' && href !== text ? `[${shown}](${href})` : shown
}

function isInline({ type }: AdfNode): boolean {
  return ['text', 'hardBreak', 'mention', 'emoji', 'inlineCard', 'status', 'date'].includes(type)
}

function levelOf(node: AdfNode): number {
  const level = Number(node.attrs?.['level'])
  return Number.isInteger(level) && level >= 1 && level <= 6 ? level : 1
}

function attribute(node: AdfNode, name: string): string {
  const value = node.attrs?.[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function contentOf(node: AdfNode): readonly AdfNode[] {
  return Array.isArray(node.content) ? node.content.flatMap(child => nodeOf(child) ?? []) : []
}

/** Anything may come over the network. */
function nodeOf(value: unknown): AdfNode | undefined {
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined
  return typeof value.type === 'string' ? (value as AdfNode) : undefined
}
