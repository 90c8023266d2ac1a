import { HouseError } from '../../errors.ts'
import { readEvents } from '../../store/events.ts'
import { readJournal } from '../../store/journal.ts'
import type { DefineCommand } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { watcherOf } from '../live.ts'
import { formatOf, lookOf } from '../look.ts'
import { renderDescribe } from '../output/describe.ts'
import { getNotes, renderGet } from '../output/get.ts'
import { toView } from '../output/view.ts'
import { findKey, joinKind } from '../targets.ts'

const EVENTS = 50

export const define: DefineCommand = (command, act) => {
  command
    .argument('<objects...>', "KIND/NAME, KIND NAME, or a session's name.")
    .usage('KIND/NAME… [options]')
    .addHelpText('after', examples('ao describe worker/shop-login', 'ao describe shop-login'))
    .action(async (words: readonly string[]) => act(async context => describe(context, words)))
}

async function describe(context: Context, words: readonly string[]): Promise<undefined> {
  const store = context.store()
  for (const [at, word] of joinKind(words).entries()) {
    const key = findKey(word, store)
    const object = store?.desired.get(key)
    if (store === undefined || object === undefined) {
      throw new HouseError('NotFound', `there is no ${key}`, { next: 'ao get' })
    }
    const view = toView(object, store.status.get(key))
    const watcher = await watcherOf(context, store.paths)
    for (const note of at === 0 ? getNotes([view], { watcher }) : []) context.stderr(`${note}\n`)
    const output = formatOf(context)
    if (output !== 'table' && output !== 'wide') {
      context.stdout(await renderGet([view], { ...lookOf(context), output, single: true }))
      continue
    }
    const text = renderDescribe(view, {
      ...lookOf(context),
      fields: object.fields,
      journal: readJournal(store.paths, { object: key }),
      events: readEvents(store.paths, { object: key, limit: EVENTS }),
      outbox: store.outbox.all(),
      record: store.records.get(object.uid),
      channel: object.kind === 'Notifier' ? store.channels.get(object.name) : undefined,
    })
    context.stdout(at === 0 ? text : `\n${text}`)
  }
}
