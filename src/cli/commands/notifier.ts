import type { Notifier } from '../../plugins/notifier.ts'
import { HouseError, toHouseError } from '../../errors.ts'
import { keyOf } from '../../resource/key.ts'
import type { Notification, NotificationPriority } from '../../resource/notification.ts'
import { NOTIFICATION_PRIORITIES } from '../../resource/notification.ts'
import type { DesiredNotifier } from '../../resource/spec.ts'
import { requireStore } from '../ask.ts'
import type { DefineCommand } from '../command.ts'
import { examples, holdsCommands } from '../command.ts'
import type { Context } from '../context.ts'
import { toJson, toYaml } from '../output/serialize.ts'
import { readValue } from '../secrets.ts'
import { findKey } from '../targets.ts'

const SOME_FAILED = 4

interface Flags {
  readonly priority: string
}

export const define: DefineCommand = (command, act) => {
  holdsCommands(command).addHelpText(
    'after',
    examples('ao notifier test slack', 'ao notifier test pager --priority urgent'),
  )
  command
    .command('test')
    .description('Send a real test message through a Notifier now, and say what became of it')
    .argument('<name>', "The Notifier's name.")
    .option('--priority <priority>', NOTIFICATION_PRIORITIES.join(', '), 'info')
    .addHelpText(
      'after',
      examples('ao notifier test slack', 'ao notifier test pager --priority urgent'),
    )
    .action(async (name: string, flags: Flags) =>
      act(async context => testNotifier(context, name, flags)),
    )
}

/** What the test found, as programs read it. */
interface Outcome {
  readonly notifier: string
  readonly plugin: string
  readonly ok: boolean
  readonly error?: string
  readonly next?: string
  readonly retryable?: boolean
}

/** Beside the outbox: a watcher goes on undisturbed, and none is needed. */
async function testNotifier(context: Context, word: string, flags: Flags): Promise<number> {
  const priority = NOTIFICATION_PRIORITIES.find(known => known === flags.priority)
  if (priority === undefined) {
    const known = NOTIFICATION_PRIORITIES.join(', ')
    throw new HouseError('Usage', `--priority "${flags.priority}" is none of ${known}`, {
      next: 'ao notifier test --help',
    })
  }
  const notifier = findNotifier(context, word)
  const { name, spec } = notifier
  const plugin = (await context.registry()).get('notifier', spec.plugin)
  if (spec.routes.length > 0 && !spec.routes.includes(priority)) {
    context.stderr(
      `Notifier/${name} does not take ${priority}: its routes are ${spec.routes.join(', ')}\n`,
    )
  }
  const outcome = await send(context, { notifier, plugin, priority })
  await show(context, outcome)
  return outcome.ok ? 0 : SOME_FAILED
}

interface Sending {
  readonly notifier: DesiredNotifier
  readonly plugin: Notifier
  readonly priority: NotificationPriority
}

async function send(context: Context, { notifier, plugin, priority }: Sending): Promise<Outcome> {
  const { name, spec } = notifier
  const { signal } = context
  const about = { notifier: name, plugin: spec.plugin }
  try {
    const config = await readConfig(context, spec.config)
    const message = testMessage(context, name, priority)
    await plugin.send(message, config, signal)
    if (plugin.tracksCauses?.(spec.config) === true) {
      // Nobody is to be kept awake by a test.
      await plugin.send({ ...message, resolved: true }, config, signal)
    }
    return { ...about, ok: true }
  } catch (error) {
    const failure = toHouseError(error)
    if (failure.code === 'Interrupted') throw failure
    const { message, next, retryable } = failure
    return {
      ...about,
      ok: false,
      error: message,
      retryable,
      ...(next === undefined ? {} : { next }),
    }
  }
}

function findNotifier(context: Context, word: string): DesiredNotifier {
  const store = requireStore(context)
  const key = findKey(word.includes('/') ? word : keyOf('Notifier', word), store)
  const object = store.desired.get(key)
  if (object?.kind === 'Notifier') return object
  throw new HouseError('Usage', `${key} is no Notifier`, { next: 'ao get notifiers' })
}

async function readConfig(
  context: Context,
  config: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const around = { env: context.env, cwd: context.userHome }
  const entries = await Promise.all(
    Object.entries(config).map(
      async ([name, value]) => [name, await readValue(value, around)] as const,
    ),
  )
  return Object.fromEntries(entries)
}

function testMessage(context: Context, name: string, priority: NotificationPriority): Notification {
  const id = `t-${context.newId()}`
  return {
    id,
    priority,
    title: 'A test from ao',
    message: `Notifier/${name} works: this is how a notification of priority ${priority} arrives`,
    project: 'test',
    cause: `test/${id}`,
    next: `ao describe notifier/${name}`,
    createdAt: context.now().toISOString(),
  }
}

async function show(context: Context, outcome: Outcome): Promise<void> {
  const { output } = context
  const { notifier, plugin, ok, error, next, retryable } = outcome
  if (output === 'json') return context.stdout(toJson(outcome))
  if (output === 'yaml') return context.stdout(await toYaml(outcome))
  if (ok) return context.stdout(`Notifier/${notifier} (${plugin}): sent\n`)
  const later = retryable === true ? ' (may pass: ao would try again)' : ''
  context.stdout(`Notifier/${notifier} (${plugin}): not sent: ${error ?? ''}${later}\n`)
  if (next !== undefined) context.stderr(`next: ${next}\n`)
}
