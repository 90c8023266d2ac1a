import { open, realpath } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'

import { LineCounter, parseDocument } from 'yaml'

import { errnoOf, HouseError } from '../../errors.ts'
import type { PluginChoice } from '../../resource/spec.ts'
import type { Issue, Tracker } from '../tracker.ts'
import { plainLine, plainText } from '../../resource/text.ts'

const DEFAULT_PATH = './issues'
const MAX_BODY = 64 * 1024
const MAX_FILE = 1024 * 1024
const MAX_TITLE = 256
const MAX_LABELS = 100
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/** Issues as Markdown files with front matter, in a directory of the repository; an issue's id is its file's name without `.md`. */
export function createLocalTracker(): Tracker {
  return {
    name: 'local',
    configSchema: {
      type: 'object',
      additionalProperties: false,
      properties: {
        path: {
          description:
            'Directory of the Markdown files, relative to the manifest; must stay inside the repository.',
          type: 'string',
          minLength: 1,
          default: DEFAULT_PATH,
        },
      },
    },
    async get(id, context, signal) {
      if (signal.aborted) throw new HouseError('Interrupted', `reading issue ${id} was interrupted`)
      if (!ID.test(id)) return undefined
      const folder = await findFolder(context)
      if (folder === undefined) return undefined
      const file = join(folder, `${id}.md`)
      const text = await readIssue(file, folder)
      return text === undefined ? undefined : parseIssue(id, file, text)
    },
  }
}

/** Real path of the directory; undefined when there is none. Throws `Refused` when it is not in the repository. */
async function findFolder(context: {
  readonly config: PluginChoice
  readonly baseDir: string
  readonly repository: string
}): Promise<string | undefined> {
  const { config, baseDir, repository } = context
  const path = typeof config['path'] === 'string' ? config['path'] : DEFAULT_PATH
  const wanted = resolve(baseDir, path)
  const folder = await real(wanted)
  const root = await real(repository)
  if (root === undefined) {
    throw new HouseError('Unreachable', `the repository ${repository} is not there`, {
      retryable: true,
    })
  }
  const judged = folder ?? wanted
  if (!isInside(judged, root) && !isInside(judged, resolve(repository))) {
    throw new HouseError(
      'Refused',
      `the tracker's path "${path}" leads to ${judged}, outside of the repository ${root}`,
      { next: 'ao explain project.spec.tracker' },
    )
  }
  return folder
}

/** Undefined when there is no such file. A link may lead to another file of the directory, and nowhere else. */
async function readIssue(file: string, folder: string): Promise<string | undefined> {
  const target = await real(file)
  if (target === undefined) return undefined
  if (!isInside(target, folder)) {
    throw new HouseError('Refused', `${file} leads to ${target}, outside of ${folder}`)
  }
  try {
    const handle = await open(target, 'r')
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_FILE), 0, MAX_FILE, 0)
      return buffer.subarray(0, bytesRead).toString()
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw unreadable(file, error)
  }
}

function parseIssue(id: string, file: string, text: string): Issue {
  const { matter, body } = splitMatter(file, text.replaceAll('\r\n', '\n').replace(/^\uFEFF/, ''))
  const fields = parseMatter(file, matter)
  const title = fields.text('title') ?? titleIn(body) ?? id
  const state = fields.text('state') ?? 'open'
  if (state !== 'open' && state !== 'closed') {
    throw fields.broken('state', `"${plainLine(state, 40)}" is neither open nor closed`)
  }
  return {
    id,
    title: plainLine(title, MAX_TITLE),
    body: plainText(body, MAX_BODY),
    state,
    labels: fields
      .list('labels')
      .slice(0, MAX_LABELS)
      .map(label => plainLine(label, MAX_TITLE)),
  }
}

/** A file without front matter is all body. */
function splitMatter(
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

async function real(path: string): Promise<string | undefined> {
  try {
    return await realpath(path)
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw unreadable(path, error)
  }
}

function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)
}

function broken(position: string, problem = 'this is not YAML'): HouseError {
  return new HouseError('InvalidManifest', `${position}: ${problem}`)
}

function unreadable(path: string, cause: unknown): HouseError {
  const reason = errnoOf(cause) ?? String(cause)
  return new HouseError('Unreachable', `${path} could not be read: ${reason}`, {
    cause,
    retryable: true,
  })
}
