import { readFileSync, statSync } from 'node:fs'

import { errnoOf, HouseError, toHouseError } from '../../errors.ts'
import type { WebhookDelivery } from '../../plugins/scm.ts'
import type { Listener, Taken } from '../../reconcile/deliveries.ts'
import { MAX_DELIVERY, takeDelivery } from '../../reconcile/deliveries.ts'
import type { DesiredProject } from '../../resource/spec.ts'
import type { StoreView } from '../../store/index.ts'
import { openDeliveries } from '../../store/deliveries.ts'
import { requireStore } from '../ask.ts'
import type { Act, DefineCommand } from '../command.ts'
import { examples, holdsCommands, notes } from '../command.ts'
import type { Context } from '../context.ts'
import { formatOf } from '../look.ts'
import { toJson, toYaml } from '../output/serialize.ts'
import { openPulls, wakeWatcher } from '../pulls.ts'
import { readValue } from '../secrets.ts'

/** A recorded delivery has its body as a JSON text, which may be twice as long, and headers. */
const MAX_FILE = 2 * MAX_DELIVERY + 1024 * 1024

interface Flags {
  readonly file: string
  readonly project?: string
  readonly header?: readonly string[]
}

export const define: DefineCommand = (command, act) => {
  holdsCommands(command).addHelpText('after', examples('ao webhook deliver --file delivery.json'))
  defineDeliver(command.command('deliver'), act)
}

function defineDeliver(command: Parameters<DefineCommand>[0], act: Act): void {
  command
    .description('Take in one delivery, which stands in a file')
    .requiredOption(
      '--file <path>',
      'The raw body, or a recorded delivery: {"headers": {…}, "body": "…"}.',
    )
    .option('--project <name>', 'Only for this project; by default for all that it is signed for.')
    .option('--header <name=value...>', 'The headers it came with, when the file is the raw body.')
    .addHelpText(
      'after',
      notes(`The signature is checked with the project's scm.webhookSecret. Nothing of a delivery is
believed but which repository it is about: that is read anew at once, by the watcher or by
whoever looks next. The same delivery twice is one.`),
    )
    .addHelpText(
      'after',
      examples(
        'ao webhook deliver --file delivery.json',
        `ao webhook deliver --file body.json \\
    --header x-hub-signature-256=sha256=… x-github-event=push \\
    --header x-github-delivery=…`,
      ),
    )
    .action(async (flags: Flags) => act(async context => deliver(context, flags)))
}

async function deliver(context: Context, flags: Flags): Promise<number> {
  const format = formatOf(context, ['json', 'yaml'])
  const store = requireStore(context)
  const delivery = readDelivery(flags)
  const listeners = await listenersOf(context, store, flags.project)
  const taken = await takeDelivery(delivery, listeners, openDeliveries(store.paths), context.signal)
  if (!taken.isRepeated) wakeWatcher(context)
  const { id, event, repository, number } = taken.news
  const item = {
    id,
    event,
    repository,
    number,
    projects: taken.projects,
    repeated: taken.isRepeated,
  }
  if (format === 'json') context.stdout(toJson(item))
  else if (format === 'yaml') context.stdout(await toYaml(item))
  else context.stdout(`${wordsOf(taken)}\n`)
  return 0
}

function wordsOf({ news, isRepeated, projects }: Taken): string {
  const { id, event, repository, number } = news
  const about = [event, repository, number === undefined ? undefined : `#${number}`]
  const what = `${id}  ${about.filter(part => part !== undefined).join(' ')}`
  if (isRepeated) return `${what}: taken before, ignored`
  return projects.length === 0
    ? `${what}: about no repository, nothing to read`
    : `${what}: ${projects.join(', ')} ${projects.length === 1 ? 'is' : 'are'} read anew`
}

function readDelivery({ file, header }: Flags): WebhookDelivery {
  const body = readBody(file)
  if (header !== undefined) return { headers: headersOf(header.map(pairOf)), body }
  return recorded(body) ?? { headers: {}, body }
}

function readBody(file: string): Buffer {
  const about = statSync(file, { throwIfNoEntry: false })
  if (about === undefined) throw new HouseError('NotFound', `there is no file ${file}`)
  if (!about.isFile()) throw unusable(`${file} is no file`)
  if (about.size > MAX_FILE) {
    throw new HouseError('Refused', `${file} is larger than any delivery (25 MiB)`)
  }
  try {
    return readFileSync(file)
  } catch (error) {
    throw unusable(`${file} can't be read: ${errnoOf(error) ?? toHouseError(error).message}`)
  }
}

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at).trim(), text.slice(at + 1)]
  throw unusable(`--header ${JSON.stringify(text)} is not name=value`)
}

/** By lower-case names. Throws `Usage` for what HTTP has no room for (RFC 9110, 5.5). */
function headersOf(
  pairs: readonly (readonly [string, string])[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map(([given, value]) => {
      const name = given.toLowerCase()
      if (!/^[a-z0-9-]+$/.test(name)) throw unusable(`${JSON.stringify(given)} names no header`)
      if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return [name, value]
      throw unusable(`the value of header ${name} has characters that no header may have`)
    }),
  )
}

function unusable(message: string): HouseError {
  return new HouseError('Usage', message, { next: 'ao webhook deliver --help' })
}

/** Undefined for what is a body itself. */
function recorded(bytes: Buffer): WebhookDelivery | undefined {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  if (!('headers' in value) || !('body' in value) || typeof value.body !== 'string')
    return undefined
  if (typeof value.headers !== 'object' || value.headers === null) return undefined
  const pairs = Object.entries(value.headers).map(([name, text]) => [name, String(text)] as const)
  return { headers: headersOf(pairs), body: Buffer.from(value.body, 'utf8') }
}

/** A project that can't be read now must not keep others from hearing; it is told. */
async function listenersOf(
  context: Context,
  store: StoreView,
  named: string | undefined,
): Promise<readonly Listener[]> {
  const projects = [...store.desired.all().values()].filter(object => object.kind === 'Project')
  const wanted = projects.filter(({ name }) => named === undefined || name === named)
  if (named !== undefined && wanted.length === 0) {
    throw new HouseError('NotFound', `there is no Project/${named}`, { next: 'ao get projects' })
  }
  const listeners: Listener[] = []
  for (const object of wanted) {
    try {
      const listener = await listenerOf(context, object)
      if (listener !== undefined) listeners.push(listener)
    } catch (error) {
      if (named !== undefined || wanted.length === 1) throw error
      context.stderr(
        `Project/${object.name} can't take deliveries: ${toHouseError(error).message}\n`,
      )
    }
  }
  return listeners
}

async function listenerOf(
  context: Context,
  { name, spec }: DesiredProject,
): Promise<Listener | undefined> {
  const { webhookSecret } = spec.scm
  if (webhookSecret === undefined) return undefined
  const secret = await readValue(webhookSecret, { env: context.env, cwd: context.userHome })
  const { scm, project } = await openPulls(context, name)
  if (scm.readWebhook === undefined || typeof secret !== 'string') return undefined
  return { scm, secret, project }
}
