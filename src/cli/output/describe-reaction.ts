import type { Position } from '../../resource/spec.ts'
import type { Look } from './look.ts'
import { paletteOf } from './look.ts'
import { showPosition } from './place.ts'
import type { Cell } from './table.ts'
import { renderTable } from './table.ts'
import { clean, truncate } from './text.ts'

interface Context extends Look {
  readonly fields: Readonly<Record<string, Position>>
}

const TEXT_MAX = 40

/** The effective reactions, the values of each grouped by where they come from: a place in a manifest, or the defaults. */
export function reactionLines(
  reactions: Readonly<Record<string, object>>,
  context: Context,
): readonly string[] {
  const paint = paletteOf(context.color)
  const rows = Object.entries(reactions).flatMap(([reaction, policy]) => {
    const groups = groupByPlace(reaction, policy, context)
    return [...groups].map(([place, values], at): readonly Cell[] => [
      { text: at === 0 ? clean(reaction) : '', paint: paint.strong },
      { text: place, paint: place === 'default' ? paint.faint : paint.change },
      { text: values.join(', ') },
    ])
  })
  if (rows.length === 0) return []
  const columns = [{ header: 'REACTION' }, { header: 'FROM' }, { header: 'VALUES' }]
  return renderTable(columns, rows, { width: context.width, indent: 2, wrapLast: true })
}

function groupByPlace(
  reaction: string,
  policy: object,
  context: Context,
): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>()
  for (const [field, value] of Object.entries(policy)) {
    const position = context.fields[`spec.reactions.${reaction}.${field}`]
    const place = position === undefined ? 'default' : showPosition(position, context)
    const shown = typeof value === 'object' ? JSON.stringify(value) : String(value)
    const text = truncate(clean(`${field} ${shown}`), TEXT_MAX)
    groups.set(place, [...(groups.get(place) ?? []), text])
  }
  return groups
}
