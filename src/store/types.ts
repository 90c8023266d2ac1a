import type { ForcedPush } from '../resource/record.ts'
import type { Notification } from '../resource/notification.ts'
import type { ResourceKey } from '../resource/key.ts'
import type { Resolved } from '../resource/spec.ts'

export type {
  Budget,
  ExitRecord,
  LaunchRecord,
  Outcome,
  SessionRecord,
} from '../resource/record.ts'

/** What a source owns: always a superset of reality. `inventory/<source>.json`. */
export interface Inventory {
  readonly source: string
  readonly items: readonly InventoryItem[]
}

export interface InventoryItem {
  readonly key: ResourceKey
  readonly uid: string
}

/** A registered manifest source. `sources/<id>.json`. */
export interface Source {
  readonly id: string
  readonly name: string
  readonly type: 'directory' | 'file' | 'stdin'
  /** Real path; absent for standard input. */
  readonly path?: string
  /** Content digest of the last good load. */
  readonly digest: string
  /** Branch of the source's checkout at the last apply. */
  readonly branch?: string
  readonly prune: boolean
  readonly acceptedAt: string
  /** Why it is not being applied now; absent when it is. */
  readonly held?: {
    readonly reason: 'SourceInvalid' | 'SourceBusy' | 'SourceBranchChanged'
    readonly message: string
    /** All that is wrong with it is that this machine lacks a variable. */
    readonly isLacking?: boolean
  }
}

/** A message to an agent or a notification to people. `outbox/<id>.json`. */
export type OutboxItem = OutboxMessage | OutboxNotification

interface OutboxBase {
  readonly id: string
  readonly createdAt: string
  readonly tries: number
  /** RFC 3339; not before. */
  readonly notBefore?: string
  readonly lastError?: string
}

export interface OutboxMessage extends OutboxBase {
  readonly type: 'message'
  /** uid of the session it goes to. */
  readonly to: string
  readonly session: string
  readonly text: string
  /** `automatic` messages wait for a good moment; those of people do not. */
  readonly origin: 'person' | 'session' | 'automatic'
  readonly cause?: string
  /** Which occurrence of its cause it tells of. */
  readonly signature?: string
  /** Why it is not delivered yet. */
  readonly waitsFor?: string
  /**
   * queued → writing → written → accepted, or failed. `writing` found after a crash is `unconfirmed`: never sent again.
   */
  readonly state: 'queued' | 'writing' | 'written' | 'accepted' | 'unconfirmed' | 'failed'
  /** The attempt it was written to. */
  readonly attempt?: number
  /** SHA-256 of the trimmed text, as agents acknowledge it. */
  readonly digest: string
  readonly updatedAt: string
}

export interface OutboxNotification extends OutboxBase {
  readonly type: 'notification'
  /** Notifier name. */
  readonly to: string
  readonly notification: Notification
  readonly state: 'queued' | 'sent' | 'failed'
  /** The digest that told it, with others. */
  readonly foldedInto?: string
  readonly updatedAt: string
}

/** One line of `journal.jsonl`: begin and end of an effect. */
export interface JournalEntry {
  readonly id: string
  readonly phase: 'begin' | 'end' | 'failed'
  readonly time: string
  readonly bootId: string
  readonly object: ResourceKey
  readonly uid: string
  readonly attempt: number
  readonly step: string
  readonly message?: string
  /** The pull request that is merged, and the head that was judged. */
  readonly merge?: { readonly number: number; readonly headSha: string }
}

/** What a command asks of the process that holds the lock. `requests/<token>.json`, answered in `requests/<token>.done.json`. */
export type RequestBody =
  | {
      readonly type: 'apply'
      readonly source: {
        readonly id: string
        readonly type: Source['type']
        readonly path?: string
        readonly name?: string
        /** Branch of the checkout that holds it. */
        readonly branch?: string
      }
      readonly resources: readonly Resolved[]
      readonly digest: string
      readonly prune: boolean
      /** The removals that a person saw in the plan: no others are made. Without it, everything that is no longer declared. */
      readonly pruneOnly?: readonly ResourceKey[]
      readonly partial: boolean
      readonly replace: boolean
    }
  | { readonly type: 'delete'; readonly keys: readonly ResourceKey[]; readonly force: boolean }
  | {
      readonly type: 'override'
      readonly key: ResourceKey
      readonly state: 'Running' | 'Suspended'
    }
  /** A pull request becomes a session's; without a number the session lets go of the one it had. */
  | {
      readonly type: 'claim'
      readonly key: ResourceKey
      readonly pullRequest?: number
      /** Name of the session that opened it, as its marker says. */
      readonly openedBy?: string
    }
  /** What is about to be pushed over something else: of a worker, or of a project when a person does it. */
  | { readonly type: 'force-push'; readonly key: ResourceKey; readonly push: ForcedPush }
  /** What is over of these is cleaned up also where nobody reacts, and its pauses are over. */
  | { readonly type: 'cleanup'; readonly keys: readonly ResourceKey[] }
  | { readonly type: 'restart'; readonly key: ResourceKey; readonly at: string }
  | { readonly type: 'send'; readonly item: OutboxMessage }
  | { readonly type: 'reconcile' }

export interface Request {
  readonly token: string
  readonly createdAt: string
  readonly pid: number
  readonly body: RequestBody
}

export interface RequestResult {
  readonly token: string
  readonly finishedAt: string
  readonly ok: boolean
  readonly exitCode: number
  readonly error?: { readonly code: string; readonly message: string; readonly next?: string }
}

/** Who holds the lock. The file `lock`. */
export interface LockInfo {
  readonly pid: number
  /** Start time of the process as the system counts it, against reuse of pids. */
  readonly startTime: string
  readonly bootId: string
  readonly nonce: string
  readonly mode: 'watch' | 'apply' | 'once' | 'command'
  readonly command: string
  readonly user: string
  readonly since: string
  readonly version: string
}

/** One thing that happened, or why something was done or left. One line of `events.jsonl`. */
export interface Event {
  readonly seq: number
  /** RFC 3339 of the last occurrence. */
  readonly time: string
  readonly type: 'Normal' | 'Warning'
  /** UpperCamelCase, past tense where it can be. */
  readonly reason: string
  readonly object: ResourceKey
  readonly attempt: number
  readonly message: string
  /** What it is part of, such as `ci-failed#12`: the fact, the decision and what came of it have the same. */
  readonly cause?: string
  /** Occurrences folded into this line, and when the first was. */
  readonly count: number
  readonly firstTime: string
}

export type NewEvent = Pick<Event, 'type' | 'reason' | 'object' | 'attempt' | 'message' | 'cause'>
