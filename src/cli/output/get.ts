import { formatDuration } from '../../resource/duration.ts'
import type { Kind } from '../../resource/key.ts'
import { ageOf } from './age.ts'
import type { PrinterColumn } from './columns.ts'
import { columnsFor, valueAt } from './columns.ts'
import type { Look, Palette } from './look.ts'
import { paletteOf } from './look.ts'
import { showPath } from './place.ts'
import type { MachineOutput } from './serialize.ts'
import { listOf, toJson, toJsonLines, toYaml } from './serialize.ts'
import type { Cell } from './table.ts'
import { renderTable } from './table.ts'
import { clean } from './text.ts'
import type { ResourceView } from './view.ts'
import { keyOfView } from './view.ts'

export interface GetOptions extends Look {
  readonly output: 'table' | 'wide' | MachineOutput
  /** The one kind that was asked for; its own columns are shown then. */
  readonly kind?: Kind | undefined
  /** One object asked for by name: JSON and YAML give it bare, not as a list. */
  readonly single?: boolean
  /** Table titles; a watch prints them once. */
  readonly headers?: boolean
}

export interface Watcher {
  readonly live: boolean
  /** Milliseconds since anybody looked at the world. */
  readonly factsAgeMs?: number | undefined
}

/** The objects in the asked form, for stdout. An empty table is an empty text. */
export async function renderGet(
  views: readonly ResourceView[],
  options: GetOptions,
): Promise<string> {
  const [first] = views
  const document = options.single === true && first !== undefined ? first : listOf(views)
  switch (options.output) {
    case 'table':
    case 'wide':
      return renderRows(views, options)
    case 'name':
      return views.map(view => `${keyOfView(view)}\n`).join('')
    case 'json':
      return toJson(document)
    case 'jsonl':
      return toJsonLines(views)
    case 'yaml':
      return toYaml(document)
  }
}

/** What is said beside the data, on stderr: that there is nothing, and how old the facts are when nobody is looking. */
export function getNotes(
  views: readonly ResourceView[],
  {
    kind,
    isChosen = false,
    watcher,
  }: {
    readonly kind?: Kind | undefined
    /** Only objects with certain labels were asked for. */
    readonly isChosen?: boolean
    readonly watcher?: Watcher | undefined
  },
): readonly string[] {
  const nothing = kind === undefined ? 'no objects' : `no ${kind} objects`
  const what = isChosen
    ? `${nothing} with these labels`
    : `${nothing}; declare some:  ao apply -f .ao/`
  const empty = views.length === 0 ? [what] : []
  if (watcher === undefined || watcher.live || views.length === 0) return empty
  const age = watcher.factsAgeMs
  const looked =
    age === undefined ? 'nobody has looked yet' : `facts are ${formatDuration(age)} old`
  return [`${looked}, no watcher is running; look again:  ao reconcile --once`]
}

function renderRows(views: readonly ResourceView[], options: GetOptions): string {
  if (views.length === 0) return ''
  const wide = options.output === 'wide'
  const columns = columnsFor(options.kind, wide)
  const paint = paletteOf(options.color)
  const rows = views.map(view => columns.map(column => cellOf(view, column, { options, paint })))
  const lines = renderTable(
    columns.map(({ name, drop }) =>
      drop === undefined ? { header: name } : { header: name, drop },
    ),
    rows,
    { width: options.width, fit: !wide, headers: options.headers ?? true },
  )
  return `${lines.join('\n')}\n`
}

function cellOf(
  view: ResourceView,
  column: PrinterColumn,
  { options, paint }: { readonly options: Look; readonly paint: Palette },
): Cell {
  const text = textOf(valueAt(view, column.path), column, options)
  switch (column.name) {
    case 'READY':
      return { text, paint: readyPaint(text, paint) }
    case 'NAME':
      return { text, paint: paint.strong }
    case 'CHECKS':
      return { text, paint: checksPaint(text, paint) }
    case 'MESSAGE':
      return { text: withOverride(view, text) }
    default:
      return { text }
  }
}

/** How a column's value looks in a table; what is not there is `-`. */
function textOf(value: unknown, { name, path }: PrinterColumn, look: Look): string {
  if (value === undefined || value === null || value === '') return '-'
  if (path.endsWith('Timestamp')) return ageOf(plain(value), look.now)
  if (Array.isArray(value)) return clean(value.map(plain).join(','))
  if (typeof value === 'object') {
    const [number, state] = [valueAt(value, 'number'), valueAt(value, 'state')]
    const asOf = valueAt(value, 'asOf')
    const age = typeof asOf === 'string' ? ` ${ageOf(asOf, look.now)} ago` : ''
    return number === undefined ? '-' : clean(`#${plain(number)} ${plain(state)}${age}`)
  }
  const text = plain(value)
  return name === 'WORKSPACE' || name === 'PATH' || name === 'SOURCE'
    ? showPath(text, look)
    : clean(text)
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** What a command ordered over the manifest's head must not hide behind the manifest. */
function withOverride(view: ResourceView, message: string): string {
  const state = view.metadata.overrides?.state
  if (state === undefined) return message
  const note = `${state} by command`
  return message === '-' ? note : `${note}; ${message}`
}

function readyPaint(status: string, paint: Palette): (text: string) => string {
  if (status === 'True') return paint.good
  return status === 'False' ? paint.bad : paint.warn
}

function checksPaint(checks: string, paint: Palette): (text: string) => string {
  if (checks === 'passing') return paint.good
  return checks === 'failing' ? paint.bad : paint.faint
}
