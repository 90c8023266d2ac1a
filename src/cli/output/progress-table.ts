import { formatDuration } from '../../resource/duration.ts'
import type { Palette } from './look.ts'
import { paletteOf } from './look.ts'
import type { Printer, PrinterOptions, ProgressEvent, ProgressRow } from './progress-event.ts'
import { finishedLines, outcomePaint } from './progress-words.ts'
import type { Cell } from './table.ts'
import { renderTable } from './table.ts'
import { clean, truncate } from './text.ts'

const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
const CLEAR_LINE = '\u001b[2K'
const CLEAR_BELOW = '\u001b[0J'
const REDRAW_MS = 40

/** A table that is redrawn in place. It holds the cursor from the first line to `close`. */
export function createTablePrinter(options: PrinterOptions): Printer {
  const { write, now } = options
  const paint = paletteOf(options.color)
  let drawn = 0
  let drawnAt = 0
  let hidden = false
  let latest: readonly ProgressRow[] = []

  const draw = (above: readonly string[] = []): void => {
    const lines = tableLines(latest, options, paint)
    const back = drawn > 0 ? `\u001b[${drawn}A` : ''
    const text = [...above, ...lines].map(line => `${CLEAR_LINE}${line}\n`).join('')
    write(`${hidden ? '' : HIDE_CURSOR}${back}\r${text}${CLEAR_BELOW}`)
    hidden = true
    drawn = lines.length
    drawnAt = now().getTime()
  }

  return {
    print(event, rows) {
      latest = rows
      if (event.type === 'note') draw([truncate(clean(event.message), options.width - 1)])
      else if (event.type === 'finished') {
        draw()
        write(`\n${finishedLines(event, paint).join('\n')}\n`)
        drawn = 0
      } else if (!canWait(event) || now().getTime() - drawnAt >= REDRAW_MS) draw()
    },
    close() {
      if (hidden) write(SHOW_CURSOR)
      hidden = false
      drawn = 0
    },
  }
}

/** Steps come in bursts; the next heartbeat shows what a skipped one has missed. */
function canWait(event: ProgressEvent): boolean {
  return event.type === 'step'
}

function tableLines(
  rows: readonly ProgressRow[],
  { width, height, now }: PrinterOptions,
  paint: Palette,
): readonly string[] {
  const at = now()
  const room = Math.max(1, height - 3)
  const shown = rows.length <= room ? rows : mostTelling(rows, room - 1)
  const cells = shown.map((row): readonly Cell[] => [
    { text: row.key, paint: paint.strong },
    { text: row.verb ?? '-' },
    { text: row.state, paint: outcomePaint(row.state, paint) },
    { text: elapsed(row, at) },
    { text: clean(row.message) },
  ])
  const columns = [
    { header: 'OBJECT' },
    { header: 'ACTION', drop: 2 },
    { header: 'STATE' },
    { header: 'TIME', drop: 1 },
    { header: 'MESSAGE' },
  ]
  // One column less than there is: a full line makes some terminals wrap.
  const lines = rows.length === 0 ? [] : renderTable(columns, cells, { width: width - 1 })
  const left = rows.length - shown.length
  return left === 0 ? lines : [...lines, paint.faint(`… and ${left} more`)]
}

const TELLING: readonly ProgressRow['state'][] = [
  'failed',
  'stalled',
  'running',
  'blocked',
  'waiting',
  'pending',
  'skipped',
  'done',
]

/** Those rows a person wants to see when not all fit, in the plan's order. */
function mostTelling(rows: readonly ProgressRow[], count: number): readonly ProgressRow[] {
  const chosen = new Set(
    rows
      .toSorted((a, b) => TELLING.indexOf(a.state) - TELLING.indexOf(b.state))
      .slice(0, Math.max(0, count)),
  )
  return rows.filter(row => chosen.has(row))
}

function elapsed({ startedAt, finishedAt }: ProgressRow, now: Date): string {
  return startedAt === undefined
    ? '-'
    : formatDuration((finishedAt ?? now).getTime() - startedAt.getTime())
}
