import { messageDigest } from '../../deliver/messages.ts'
import { HouseError } from '../../errors.ts'
import { findCondition } from '../../resource/conditions.ts'
import { keyOf } from '../../resource/key.ts'
import { endWords } from '../../resource/record.ts'
import type { DesiredSession } from '../../resource/spec.ts'
import type { StoreView } from '../../store/index.ts'
import { viewOutbox } from '../../store/outbox.ts'
import type { OutboxItem, OutboxMessage } from '../../store/types.ts'
import { ask, driveUntil, requireStore } from '../ask.ts'
import type { DefineCommand } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { requireDuration } from '../duration.ts'
import { holderOf } from '../live.ts'
import { toJson, toYaml } from '../output/serialize.ts'
import { findSession } from '../targets.ts'
import { readTextFile } from '../text-file.ts'

const MAX_BYTES = 1024 * 1024

interface Flags {
  readonly file?: string
  readonly wait?: boolean
  readonly timeout: string
}

export const define: DefineCommand = (command, act) => {
  command
    .argument('<session>', "A session's name, or KIND/NAME.")
    .argument('[message...]', 'What to say; behind -- when it starts with a dash.')
    .option('--file <path>', 'Say what stands in a file; - is standard input.')
    .option('--wait', 'Wait until the agent has taken it.')
    .option('--timeout <duration>', 'How long to wait.', '2m')
    .usage('NAME MESSAGE… [options]')
    .addHelpText(
      'after',
      examples(
        'ao send shop-login "Rebase on main, then push."',
        'git diff | ao send shop-login --file - --wait',
      ),
    )
    .action(async (name: string, words: readonly string[], flags: Flags) =>
      act(async context => send(context, { name, words, flags })),
    )
}

interface Sending {
  readonly name: string
  readonly words: readonly string[]
  readonly flags: Flags
}

async function send(context: Context, { name, words, flags }: Sending): Promise<number> {
  const timeoutMs = requireDuration(flags.timeout, '--timeout')
  const store = requireStore(context)
  const session = findSession(name, store)
  assertListening(store, session)
  const item = compose(context, session, await readText(context, words, flags.file))
  await ask(context, { type: 'send', item })
  if (flags.wait === true) return await follow(context, store, { session, item, timeoutMs })
  const now = messageIn(store, item)
  await show(context, now)
  if (now.state === 'queued' && (await holderOf(context, store.paths)) === undefined) {
    context.stderr('it is queued, and no watcher is running; deliver it:  ao reconcile --once\n')
  }
  return now.state === 'failed' ? 1 : 0
}

/** Waits for the receipt, or as far as an agent without one lets us see. */
async function follow(
  context: Context,
  store: StoreView,
  { session, item, timeoutMs }: Awaited,
): Promise<number> {
  const agent = session.spec.agent.plugin
  const registry = await context.registry()
  const reports = registry.get('agent', agent).reports
  const isOver = ({ state }: OutboxItem): boolean =>
    state === 'written' ? !reports : state !== 'queued' && state !== 'writing'
  const isMet = (): boolean => isOver(messageIn(store, item))
  const words = `${session.name} to take the message`
  const isDone = await driveUntil(context, store, { words, isMet, timeoutMs })
  const now = messageIn(store, item)
  await show(context, now)
  if (!isDone) {
    const why = now.lastError === undefined ? '' : `: ${now.lastError}`
    const message = `${session.name} has not taken the message within ${timeoutMs / 1000} s; it is ${now.state}${why}`
    throw new HouseError('Timeout', message, { next: `ao describe ${session.name}` })
  }
  if (now.state === 'written') {
    context.stderr(`unconfirmed: ${agent} does not say what it has taken\n`)
  }
  if (now.state === 'unconfirmed') {
    context.stderr('unconfirmed: writing it was interrupted, and it is not sent twice; look with ')
    context.stderr(`ao attach ${session.name}\n`)
  }
  return now.state === 'failed' ? 1 : 0
}

interface Awaited {
  readonly session: DesiredSession
  readonly item: OutboxMessage
  readonly timeoutMs: number
}

function compose(context: Context, session: DesiredSession, text: string): OutboxMessage {
  const sender = context.env['AO_UID'] === undefined ? undefined : context.env['AO_SESSION_ID']
  const full = sender === undefined ? text : `[from ${sender}] ${text}`
  const at = context.now().toISOString()
  return {
    type: 'message',
    id: context.newId(),
    to: session.uid,
    session: session.name,
    text: full,
    origin: sender === undefined ? 'person' : 'session',
    state: 'queued',
    digest: messageDigest(full),
    tries: 0,
    createdAt: at,
    updatedAt: at,
  }
}

/** The message as the outbox has it by now. */
function messageIn(store: StoreView, item: OutboxMessage): OutboxMessage {
  const found = viewOutbox(store.paths).get(item.id)
  return found?.type === 'message' ? found : item
}

async function show(context: Context, message: OutboxMessage): Promise<void> {
  const { output } = context
  if (output === 'json') context.stdout(toJson(message))
  else if (output === 'yaml') context.stdout(await toYaml(message))
  else context.stdout(`message ${message.id} to ${message.session}: ${message.state}\n`)
}

async function readText(
  context: Context,
  words: readonly string[],
  file: string | undefined,
): Promise<string> {
  if (file !== undefined && words.length > 0) {
    throw new HouseError(
      'Usage',
      'a message comes from the command line or from --file, not both',
      {
        next: 'ao send --help',
      },
    )
  }
  const text = file === undefined ? words.join(' ') : await readTextFile(context, file)
  if (text.trim() === '') {
    throw new HouseError('Usage', 'there is no message', { next: 'ao send --help' })
  }
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw new HouseError(
      'Usage',
      'the message is longer than 1 MiB; send the name of a file instead',
    )
  }
  return text
}

/** A message is for an agent that is there or about to be. */
function assertListening(store: StoreView, session: DesiredSession): void {
  const { name, kind } = session
  const outcome = store.records.get(session.uid)?.outcome
  if (outcome !== undefined) {
    throw new HouseError(
      'Refused',
      `${kind}/${name} is ${endWords(outcome)}; nobody would read it`,
      {
        next: `ao describe ${name}`,
      },
    )
  }
  if (session.deletionTimestamp !== undefined) {
    throw new HouseError('Refused', `${kind}/${name} is being deleted; nobody would read it`, {
      next: `ao describe ${name}`,
    })
  }
  const conditions = store.status.get(keyOf(kind, name))?.conditions ?? []
  const isSuspended =
    (session.overrides.state ?? session.spec.state) === 'Suspended' ||
    findCondition(conditions, 'Suspended')?.status === 'True'
  if (isSuspended) {
    throw new HouseError('Refused', `${kind}/${name} is suspended; nobody would read it`, {
      next: `ao resume ${name}`,
    })
  }
}
