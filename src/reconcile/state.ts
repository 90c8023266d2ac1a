import type { ResourceKey } from '../resource/key.ts'
import type { SessionRecord } from '../resource/record.ts'
import { isAccomplished } from '../resource/record.ts'
import type { Desired, DesiredSession } from '../resource/spec.ts'
import type { SessionStatus, Status } from '../resource/status.ts'
import type { StoreView } from '../store/index.ts'

/** What is remembered, for whoever plans: the writer's own store, or a reader's view of it. */
export interface State {
  readonly desired: ReadonlyMap<ResourceKey, Desired>
  status(key: ResourceKey): Status | undefined
  record(uid: string): SessionRecord | undefined
  records(): readonly SessionRecord[]
}

interface StateSource {
  readonly desired: { all(): ReadonlyMap<ResourceKey, Desired> }
  readonly status: { get(key: ResourceKey): Status | undefined }
  readonly records: {
    get(uid: string): SessionRecord | undefined
    all(): ReadonlyMap<string, SessionRecord>
  }
}

export function stateOf(source: StateSource): State {
  return {
    desired: source.desired.all(),
    status: key => source.status.get(key),
    record: uid => source.records.get(uid),
    records: () => [...source.records.all().values()],
  }
}

/** A home in which nothing was ever accepted. */
export const EMPTY_STATE: State = {
  desired: new Map(),
  status: () => undefined,
  record: () => undefined,
  records: () => [],
}

export function sessionStatus(state: State, key: ResourceKey): SessionStatus | undefined {
  const status = state.status(key)
  return status !== undefined && 'lifecycle' in status ? status : undefined
}

/** Absolute paths of the registered manifest sources. */
export function sourcePathsOf({ sources }: Pick<StoreView, 'sources'>): readonly string[] {
  return [...sources.all().values()].flatMap(({ path }) => (path === undefined ? [] : [path]))
}

/** The record of a session that has none yet. */
export function newRecord(object: DesiredSession): SessionRecord {
  return {
    uid: object.uid,
    kind: object.kind,
    name: object.name,
    project: object.spec.project,
    source: object.source,
    attempt: 0,
    launches: [],
    restarts: 0,
    budgets: {},
    handled: {},
    preserved: [],
  }
}

/** Names of workers that are Done by record, whether or not anything still declares them. */
export function doneWorkers(state: State): ReadonlySet<string> {
  return new Set(
    state
      .records()
      .filter(record => record.kind === 'Worker' && isAccomplished(record.outcome))
      .map(record => record.name),
  )
}
