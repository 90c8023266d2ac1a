import { API_VERSION, keyOf } from '../../resource/key.ts'
import type { Kind, ResourceKey, SessionKind } from '../../resource/key.ts'
import type {
  Desired,
  DesiredSession,
  Finalizer,
  NotifierSpec,
  Position,
  ProjectSpec,
  SessionSpec,
} from '../../resource/spec.ts'
import type { NotifierStatus, ProjectStatus, SessionStatus, Status } from '../../resource/status.ts'

export interface ResourceMetadata {
  readonly name: string
  readonly uid: string
  readonly generation: number
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly creationTimestamp: string
  readonly deletionTimestamp?: string
  readonly finalizers: readonly Finalizer[]
  readonly source: string
  /** Where its document starts. */
  readonly origin: Position
  /** What commands said over the manifest's head. */
  readonly overrides?: Desired['overrides']
}

interface ViewOf<K extends Kind, Spec, S extends Status> {
  readonly apiVersion: typeof API_VERSION
  readonly kind: K
  readonly metadata: ResourceMetadata
  readonly spec: Spec
  readonly status: S
}

export type SessionView = ViewOf<SessionKind, SessionSpec, SessionStatus>

/** An object as people and programs see it: what is declared and what is, in one. */
export type ResourceView =
  | SessionView
  | ViewOf<'Project', ProjectSpec, ProjectStatus>
  | ViewOf<'Notifier', NotifierSpec, NotifierStatus>

/**
 * Joins the two halves of an object. Values in `env` and `config` stay as the manifest has them, `${NAME}` unexpanded.
 * Without a stored status the view has the status of a thing nobody has looked at yet.
 */
export function toView(desired: Desired, status: Status | undefined): ResourceView {
  const metadata = metadataOf(desired)
  switch (desired.kind) {
    case 'Project':
      return {
        apiVersion: API_VERSION,
        kind: desired.kind,
        metadata,
        spec: desired.spec,
        status: status ?? unseen(desired),
      }
    case 'Notifier':
      return {
        apiVersion: API_VERSION,
        kind: desired.kind,
        metadata,
        spec: desired.spec,
        status: status ?? unseen(desired),
      }
    case 'Worker':
    case 'Orchestrator':
      return {
        apiVersion: API_VERSION,
        kind: desired.kind,
        metadata,
        spec: desired.spec,
        status:
          status !== undefined && 'lifecycle' in status ? status : unseenSession(desired, status),
      }
  }
}

export function keyOfView(view: ResourceView): ResourceKey {
  return keyOf(view.kind, view.metadata.name)
}

export function isSessionView(view: ResourceView): view is SessionView {
  return view.kind === 'Worker' || view.kind === 'Orchestrator'
}

function metadataOf(desired: Desired): ResourceMetadata {
  const { name, uid, generation, labels, annotations, creationTimestamp } = desired
  const { deletionTimestamp, finalizers, source, origin, overrides } = desired
  return {
    name,
    uid,
    generation,
    labels,
    annotations,
    creationTimestamp,
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    finalizers,
    source,
    origin,
    ...(Object.keys(overrides).length === 0 ? {} : { overrides }),
  }
}

/** `Ready` is always there: Unknown until the first look. */
function unseen(desired: Desired): NotifierStatus {
  return {
    observedGeneration: 0,
    conditions: [
      {
        type: 'Ready',
        status: 'Unknown',
        reason: 'Accepted',
        message: 'not looked at yet',
        observedGeneration: 0,
        lastTransitionTime: desired.creationTimestamp,
      },
    ],
  }
}

function unseenSession(desired: DesiredSession, status: Status | undefined): SessionStatus {
  const session = { session: 'pending' } as const
  return {
    ...(status ?? unseen(desired)),
    lifecycle: desired.kind === 'Worker' ? { ...session, review: 'none' } : session,
    display: 'Unknown',
    attempt: 0,
    ...(desired.spec.branch === undefined ? {} : { branch: desired.spec.branch }),
    runtime: { plugin: desired.spec.runtime.plugin },
    agent: { plugin: desired.spec.agent.plugin, activity: 'unknown' },
    since: {},
  }
}
