import type { RuntimeSession } from '../runtime.ts'
import { commandList } from './tmux-client.ts'

/** A person who pressed a key within this time is taken to be typing. */
const TYPING_MS = 5000

// Tabs would be the obvious separator, but tmux has changed more than once how it prints them. Only the last field can hold a `|`.
const CLIENT_FORMAT = ['c', '#{session_id}', '#{client_activity}'].join('|')
const PANE_FORMAT = [
  'p',
  '#{session_id}',
  '#{pane_id}',
  '#{pane_pid}',
  '#{pane_dead}',
  '#{pane_dead_status}',
  '#{pane_dead_signal}',
  '#{pane_dead_time}',
  '#{@ao_uid}',
  '#{@ao_attempt}',
  '#{@ao_session}',
  '#{@ao_pane}',
  // A name that is no option is looked up in the session's environment, where it is from the session's first moment.
  '#{AO_UID}',
  '#{AO_ATTEMPT}',
  '#{AO_SESSION_ID}',
  '#{pid}',
  '#{session_name}',
].join('|')

/** One call that shows every session and who sits before it. */
export const LIST_COMMANDS = commandList([
  ['list-clients', '-F', CLIENT_FORMAT],
  ['list-panes', '-a', '-F', PANE_FORMAT],
])

export interface TmuxSession extends RuntimeSession {
  /** `$3`; never used again while the server lives. */
  readonly sessionId: string
  /** False when whoever started it was killed before it could be marked. */
  readonly tagged: boolean
  /** Its terminal is closed, but tmux has not seen its process end: in a moment, or never when it goes on without a terminal. */
  readonly detached: boolean
}

export interface TmuxListing {
  readonly sessions: readonly TmuxSession[]
  readonly serverPid: number | undefined
}

interface Row {
  readonly sessionId: string
  readonly pane: string
  readonly pid: string
  readonly dead: string
  readonly status: string
  readonly signal: string
  readonly time: string
  readonly uid: string
  readonly attempt: string
  readonly session: string
  readonly agentPane: string
  readonly envUid: string
  readonly envAttempt: string
  readonly envSession: string
  readonly serverPid: string
  readonly name: string
}

type Base = Pick<TmuxSession, 'sessionId' | 'tagged' | 'personTyping'>

const NO_PANE = { pid: undefined, state: 'exited', detached: false } as const

/** Reads what `LIST_COMMANDS` printed. */
export function parseListing(output: string, now: number): TmuxListing {
  const typed = new Map<string, number>()
  const rows = new Map<string, Row[]>()
  let serverPid: number | undefined
  for (const line of output.split('\n')) {
    const [kind, id = '', third = ''] = line.split('|')
    if (kind === 'c') typed.set(id, Math.max(typed.get(id) ?? 0, Number(third) * 1000))
    if (kind !== 'p') continue
    const row = parseRow(line)
    serverPid = Number(row.serverPid)
    rows.set(id, [...(rows.get(id) ?? []), row])
  }
  const sessions = [...rows].map(([id, panes]) =>
    toSession(panes, now - (typed.get(id) ?? 0) < TYPING_MS),
  )
  return { sessions, serverPid }
}

/** Marks sessions again, each with what its own environment says. */
export function tagCommands(sessions: readonly TmuxSession[]): readonly string[] {
  return commandList(
    sessions.flatMap(({ sessionId, handle }) => [
      ['set-option', '-t', `${sessionId}:`, '@ao_pane', handle],
      ['set-option', '-F', '-t', `${sessionId}:`, '@ao_session', '#{AO_SESSION_ID}'],
      ['set-option', '-F', '-t', `${sessionId}:`, '@ao_attempt', '#{AO_ATTEMPT}'],
      ['set-option', '-F', '-t', `${sessionId}:`, '@ao_uid', '#{AO_UID}'],
    ]),
  )
}

function parseRow(line: string): Row {
  const fields = line.split('|')
  const at = (index: number): string => fields[index] ?? ''
  return {
    sessionId: at(1),
    pane: at(2),
    pid: at(3),
    dead: at(4),
    status: at(5),
    signal: at(6),
    time: at(7),
    uid: at(8),
    attempt: at(9),
    session: at(10),
    agentPane: at(11),
    envUid: at(12),
    envAttempt: at(13),
    envSession: at(14),
    serverPid: at(15),
    name: fields.slice(16).join('|'),
  }
}

function toSession(panes: readonly Row[], personTyping: boolean): TmuxSession {
  const [first] = panes.toSorted((a, b) => paneNumber(a) - paneNumber(b))
  if (first === undefined) throw new TypeError('a tmux session has at least one pane')
  const tagged = first.uid !== ''
  // A server that a person started from inside a session has our variables for everybody: then the name tells.
  const ours = tagged || (first.envUid !== '' && first.envSession === first.name)
  const base: Base = { sessionId: first.sessionId, tagged, personTyping }
  if (!ours) {
    const nobody = { session: first.name, uid: undefined, attempt: undefined }
    return { ...base, ...nobody, ...paneState(first) }
  }
  const identity = tagged
    ? { session: first.session, uid: first.uid, attempt: Number(first.attempt) }
    : { session: first.envSession, uid: first.envUid, attempt: Number(first.envAttempt) }
  const agent = tagged ? panes.find(({ pane }) => pane === first.agentPane) : first
  // A person closed the agent's pane and kept others that were opened beside it.
  if (agent === undefined) {
    return { ...base, ...identity, handle: first.agentPane, ...NO_PANE }
  }
  return { ...base, ...identity, ...paneState(agent) }
}

function paneState(row: Row): Omit<TmuxSession, 'session' | 'uid' | 'attempt' | keyof Base> {
  const isOver = row.status !== '' || row.signal !== ''
  return {
    handle: row.pane,
    pid: row.pid === '' ? undefined : Number(row.pid),
    state: isOver ? 'exited' : 'alive',
    detached: !isOver && row.dead === '1',
    ...(row.status === '' ? {} : { exitCode: Number(row.status) }),
    ...(row.signal === '' ? {} : { signal: Number(row.signal) }),
    ...(isOver && row.time !== '' ? { exitedAt: Number(row.time) * 1000 } : {}),
  }
}

function paneNumber({ pane }: Row): number {
  return Number(pane.slice(1))
}
