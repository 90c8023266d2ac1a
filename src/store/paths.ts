import { join } from 'node:path'

/** Where things are in an AO_HOME. `root` is its real, absolute path. */
export interface HomePaths {
  readonly root: string
  readonly version: string
  /** Tells this home from others, where what is written leaves the machine. */
  readonly id: string
  readonly manifests: string
  readonly desired: string
  readonly status: string
  readonly records: string
  readonly inventory: string
  readonly sources: string
  readonly requests: string
  readonly journal: string
  readonly events: string
  readonly sightings: string
  readonly outbox: string
  readonly outboxArchive: string
  readonly channels: string
  /** What adapters of remote forges remember; may be lost. */
  readonly forge: string
  /** The deliveries of webhooks that were taken. */
  readonly deliveries: string
  readonly spool: string
  readonly scratch: string
  readonly logs: string
  readonly runs: string
  readonly worktrees: string
  readonly bin: string
  readonly lock: string
  /** Stands while corrupt state was found and no clean apply has followed. */
  readonly noPrune: string
  readonly tmuxSocket: string
  /** Says where the tmux socket is when its path in the home would be too long. */
  readonly tmuxSocketPointer: string
}

export function homePaths(root: string): HomePaths {
  return {
    root,
    version: join(root, 'version'),
    id: join(root, 'id'),
    manifests: join(root, 'manifests'),
    desired: join(root, 'desired'),
    status: join(root, 'status'),
    records: join(root, 'records'),
    inventory: join(root, 'inventory'),
    sources: join(root, 'sources'),
    requests: join(root, 'requests'),
    journal: join(root, 'journal.jsonl'),
    events: join(root, 'events.jsonl'),
    sightings: join(root, 'sightings.jsonl'),
    outbox: join(root, 'outbox'),
    outboxArchive: join(root, 'outbox-archive.jsonl'),
    channels: join(root, 'channels'),
    forge: join(root, 'forge'),
    deliveries: join(root, 'deliveries'),
    spool: join(root, 'spool'),
    scratch: join(root, 'scratch'),
    logs: join(root, 'logs'),
    runs: join(root, 'runs'),
    worktrees: join(root, 'worktrees'),
    bin: join(root, 'bin'),
    lock: join(root, 'lock'),
    noPrune: join(root, 'no-prune'),
    tmuxSocket: join(root, 'tmux.sock'),
    tmuxSocketPointer: join(root, 'tmux.sock.path'),
  }
}

export function logFile(paths: HomePaths, session: string, attempt: number): string {
  return join(paths.logs, session, `${attempt}.log`)
}

/** The private directory of one attempt: prompt, exit status, input FIFO. Keyed by uid, so a namesake never finds it. */
export function runDir(paths: HomePaths, uid: string, attempt: number): string {
  return join(paths.runs, uid, String(attempt))
}

export function worktreePath(paths: HomePaths, project: string, session: string): string {
  return join(paths.worktrees, project, session)
}
