import { HouseError } from '../../errors.ts'
import { hintFor } from '../../manifest/suggest.ts'
import { keyOf } from '../../resource/key.ts'
import { REACTION_NAMES } from '../../resource/reactions.ts'
import { readEvents } from '../../store/events.ts'
import type { DefineCommand } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { formatOf, lookOf } from '../look.ts'
import { toJson, toYaml } from '../output/serialize.ts'
import { toView, isSessionView } from '../output/view.ts'
import type { Chain } from '../output/why.ts'
import { chainsOf, renderWhy } from '../output/why.ts'
import { findSession } from '../targets.ts'

/** How far back the decisions are followed. */
const EVENTS = 2000

export const define: DefineCommand = (command, act) => {
  command
    .argument('<name>', 'A session, by its name or as KIND/NAME.')
    .option('--cause <cause>', 'Only one chain, such as ci-failed#12, or all of a reaction.')
    .addHelpText('after', examples('ao why shop-login', 'ao why shop-login --cause ci-failed'))
    .action(async (name: string, flags: { readonly cause?: string }) =>
      act(async context => why(context, name, flags.cause)),
    )
}

async function why(context: Context, name: string, cause: string | undefined): Promise<undefined> {
  const store = context.store()
  const object = findSession(name, store)
  if (store === undefined)
    throw new HouseError('NotFound', `there is no ${name}`, { next: 'ao get' })
  const view = toView(object, store.status.get(keyOf(object.kind, object.name)))
  if (!isSessionView(view)) return undefined
  const all = chainsOf(view, {
    events: readEvents(store.paths, { limit: EVENTS }),
    outbox: store.outbox.all(),
    record: store.records.get(object.uid),
    now: context.now(),
  })
  const chains = all.filter(
    chain => cause === undefined || chain.cause === cause || chain.cause.startsWith(`${cause}#`),
  )
  if (cause !== undefined && chains.length === 0) assertKnown(cause, all, object.name)
  const format = formatOf(context, ['json', 'yaml'])
  const document = { object: `${object.kind}/${object.name}`, chains }
  if (format === 'json') context.stdout(toJson(document))
  else if (format === 'yaml') context.stdout(await toYaml(document))
  else context.stdout(renderWhy(view, chains, { ...lookOf(context), cause }))
}

/** A reaction may have had no cause yet; what is none, and is no cause of the session either, was mistyped. */
function assertKnown(cause: string, chains: readonly Chain[], session: string): void {
  const [name = ''] = cause.split('#')
  if (REACTION_NAMES.some(reaction => reaction === name)) return
  const hint = hintFor(cause, [...chains.map(chain => chain.cause), ...REACTION_NAMES])
  throw new HouseError(
    'NotFound',
    `there is no cause "${cause}"${hint === undefined ? '' : `; ${hint}`}`,
    { next: `ao why ${session}` },
  )
}
