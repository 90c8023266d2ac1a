import type { Change, PlannedAction, UnknownFact } from '../../plan/action.ts'
import type { Look, Palette } from './look.ts'
import { paletteOf } from './look.ts'
import { showKey, showPosition } from './place.ts'
import { clean, pad, widthOf, wrap } from './text.ts'
import { paintOf, symbolOf, wordsOf } from './verb.ts'

/** A labelled line below an action's row. */
interface Detail {
  readonly label: string
  readonly text: string
  /** Stands behind the text where it fits, else on a line of its own. */
  readonly place?: string
  readonly paint?: (text: string) => string
}

interface Widths {
  readonly kind: number
  readonly name: number
  readonly verb: number
}

const INDENT = 7
const LABEL_MIN = 10
const LABEL_MAX = 28

/** A row for each action with its details below it; rows without details stand close together. */
export function renderActions(
  actions: readonly PlannedAction[],
  unknown: readonly UnknownFact[],
  look: Look,
): readonly string[] {
  const widths = {
    kind: Math.max(0, ...actions.map(action => action.kind.length)),
    name: Math.max(0, ...actions.map(action => widthOf(clean(action.name)))),
    verb: Math.max(0, ...actions.map(action => wordsOf(action).length)),
  }
  return actions.flatMap((action, at) => {
    const facts = unknown.filter(fact => fact.key === action.key)
    const block = renderAction(action, facts, { look, widths })
    const isLast = at === actions.length - 1
    return block.length > 1 || isLast ? [...block, ''] : block
  })
}

function renderAction(
  action: PlannedAction,
  facts: readonly UnknownFact[],
  { look, widths }: { readonly look: Look; readonly widths: Widths },
): readonly string[] {
  const paint = paletteOf(look.color)
  const color = paintOf(action.action, paint)
  const name = clean(action.name)
  const words = wordsOf(action)
  const start = [
    `  ${color(symbolOf(action.blockedVerb ?? action.action))} `,
    ` ${pad(action.kind, widths.kind)}  ${paint.strong(name)}${' '.repeat(widths.name - widthOf(name))}  `,
    color(words) + ' '.repeat(widths.verb - words.length),
  ].join('')
  const used = 5 + widths.kind + 2 + widths.name + 2 + widths.verb + 2
  const reason = clean(action.reason)
  const place = placeOf(action, look)
  const room = look.width - used
  const onRow = [reason, place ?? ''].filter(text => text !== '').join('  ')
  const details = detailsOf(action, facts, { look, paint })
  if (widthOf(onRow) <= room) return [`${start}  ${onRow}`, ...renderDetails(details, look)]
  const fitsReason = widthOf(reason) <= room
  const moved = [
    ...(fitsReason ? [] : [{ label: 'because', text: reason }]),
    ...(place === undefined ? [] : [{ label: 'declared', text: place }]),
  ]
  return [
    fitsReason ? `${start}  ${reason}` : start,
    ...renderDetails([...moved, ...details], look),
  ]
}

/** Changed fields bring positions of their own, and what is removed is declared nowhere. */
function placeOf(action: PlannedAction, look: Look): string | undefined {
  const verb = action.blockedVerb ?? action.action
  const isRemoval = verb === 'prune' || verb === 'delete'
  if (action.position === undefined || action.changes.length > 0 || isRemoval) return undefined
  return showPosition(action.position, look)
}

function detailsOf(
  action: PlannedAction,
  facts: readonly UnknownFact[],
  { look, paint }: { readonly look: Look; readonly paint: Palette },
): readonly Detail[] {
  const failed = action.guards.filter(guard => !guard.passed)
  const passed = action.guards.filter(guard => guard.passed)
  const { unchangedFields: same } = action
  return [
    ...action.changes.map(change => changeDetail(change, look)),
    ...(action.changes.length > 0 && same > 0
      ? [{ label: '', text: `(${same} ${same === 1 ? 'field' : 'fields'} unchanged)` }]
      : []),
    ...action.details.map(([label, text]) => ({ label, text })),
    ...action.after.map(key => ({ label: 'after', text: showKey(key) })),
    ...action.keeps.map(text => ({ label: 'keeps', text, paint: paint.good })),
    ...action.loses.map(text => ({ label: 'loses', text, paint: paint.bad })),
    ...passed.map(guard => ({ label: 'checked', text: `${guard.guard}: ${guard.message}` })),
    ...failed.flatMap(guard => [
      { label: 'blocked', text: guard.message, paint: paint.bad },
      ...(guard.unblock === undefined ? [] : [{ label: 'unblock', text: guard.unblock }]),
    ]),
    ...facts
      .filter(fact => clean(fact.message) !== clean(action.reason))
      .map(fact => ({ label: 'unknown', text: fact.message, paint: paint.warn })),
    ...(action.action === 'unknown'
      ? [{ label: '', text: 'nothing will be created or removed for this object' }]
      : []),
  ]
}

function changeDetail(change: Change, look: Look): Detail {
  const text = `${change.before ?? '(not set)'} -> ${change.after ?? '(not set)'}`
  if (change.position === undefined) return { label: change.path, text }
  return { label: change.path, text, place: showPosition(change.position, look) }
}

function renderDetails(details: readonly Detail[], look: Look): readonly string[] {
  const labels = details.map(detail => widthOf(clean(detail.label)))
  const labelWidth = Math.min(LABEL_MAX, Math.max(LABEL_MIN, ...labels))
  const room = Math.max(20, look.width - INDENT - labelWidth - 2)
  const textWidth = Math.max(
    0,
    ...details
      .filter(detail => detail.place !== undefined)
      .map(detail => widthOf(clean(detail.text)))
      .filter(width => width <= room / 2),
  )
  let before: string | undefined
  return details.flatMap(detail => {
    const label = detail.label === before && detail.label !== 'unblock' ? '' : detail.label
    before = detail.label
    return renderDetail({ ...detail, label }, { labelWidth, textWidth, room })
  })
}

function renderDetail(
  detail: Detail,
  widths: { readonly labelWidth: number; readonly textWidth: number; readonly room: number },
): readonly string[] {
  const { label, place, paint = (text: string) => text } = detail
  const text = clean(detail.text)
  const onOneLine = place === undefined ? text : `${pad(text, widths.textWidth)}  ${place}`
  // Commands are copied, so they stay in one piece.
  const isCommand = label === 'unblock'
  const texts =
    isCommand || widthOf(onOneLine) <= widths.room
      ? [onOneLine]
      : [...wrap(text, widths.room), ...(place === undefined ? [] : [place])]
  const shortLabel = clean(label)
  const first = widthOf(shortLabel) > widths.labelWidth ? [' '.repeat(INDENT) + shortLabel] : []
  return [
    ...first,
    ...texts.map((line, at) => {
      const lead = at === 0 && first.length === 0 ? shortLabel : ''
      return `${' '.repeat(INDENT)}${pad(lead, widths.labelWidth)}  ${paint(line)}`
    }),
  ]
}
