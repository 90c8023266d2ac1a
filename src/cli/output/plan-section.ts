import type { Drift, Plan, PlannedAction } from '../../plan/action.ts'
import { KINDS } from '../../resource/key.ts'
import type { Look } from './look.ts'
import { paletteOf } from './look.ts'
import { showKey } from './place.ts'
import { clean, pad, widthOf, wrap } from './text.ts'

const NAMES_SHOWN = 12

/** What is otherwise than the manifests say, each with what we will do about it. */
export function renderDrift(drift: readonly Drift[], look: Look): readonly string[] {
  if (drift.length === 0) return []
  const paint = paletteOf(look.color)
  const rows = drift.map(change => ({
    object: showKey(change.key),
    message: clean(change.message),
    consequence: clean(change.consequence),
  }))
  const object = Math.max(...rows.map(row => widthOf(row.object)))
  const message = Math.max(...rows.map(row => widthOf(row.message)))
  const consequence = Math.max(...rows.map(row => widthOf(row.consequence)))
  const indent = 5 + object + 2
  const fits = indent + message + 2 + consequence <= look.width
  const room = Math.max(20, look.width - indent)
  const lines = rows.flatMap(row => {
    const start = `  ${paint.warn('!')}  ${pad(row.object, object)}  `
    if (fits) return [`${start}${pad(row.message, message)}  ${row.consequence}`]
    return wrap(`${row.message}: ${row.consequence}`, room).map(
      (line, at) => (at === 0 ? start : ' '.repeat(indent)) + line,
    )
  })
  return [paint.strong('Not as declared'), ...lines, '']
}

/** What could not be looked at and has no row among the actions. */
export function renderUnseen(plan: Plan, look: Look): readonly string[] {
  const paint = paletteOf(look.color)
  const rows = plan.unknown.filter(
    fact => !plan.actions.some(action => action.key === fact.key && action.action !== 'unchanged'),
  )
  if (rows.length === 0) return []
  const object = Math.max(...rows.map(row => widthOf(showKey(row.key))))
  const indent = 5 + object + 2
  const lines = rows.flatMap(row =>
    wrap(clean(row.message), Math.max(20, look.width - indent)).map((line, at) =>
      at === 0
        ? `  ${paint.warn('?')}  ${pad(showKey(row.key), object)}  ${line}`
        : ' '.repeat(indent) + line,
    ),
  )
  return [paint.strong('Could not look'), ...lines, '']
}

/** The objects that stay as they are, named as far as a few lines allow. */
export function renderUnchanged(actions: readonly PlannedAction[], look: Look): readonly string[] {
  const unchanged = actions.filter(action => action.action === 'unchanged')
  if (unchanged.length === 0) return []
  const paint = paletteOf(look.color)
  const kindWidth = Math.max(...unchanged.map(action => action.kind.length))
  const indent = 5 + kindWidth + 2
  const lines = KINDS.flatMap(kind => {
    const names = unchanged.filter(action => action.kind === kind).map(action => clean(action.name))
    if (names.length === 0) return []
    return wrap(someOf(names), Math.max(20, look.width - indent)).map((line, at) =>
      at === 0 ? `  =  ${pad(kind, kindWidth)}  ${line}` : ' '.repeat(indent) + line,
    )
  })
  return [paint.strong('Unchanged'), ...lines.map(paint.faint), '']
}

function someOf(names: readonly string[]): string {
  if (names.length <= NAMES_SHOWN) return names.join(', ')
  return `${names.slice(0, NAMES_SHOWN).join(', ')} and ${names.length - NAMES_SHOWN} more`
}
