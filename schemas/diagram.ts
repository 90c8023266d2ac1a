const ANY = '__any'

/** From so many states on, a transition that all of them have is drawn once. */
const MANY = 3

/** A state of a machine's configuration, as far as a picture shows it. */
export interface DrawnState {
  readonly id?: string
  readonly type?: string
  readonly initial?: unknown
  readonly states?: Readonly<Record<string, DrawnState>>
  readonly on?: Readonly<Record<string, unknown>>
  readonly always?: unknown
  readonly after?: Readonly<Record<string, unknown>>
  readonly onDone?: unknown
}

interface Arrow {
  readonly from: string
  readonly to: string
  readonly label: string
}

/**
 * The machine as a Mermaid state diagram. Transitions between the same two states share an arrow; one that every state of a
 * region has starts from a box of its own, "any".
 */
export function diagramOf(config: DrawnState): string {
  const regions = regionsOf(config, [])
  const arrows = collapseArrows(arrowsOf(config, [], idsOf(config, [])), regions)
  const anys = new Set(arrows.map(arrow => arrow.from).filter(from => from.endsWith(ANY)))
  const labels = new Map<string, Set<string>>()
  for (const { from, to, label } of arrows) {
    const seen = labels.get(`${from} --> ${to}`) ?? new Set<string>()
    labels.set(`${from} --> ${to}`, seen.add(label))
  }
  const lines = [...labels].map(([arrow, texts]) => {
    const text = [...texts].filter(label => label !== '').join(', ')
    return text === '' ? `  ${arrow}` : `  ${arrow}: ${text}`
  })
  return ['stateDiagram-v2', ...boxesOf(config, [], anys), ...lines].join('\n')
}

/** The boxes, nested as the states are; the regions of a parallel state stand side by side. */
function boxesOf(
  state: DrawnState,
  path: readonly string[],
  anys: ReadonlySet<string>,
): readonly string[] {
  const indent = '  '.repeat(path.length + 1)
  const any = nodeId([...path, 'any'])
  const initial = typeof state.initial === 'string' ? state.initial : undefined
  const boxes = Object.entries(state.states ?? {}).flatMap(([name, child], index) => {
    const id = nodeId([...path, name])
    const divider = state.type === 'parallel' && path.length > 0 && index > 0 ? [`${indent}--`] : []
    if (child.states === undefined) {
      const end = child.type === 'final' ? [`${indent}${id} --> [*]`] : []
      return [...divider, `${indent}state "${name}" as ${id}`, ...end]
    }
    const inner = boxesOf(child, [...path, name], anys)
    return [...divider, `${indent}state "${name}" as ${id} {`, ...inner, `${indent}}`]
  })
  return [
    ...(initial === undefined ? [] : [`${indent}[*] --> ${nodeId([...path, initial])}`]),
    ...(anys.has(any) ? [`${indent}state "any" as ${any}`] : []),
    ...boxes,
  ]
}

/** For each region's box, the boxes in it that have an exit. */
function regionsOf(
  state: DrawnState,
  path: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const children = Object.entries(state.states ?? {})
  const open = children
    .filter(([, child]) => child.type !== 'final')
    .map(([name]) => nodeId([...path, name]))
  return new Map([
    [nodeId([...path, 'any']), state.type === 'parallel' ? [] : open],
    ...children.flatMap(([name, child]) => [...regionsOf(child, [...path, name])]),
  ])
}

function collapseArrows(
  arrows: readonly Arrow[],
  regions: ReadonlyMap<string, readonly string[]>,
): readonly Arrow[] {
  let left = [...arrows]
  for (const [any, members] of regions) {
    if (members.length < MANY) continue
    for (const { to, label } of arrows) {
      const same = left.filter(one => one.to === to && one.label === label)
      const sources = new Set(same.map(one => one.from))
      const others = members.filter(member => member !== to)
      if (!others.every(member => sources.has(member))) continue
      const kept = left.filter(one => !same.includes(one) || !members.includes(one.from))
      left = [...kept, { from: any, to, label }]
    }
  }
  return left
}

function arrowsOf(
  state: DrawnState,
  path: readonly string[],
  ids: ReadonlyMap<string, readonly string[]>,
): readonly Arrow[] {
  const own = transitionsOf(state).flatMap(({ label, target }) => {
    const to = resolveTarget(target, path, ids)
    if (path.length === 0 || to === undefined) return []
    return [{ from: nodeId(path), to: nodeId(to), label }]
  })
  const inner = Object.entries(state.states ?? {}).flatMap(([name, child]) =>
    arrowsOf(child, [...path, name], ids),
  )
  return [...own, ...inner]
}

function transitionsOf(state: DrawnState) {
  return [
    ...Object.entries(state.on ?? {}).flatMap(([event, value]) => asTransitions(event, value)),
    ...Object.entries(state.after ?? {}).flatMap(([delay, value]) =>
      asTransitions(`after ${delay}`, value),
    ),
    ...asTransitions('', state.always),
    ...asTransitions('done', state.onDone),
  ]
}

function asTransitions(
  label: string,
  value: unknown,
): readonly { readonly label: string; readonly target: string }[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value.flatMap(one => asTransitions(label, one))
  if (typeof value === 'string') return [{ label, target: value }]
  if (typeof value !== 'object' || !('target' in value)) return []
  const targets: unknown[] = Array.isArray(value.target) ? value.target : [value.target]
  const guard = 'guard' in value ? named(value.guard).map(name => ` [${name}]`) : []
  const actions = 'actions' in value ? named(value.actions).map(name => ` / ${name}`) : []
  const full = `${label}${guard.join('')}${actions.join('')}`.trim()
  return targets
    .filter(target => typeof target === 'string')
    .map(target => ({ label: full, target }))
}

/** Guards and actions as `name` or `name(parameter)`. */
function named(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(named)
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null || !('type' in value)) return []
  const params: unknown = 'params' in value ? value.params : undefined
  const words =
    typeof params === 'object' && params !== null
      ? Object.values(params).filter(word => typeof word === 'string')
      : []
  const name = String(value.type)
  return [words.length === 0 ? name : `${name}(${words.join(' ')})`]
}

/** XState's ways to name a target: `#id.path`, `.child`, or a sibling and what is below it. */
function resolveTarget(
  target: string,
  path: readonly string[],
  ids: ReadonlyMap<string, readonly string[]>,
): readonly string[] | undefined {
  const [head = '', ...rest] = target.replace(/^[#.]/, '').split('.')
  if (target.startsWith('#')) {
    const start = ids.get(head)
    return start === undefined ? undefined : [...start, ...rest]
  }
  if (target.startsWith('.')) return [...path, head, ...rest]
  return [...path.slice(0, -1), head, ...rest]
}

function idsOf(state: DrawnState, path: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const own: [string, readonly string[]][] = state.id === undefined ? [] : [[state.id, path]]
  const inner = Object.entries(state.states ?? {}).flatMap(([name, child]) => [
    ...idsOf(child, [...path, name]),
  ])
  return new Map([...own, ...inner])
}

function nodeId(path: readonly string[]): string {
  return path.length === 0 ? 'root' : path.map(part => part.replaceAll(/\W/g, '_')).join('__')
}
