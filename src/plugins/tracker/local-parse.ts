import { LineCounter, parseDocument } from 'yaml'

import { HouseError } from '../../errors.ts'
import { plainLine } from '../../resource/text.ts'
import { plainIssue } from '../issue.ts'
import type { Issue } from '../tracker.ts'
import { withoutComments } from './local-edit.ts'

/** What a file says. Throws `InvalidManifest` with the place of what is not understood. */
export function parseIssue(id: string, file: string, text: string): Issue {
  const { matter, body } = splitMatter(file, text.replaceAll('\r\n', '\n').replace(/^\uFEFF/, ''))
  const fields = parseMatter(file, matter)
  const title = fields.text('title') ?? titleIn(body) ?? id
  const state = fields.text('state') ?? 'open'
  if (state !== 'open' && state !== 'closed') {
    throw fields.broken('state', `"${plainLine(state, 40)}" is neither open nor closed`)
  }
  return plainIssue({
    id,
    title,
    body: withoutComments(body),
    state,
    labels: fields.list('labels'),
  })
}

/** A file without front matter is all body. */
export function splitMatter(
  file: string,
  text: string,
): { readonly matter: string; readonly body: string } {
  if (!/^---[ \t]*\n/.test(text)) return { matter: '', body: text }
  const end = /\n(?:---|\.\.\.)[ \t]*(?:\n|$)/.exec(text)
  if (end === null) throw broken(`${file}:1:1`, 'the front matter has no end (a line of ---)')
  return {
    matter: text.slice(text.indexOf('\n') + 1, end.index + 1),
    body: text.slice(end.index + end[0].length).replace(/^\n+/, ''),
  }
}

interface Fields {
  text(key: string): string | undefined
  list(key: string): readonly string[]
  broken(key: string, problem: string): HouseError
}

/** Reads the known keys; others are the person's own business. */
function parseMatter(file: string, matter: string): Fields {
  const counter = new LineCounter()
  const document = parseDocument(matter, { lineCounter: counter, uniqueKeys: true })
  // The line of --- comes before the first of the matter.
  const positionOf = (offset: number): string => {
    const { line, col } = counter.linePos(offset)
    return `${file}:${line + 1}:${col}`
  }
  const [error] = document.errors
  if (error !== undefined) {
    throw broken(
      positionOf(error.pos[0]),
      error.message.split('\n')[0]?.replace(/ at line .*$/, ''),
    )
  }
  const content: unknown = document.toJS({ maxAliasCount: 20 }) ?? {}
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw broken(`${file}:2:1`, 'the front matter is not a list of keys and values')
  }
  const values = content as Readonly<Record<string, unknown>>
  const problem = (key: string, what: string): HouseError => {
    const node = document.get(key, true)
    const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : []
    const offset = Array.isArray(range) ? Number(range[0] ?? 0) : 0
    return broken(positionOf(offset), `${key}: ${what}`)
  }
  return {
    text(key) {
      const value = values[key]
      if (value === undefined || value === null) return undefined
      if (typeof value === 'string') return value
      if (typeof value === 'number' || typeof value === 'boolean') return String(value)
      throw problem(key, 'must be a text')
    },
    list(key) {
      const value = values[key]
      if (value === undefined || value === null) return []
      const entries: readonly unknown[] = Array.isArray(value) ? value : [value]
      if (entries.every(entry => typeof entry === 'string' || typeof entry === 'number')) {
        return entries.map(String)
      }
      throw problem(key, 'must be a list of texts')
    },
    broken: problem,
  }
}

/** The first heading, for files that are written without a title. */
function titleIn(body: string): string | undefined {
  return /^#{1,6}[ \t]+(.+)$/m.exec(body)?.[1]
}

function broken(position: string, problem = 'this is not YAML'): HouseError {
  return new HouseError('InvalidManifest', `${position}: ${problem}`)
}
