import { keyOf } from '../resource/key.ts'
import type { ResourceKey, SessionKind } from '../resource/key.ts'
import type { SessionRecord } from '../resource/record.ts'
import { REACTION_NAMES, mergeReactions } from '../resource/reactions.ts'
import type { Desired } from '../resource/spec.ts'
import { isSession } from '../resource/spec.ts'
import type { Status } from '../resource/status.ts'
import { openFolder, viewFolder } from './folder.ts'
import type { Folder, FolderShape, FolderView, FolderWriter } from './folder.ts'
import type { HomePaths } from './paths.ts'

/** The accepted specs, by key. */
export type DesiredView = FolderView<ResourceKey, Desired>
export type DesiredStore = Folder<ResourceKey, Desired>

/** What was last observed and concluded, by key; all of it can be observed again. */
export type StatusView = FolderView<ResourceKey, Status>
export type StatusStore = Folder<ResourceKey, Status>

/** What can't be observed again, by uid. */
export interface RecordView extends FolderView<string, SessionRecord> {
  /** Everybody who ever had this name, those that are finished first and in the order in which they finished. */
  byName(kind: SessionKind, name: string): readonly SessionRecord[]
}
export type RecordStore = Folder<string, SessionRecord> & RecordView

export function openDesired(paths: HomePaths, writer: FolderWriter): DesiredStore {
  return openFolder(desiredShape(paths), writer)
}

export function viewDesired(paths: HomePaths): DesiredView {
  return viewFolder(desiredShape(paths))
}

export function openStatus(paths: HomePaths, writer: FolderWriter): StatusStore {
  return openFolder(statusShape(paths), writer)
}

export function viewStatus(paths: HomePaths): StatusView {
  return viewFolder(statusShape(paths))
}

export function openRecords(paths: HomePaths, writer: FolderWriter): RecordStore {
  return withNames(openFolder<string, SessionRecord>(recordShape(paths), writer))
}

export function viewRecords(paths: HomePaths): RecordView {
  return withNames(viewFolder<string, SessionRecord>(recordShape(paths)))
}

function desiredShape(paths: HomePaths): FolderShape<Desired> {
  const keyOfDesired = (object: Desired): ResourceKey => keyOf(object.kind, object.name)
  return { dir: paths.desired, depth: 2, sync: true, keyOf: keyOfDesired, complete: withReactions }
}

/** Reactions that came after the object was accepted have their defaults. */
function withReactions(object: Desired): Desired {
  if (!isSession(object)) return object
  const { reactions } = object.spec
  const isComplete = REACTION_NAMES.every(name => name in reactions)
  if (isComplete) return object
  return { ...object, spec: { ...object.spec, reactions: mergeReactions(reactions) } }
}

function statusShape(paths: HomePaths): FolderShape<Status> {
  return { dir: paths.status, depth: 2, sync: false }
}

function recordShape(paths: HomePaths): FolderShape<SessionRecord> {
  return { dir: paths.records, depth: 1, sync: true, keyOf: record => record.uid }
}

function withNames<F extends FolderView<string, SessionRecord>>(folder: F): F & RecordView {
  let members = -1
  let uids = new Map<string, string[]>()
  const index = (): Map<string, string[]> => {
    if (folder.members() === members) return uids
    members = folder.members()
    uids = new Map()
    for (const { kind, name, uid } of folder.all().values()) {
      const key = keyOf(kind, name)
      uids.set(key, [...(uids.get(key) ?? []), uid])
    }
    return uids
  }
  const byName = (kind: SessionKind, name: string): readonly SessionRecord[] =>
    (index().get(keyOf(kind, name)) ?? [])
      .flatMap(uid => folder.get(uid) ?? [])
      .sort((a, b) => compareText(a.outcome?.at ?? '~', b.outcome?.at ?? '~'))
  return Object.assign(folder, { byName })
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
