import type { Command } from 'commander'

import { HouseError } from '../../errors.ts'
import { findCondition } from '../../resource/conditions.ts'
import type { ResourceKey } from '../../resource/key.ts'
import { keyOf } from '../../resource/key.ts'
import { endWords } from '../../resource/record.ts'
import type { DesiredSession, RunState } from '../../resource/spec.ts'
import { standingOf } from '../../status/wait.ts'
import type { StoreView } from '../../store/index.ts'
import { ask, driveUntil, requireStore } from '../ask.ts'
import type { DefineCommand } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { requireDuration } from '../duration.ts'
import { exitCodeFor, isBlind } from '../outcomes.ts'
import { showPosition } from '../output/place.ts'
import { findSession, joinKind } from '../targets.ts'

interface Flags {
  readonly wait: boolean
  readonly timeout: string
}

export const defineSuspend: DefineCommand = (command, act) => {
  withCommonFlags(command, 'suspend').action(async (words: readonly string[], flags: Flags) =>
    act(async context => setState(context, words, { ...flags, state: 'Suspended' })),
  )
}

export const defineResume: DefineCommand = (command, act) => {
  withCommonFlags(command, 'resume').action(async (words: readonly string[], flags: Flags) =>
    act(async context => setState(context, words, { ...flags, state: 'Running' })),
  )
}

export const defineRestart: DefineCommand = (command, act) => {
  withCommonFlags(command, 'restart').action(async (words: readonly string[], flags: Flags) =>
    act(async context => restart(context, words, flags)),
  )
}

function withCommonFlags(command: Command, name: string): Command {
  return command
    .argument('<sessions...>', 'Session names, or KIND/NAME.')
    .option('--wait', 'Wait until it is so.', true)
    .option('--no-wait', 'Only ask for it.')
    .option('--timeout <duration>', 'How long to wait.', '2m')
    .usage('NAME… [options]')
    .addHelpText(
      'after',
      examples(`ao ${name} shop-login`, `ao ${name} shop-login shop-docs --no-wait`),
    )
}

async function setState(
  context: Context,
  words: readonly string[],
  { state, wait, timeout }: Flags & { readonly state: RunState },
): Promise<number> {
  const timeoutMs = requireDuration(timeout, '--timeout')
  const store = requireStore(context)
  const sessions = joinKind(words).map(word => findSession(word, store))
  for (const session of sessions) assertFree(context, store, session, state)
  const said = state === 'Suspended' ? 'suspended' : 'resumed'
  for (const session of sessions) {
    await ask(context, { type: 'override', key: keyOf(session.kind, session.name), state })
    if (!wait) context.stdout(`${keyOf(session.kind, session.name)} will be ${said}\n`)
  }
  if (!wait) return 0
  return settle(context, store, { sessions, said, timeoutMs }, session =>
    isInState(store, session, state),
  )
}

async function restart(
  context: Context,
  words: readonly string[],
  { wait, timeout }: Flags,
): Promise<number> {
  const timeoutMs = requireDuration(timeout, '--timeout')
  const store = requireStore(context)
  const sessions = joinKind(words).map(word => findSession(word, store))
  for (const session of sessions) {
    assertNotDone(store, session)
    assertNotSuspended(session)
  }
  const asked = new Map<string, string>()
  for (const session of sessions) {
    const at = context.now().toISOString()
    asked.set(session.uid, at)
    await ask(context, { type: 'restart', key: keyOf(session.kind, session.name), at })
    if (!wait) context.stdout(`${keyOf(session.kind, session.name)} will be restarted\n`)
  }
  if (!wait) return 0
  return settle(context, store, { sessions, said: 'restarted', timeoutMs }, session => {
    const handled = store.records.get(session.uid)?.restartHandled ?? ''
    if (standing(store, session) === 'Waiting') return true
    return handled >= (asked.get(session.uid) ?? '') && isInState(store, session, 'Running')
  })
}

interface Settling {
  readonly sessions: readonly DesiredSession[]
  readonly said: string
  readonly timeoutMs: number
}

/** Waits until all are as asked, or stuck. 6 when one is stalled, 7 when only this machine lacks something, 5 when one took too long. */
async function settle(
  context: Context,
  store: StoreView,
  { sessions, said, timeoutMs }: Settling,
  isSettled: (session: DesiredSession) => boolean,
): Promise<number> {
  const isOver = (session: DesiredSession): boolean =>
    isSettled(session) || standing(store, session) === 'Stalled'
  const names = sessions.map(session => keyOf(session.kind, session.name)).join(', ')
  const words = `${names} to be ${said}`
  await driveUntil(context, store, { words, isMet: () => sessions.every(isOver), timeoutMs })
  const late: ResourceKey[] = []
  let [isStuck, isHeldUp] = [false, false]
  for (const session of sessions) {
    const key = keyOf(session.kind, session.name)
    if (isSettled(session)) context.stdout(`${key} ${outcomeWords(store, session, said)}\n`)
    else if (standing(store, session) === 'Stalled') {
      const stalled = findCondition(store.status.get(key)?.conditions ?? [], 'Stalled')
      context.stderr(`${key} is stalled: ${stalled?.message ?? ''}\nnext:  ao describe ${key}\n`)
      if (isBlind(store, key)) isHeldUp = true
      else isStuck = true
    } else late.push(key)
  }
  const exitCode = exitCodeFor({
    stalled: isStuck,
    failed: false,
    blind: isHeldUp,
    timedOut: false,
  })
  if (exitCode === 0 && late.length > 0) {
    throw new HouseError(
      'Timeout',
      `${late.join(', ')}: not ${said} within ${timeoutMs / 1000} s`,
      {
        next: `ao describe ${late[0] ?? ''}`,
      },
    )
  }
  return exitCode
}

/** One that waits for a place is not so yet, and comes to it without anybody waiting. */
function outcomeWords(store: StoreView, session: DesiredSession, said: string): string {
  if (standing(store, session) !== 'Waiting') return said
  const conditions = store.status.get(keyOf(session.kind, session.name))?.conditions ?? []
  return `will be ${said}: ${findCondition(conditions, 'Ready')?.message ?? ''}`
}

function standing(store: StoreView, session: DesiredSession): ReturnType<typeof standingOf> {
  const key = keyOf(session.kind, session.name)
  const status = store.status.get(key)
  const generation = store.desired.get(key)?.generation ?? session.generation
  return standingOf(status?.conditions ?? [], generation, status?.observedGeneration ?? 0)
}

function isInState(store: StoreView, session: DesiredSession, state: RunState): boolean {
  const conditions = store.status.get(keyOf(session.kind, session.name))?.conditions ?? []
  const isSuspended = findCondition(conditions, 'Suspended')?.status === 'True'
  if (isSuspended !== (state === 'Suspended')) return false
  const now = standing(store, session)
  return now === 'Ready' || (state === 'Running' && now === 'Waiting')
}

/** A manifest that says the opposite wins over a command, and says so. */
function assertFree(
  context: Context,
  store: StoreView,
  session: DesiredSession,
  state: RunState,
): void {
  assertNotDone(store, session)
  if (!session.own.includes('spec.state') || session.spec.state === state) return
  const position = session.fields['spec.state'] ?? session.origin
  const here = { home: context.userHome, cwd: context.cwd }
  const verb = state === 'Suspended' ? 'suspend' : 'resume'
  throw new HouseError(
    'Conflict',
    [
      `${session.kind}/${session.name} is declared with state: ${session.spec.state} at ${showPosition(position, here)}`,
      `1. change it there to state: ${state}, then  ao apply`,
      `2. take the line out there, then  ao apply  and  ao ${verb} ${session.name}`,
      `3. leave it ${session.spec.state === 'Running' ? 'running' : 'suspended'}: nothing was changed`,
    ].join('\n'),
    { next: `edit ${showPosition(position, here)}, then  ao apply` },
  )
}

function assertNotDone(store: StoreView, session: DesiredSession): void {
  const outcome = store.records.get(session.uid)?.outcome
  if (outcome !== undefined) {
    throw new HouseError(
      'Refused',
      `${session.kind}/${session.name} is ${endWords(outcome)} and is not run again`,
      { next: `ao describe ${session.name}` },
    )
  }
  if (session.deletionTimestamp === undefined) return
  throw new HouseError('Refused', `${session.kind}/${session.name} is being deleted`, {
    next: `ao wait ${session.kind}/${session.name} --for=delete`,
  })
}

function assertNotSuspended(session: DesiredSession): void {
  if ((session.overrides.state ?? session.spec.state) !== 'Suspended') return
  throw new HouseError(
    'Refused',
    `${session.kind}/${session.name} is suspended; resuming it starts a new attempt`,
    { next: `ao resume ${session.name}` },
  )
}
