import { truncate, widthOf, wrap } from './text.ts'

export interface Column {
  readonly header: string
  /** Left out when the table is too wide; those with the highest number go first. Absent: it always stays. */
  readonly drop?: number
}

export interface Cell {
  readonly text: string
  readonly paint?: (text: string) => string
}

export interface TableOptions {
  readonly width: number
  /** Whether columns may be left out and lines cut for the sake of the width. Default: yes. */
  readonly fit?: boolean
  readonly headers?: boolean
  /** Goes on below instead of cutting the last column, where every word counts. */
  readonly wrapLast?: boolean
  readonly indent?: number
  readonly gap?: number
}

/** What the last column gets at least, so that its beginning can be read. */
const LAST_MIN = 24
/** Its share of the width, as long as columns may be left out for it: it is the one that says what is the matter. */
const LAST_SHARE = 0.25

/**
 * Aligned columns, one line for each row whatever the width (unless `wrapLast`): the last column is cut with `…`, and
 * before that becomes unreadable the columns that may `drop` are left out. Cells are clean, single-line text; colour goes into `paint`.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions,
): readonly string[] {
  const { width, fit = true, headers = true, indent = 0, gap = 2, wrapLast = false } = options
  const widths = columns.map((column, at) =>
    rows.reduce(
      (widest, row) => Math.max(widest, widthOf(textAt(row, at))),
      headers ? widthOf(column.header) : 0,
    ),
  )
  const shown = fit
    ? fittingColumns(columns, widths, { room: width - indent, gap })
    : [...columns.keys()]
  const last = shown.at(-1)
  const sizeOf = (at: number): number => (at === last ? Infinity : (widths[at] ?? 0))
  const lineOf = (row: readonly Cell[]): string => {
    let left = fit ? width - indent : Infinity
    const cells: string[] = []
    for (const at of shown) {
      if (left <= 0) break
      const size = Math.min(sizeOf(at), left)
      const text = wrapLast && at === last ? textAt(row, at) : truncate(textAt(row, at), size)
      const painted = row[at]?.paint?.(text) ?? text
      cells.push(at === last ? painted : painted + ' '.repeat(Math.max(0, size - widthOf(text))))
      left -= size + gap
    }
    return ' '.repeat(indent) + cells.join(' '.repeat(gap))
  }
  const before = shown.slice(0, -1).reduce((sum, at) => sum + sizeOf(at) + gap, indent)
  const body = wrapLast
    ? rows.flatMap(row => spreadLast(row, last ?? 0, Math.max(LAST_MIN, width - before)))
    : rows
  const head = columns.map(column => ({ text: column.header }))
  return [...(headers ? [head] : []), ...body].map(row => lineOf(row).trimEnd())
}

/** A row whose last cell is too long, as several rows: the others have nothing but the rest of it. */
function spreadLast(
  row: readonly Cell[],
  last: number,
  room: number,
): readonly (readonly Cell[])[] {
  const [first = '', ...rest] = wrap(textAt(row, last), room)
  const blanks = row.slice(0, last).map(() => ({ text: '' }))
  return [row.with(last, { ...row[last], text: first }), ...rest.map(text => [...blanks, { text }])]
}

function textAt(row: readonly Cell[], at: number): string {
  return row[at]?.text ?? ''
}

function fittingColumns(
  columns: readonly Column[],
  widths: readonly number[],
  { room, gap }: { readonly room: number; readonly gap: number },
): readonly number[] {
  let shown = [...columns.keys()]
  const lastMin = Math.max(LAST_MIN, Math.floor(room * LAST_SHARE))
  while (neededWidth(shown, widths, { gap, lastMin }) > room) {
    const victim = shown.reduce<number | undefined>(
      (worst, at) => ((columns[at]?.drop ?? 0) > (columns[worst ?? -1]?.drop ?? 0) ? at : worst),
      undefined,
    )
    if (victim === undefined) break
    shown = shown.filter(at => at !== victim)
  }
  return shown
}

function neededWidth(
  shown: readonly number[],
  widths: readonly number[],
  { gap, lastMin }: { readonly gap: number; readonly lastMin: number },
): number {
  const last = shown.at(-1)
  return shown.reduce(
    (sum, at) => sum + (at === last ? Math.min(widths[at] ?? 0, lastMin) : (widths[at] ?? 0) + gap),
    0,
  )
}
