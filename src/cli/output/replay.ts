import type { Comparison, Decision } from '../../reconcile/replay.ts'
import type { Look } from './look.ts'
import { paletteOf } from './look.ts'
import type { Cell } from './table.ts'
import { renderTable } from './table.ts'
import { clean } from './text.ts'

/** What would have been decided otherwise, in the order of time: `-` for what was decided then, `+` for what would be now. */
export function renderReplay(
  { same, onlyBefore, onlyAfter }: Comparison,
  sightings: number,
  look: Look,
): string {
  const paint = paletteOf(look.color)
  const rows = [
    ...onlyBefore.map(decision => ({ decision, sign: '-', paint: paint.bad })),
    ...onlyAfter.map(decision => ({ decision, sign: '+', paint: paint.good })),
  ].toSorted((a, b) => Date.parse(a.decision.time) - Date.parse(b.decision.time))
  const columns = ['', 'TIME', 'OBJECT', 'CAUSE', 'ACTION', 'WHY'].map(header => ({ header }))
  const table = renderTable(
    columns,
    rows.map(({ decision, sign, paint: color }) => cellsOf(decision, sign, color)),
    { width: look.width, wrapLast: true },
  )
  const counts = `${count(same.length, 'decision')} the same, ${onlyBefore.length} only then, ${onlyAfter.length} only now; ${count(sightings, 'sighting')} replayed.`
  return `${[...(rows.length === 0 ? [] : [...table, '']), counts].join('\n')}\n`
}

function cellsOf(
  { time, object, cause, action, why }: Decision,
  sign: string,
  paint: (text: string) => string,
): readonly Cell[] {
  return [
    { text: sign, paint },
    { text: time },
    { text: clean(object) },
    { text: clean(cause) },
    { text: action },
    { text: clean(why) },
  ]
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
