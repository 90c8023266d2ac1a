import type { LaunchRecord, SessionRecord } from '../../resource/record.ts'
import type { OutboxItem } from '../../store/types.ts'
import { ageOf } from './age.ts'
import type { Look, Palette } from './look.ts'
import { paletteOf } from './look.ts'
import type { Cell } from './table.ts'
import { clean } from './text.ts'
import type { ResourceView } from './view.ts'

interface Context extends Look {
  readonly outbox: readonly OutboxItem[]
  readonly record?: SessionRecord | undefined
}

/** What was handed over to the session or told about it, oldest first: age, what, state, text. */
export function deliveryRows(
  view: ResourceView,
  { outbox, record, now, color }: Context,
): readonly (readonly Cell[])[] {
  const paint = paletteOf(color)
  const rows = [
    ...(record?.launches ?? []).map(launch => ({
      time: launch.at,
      cells: launchCells(launch),
    })),
    ...outbox
      .filter(item => isAbout(item, view))
      .map(item => ({ time: item.createdAt, cells: itemCells(item, paint) })),
  ]
  return rows
    .toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time))
    .map(({ time, cells }) => [{ text: ageOf(time, now) }, ...cells])
}

function isAbout(item: OutboxItem, { kind, metadata }: ResourceView): boolean {
  if (item.type === 'message') return item.to === metadata.uid
  return kind === 'Notifier'
    ? item.to === metadata.name
    : item.notification.session === metadata.name
}

function launchCells({ attempt, promptDigest }: LaunchRecord): readonly Cell[] {
  return [
    { text: `prompt of attempt ${attempt}` },
    { text: 'handed over' },
    { text: `(${clean(promptDigest.slice(0, 7))})` },
  ]
}

function itemCells(item: OutboxItem, paint: Palette): readonly Cell[] {
  const what =
    item.type === 'message'
      ? `message from ${item.origin === 'automatic' ? 'ao' : `a ${item.origin}`}`
      : `notification to ${clean(item.to)}`
  const text = item.type === 'message' ? item.text : item.notification.title
  const isBad = item.state === 'failed' || item.state === 'unconfirmed'
  const tries = item.tries > 1 ? ` (${item.tries} tries)` : ''
  const state = `${item.state}${tries}`
  const error = item.lastError === undefined ? '' : ` [${item.lastError}]`
  return [
    { text: what },
    isBad ? { text: state, paint: paint.bad } : { text: state },
    { text: clean(text.trim() + error) },
  ]
}
