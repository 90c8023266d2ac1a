import notifier from '../../../schemas/notifier.schema.json' with { type: 'json' }
import orchestrator from '../../../schemas/orchestrator.schema.json' with { type: 'json' }
import project from '../../../schemas/project.schema.json' with { type: 'json' }
import worker from '../../../schemas/worker.schema.json' with { type: 'json' }
import type { Kind } from '../../resource/key.ts'

/** A printer column: a title, and the dotted path of its value in a resource. */
export interface PrinterColumn {
  readonly name: string
  readonly path: string
  /** Left out of a narrow table, the highest number first. */
  readonly drop?: number
}

const NAME: PrinterColumn = { name: 'NAME', path: 'metadata.name' }
const KIND: PrinterColumn = { name: 'KIND', path: 'kind' }

const WIDE: readonly PrinterColumn[] = [
  { name: 'RUNTIME', path: 'status.runtime.plugin' },
  { name: 'PID', path: 'status.runtime.pid' },
  { name: 'ATTEMPT', path: 'status.attempt' },
  { name: 'WORKSPACE', path: 'status.workspace' },
  { name: 'SOURCE', path: 'metadata.source' },
]
const WIDE_FOR_SESSIONS_ONLY = 4

/** What a person misses least goes first. */
const DROPPED_FIRST: readonly string[] = ['BRANCH', 'CHECKS', 'AGENT', 'AGE', 'PR', 'ROUTES']

/**
 * The columns of a table: those of the kind's schema, or for a mixture of kinds the worker's with the kind before
 * them. MESSAGE stays the last one.
 */
export function columnsFor(kind: Kind | undefined, wide: boolean): readonly PrinterColumn[] {
  const declared = schemaColumns(kind ?? 'Worker')
  const last = declared.at(-1)
  const own = [...(kind === undefined ? [KIND] : []), NAME, ...declared.slice(0, -1)]
  const isSession = kind === undefined || kind === 'Worker' || kind === 'Orchestrator'
  const extra = wide ? WIDE.slice(isSession ? 0 : WIDE_FOR_SESSIONS_ONLY) : []
  return [...own, ...extra, ...(last === undefined ? [] : [last])].map(withDrop)
}

/** The value at a path such as `status.conditions[Ready].message`; a bracket picks the list's item of that type. */
export function valueAt(resource: unknown, path: string): unknown {
  let value: unknown = resource
  for (const { field, picked } of stepsOf(path)) {
    value = fieldOf(value, field)
    if (picked !== undefined) {
      value = Array.isArray(value)
        ? value.find(item => fieldOf(item, 'type') === picked)
        : undefined
    }
  }
  return value
}

interface PathStep {
  readonly field: string
  readonly picked: string | undefined
}

const knownPaths = new Map<string, readonly PathStep[]>()

/** A table asks for the same few paths in every row. */
function stepsOf(path: string): readonly PathStep[] {
  const known = knownPaths.get(path)
  if (known !== undefined) return known
  const matches = path.matchAll(/([^.[\]]+)(?:\[([^\]]+)\])?/g)
  const steps = [...matches].map(([, field = '', picked]) => ({ field, picked }))
  knownPaths.set(path, steps)
  return steps
}

function fieldOf(value: unknown, field: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) return undefined
  return (value as Readonly<Record<string, unknown>>)[field]
}

function withDrop(column: PrinterColumn): PrinterColumn {
  const at = DROPPED_FIRST.indexOf(column.name)
  return at === -1 ? column : { ...column, drop: DROPPED_FIRST.length - at }
}

function schemaColumns(kind: Kind): readonly PrinterColumn[] {
  switch (kind) {
    case 'Project':
      return project['x-columns']
    case 'Orchestrator':
      return orchestrator['x-columns']
    case 'Worker':
      return worker['x-columns']
    case 'Notifier':
      return notifier['x-columns']
  }
}
