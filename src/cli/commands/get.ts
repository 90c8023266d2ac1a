import type { Kind, ResourceKey } from '../../resource/key.ts'
import { keyOf, KINDS } from '../../resource/key.ts'
import type { Desired } from '../../resource/spec.ts'
import type { StoreView } from '../../store/index.ts'
import type { DefineCommand } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { refresh, watcherOf, watchState } from '../live.ts'
import { formatOf, lookOf } from '../look.ts'
import { untilReaderLeaves } from '../reader.ts'
import { getNotes, renderGet } from '../output/get.ts'
import type { GetOptions } from '../output/get.ts'
import { keyOfView, toView } from '../output/view.ts'
import type { ResourceView } from '../output/view.ts'
import { parseSelector } from '../selector.ts'
import { joinKind, parseTargets } from '../targets.ts'

interface Flags {
  readonly selector?: string
  readonly watch?: boolean
}

export const define: DefineCommand = (command, act) => {
  command
    .argument('[words...]', 'A kind and names, KIND/NAME…, session names, or "all".')
    .option('-l, --selector <labels>', 'Only objects with these labels: a=b, a!=b, a, !a.')
    .option('-w, --watch', 'Go on, with a row whenever an object changes.')
    .usage('[KIND] [NAME…] [options]')
    .addHelpText(
      'after',
      examples('ao get', 'ao get workers -o wide', 'ao get worker/shop-login -o json', 'ao get -w'),
    )
    .action(async (words: readonly string[], flags: Flags) =>
      act(async context => get(context, words, flags)),
    )
}

/** Reads files and nothing else, so it also works while everything else is stuck. */
async function get(context: Context, words: readonly string[], flags: Flags): Promise<undefined> {
  const store = context.store()
  const targets = parseTargets(words, store)
  const isWanted = parseWanted(flags)
  const choose = (): readonly ResourceView[] =>
    store === undefined ? [] : viewsOf(store, targets, isWanted)
  const views = choose()
  const options: GetOptions = {
    ...lookOf(context),
    output: formatOf(context),
    kind: targets.kind,
    single: joinKind(words).length === 1 && targets.keys?.length === 1,
  }
  const watcher = store === undefined ? undefined : await watcherOf(context, store.paths)
  for (const note of getNotes(views, {
    kind: targets.kind,
    isChosen: flags.selector !== undefined,
    watcher,
  }))
    context.stderr(`${note}\n`)
  // Who reads is asked before there is anything to read.
  const signal = flags.watch === true ? untilReaderLeaves(context.signal) : context.signal
  context.stdout(await renderGet(views, options))
  if (flags.watch === true && store !== undefined) {
    await follow(context, { store, options, shown: views, choose, signal })
  }
}

interface Following {
  readonly store: StoreView
  readonly options: GetOptions
  readonly shown: readonly ResourceView[]
  readonly choose: () => readonly ResourceView[]
  readonly signal: AbortSignal
}

async function follow(
  context: Context,
  { store, options, shown, choose, signal }: Following,
): Promise<void> {
  let before = textsOf(shown)
  const watch = watchState(store.paths)
  try {
    while (!signal.aborted) {
      refresh(store)
      const views = choose()
      const after = textsOf(views)
      const changed = views.filter(
        view => before.get(keyOfView(view)) !== after.get(keyOfView(view)),
      )
      if (changed.length > 0) {
        context.stdout(await rowsOf(changed, { ...options, now: context.now() }))
      }
      for (const key of before.keys()) if (!after.has(key)) context.stderr(`${key} is gone\n`)
      before = after
      await watch.changed(signal)
    }
  } finally {
    watch.close()
  }
}

async function rowsOf(views: readonly ResourceView[], options: GetOptions): Promise<string> {
  const output = options.output === 'json' ? 'jsonl' : options.output
  const text = await renderGet(views, { ...options, output, headers: false })
  return output === 'yaml' ? `---\n${text}` : text
}

function textsOf(views: readonly ResourceView[]): ReadonlyMap<ResourceKey, string> {
  return new Map(views.map(view => [keyOfView(view), JSON.stringify(view)]))
}

function viewsOf(
  store: StoreView,
  targets: { readonly kind: Kind | undefined; readonly keys: readonly ResourceKey[] | undefined },
  isWanted: (object: Desired) => boolean,
): readonly ResourceView[] {
  const { keys, kind } = targets
  const objects =
    keys === undefined
      ? [...store.desired.all().values()].filter(one => kind === undefined || one.kind === kind)
      : keys.flatMap(key => store.desired.get(key) ?? [])
  const views = objects
    .filter(isWanted)
    .map(object => toView(object, store.status.get(keyOf(object.kind, object.name))))
  return keys === undefined ? views.toSorted(byKindAndName) : views
}

function parseWanted({ selector }: Flags): (object: Desired) => boolean {
  if (selector === undefined) return () => true
  const test = parseSelector(selector)
  return ({ labels }) => test(labels)
}

function byKindAndName(a: ResourceView, b: ResourceView): number {
  const kinds = rankOf(a.kind) - rankOf(b.kind)
  if (kinds !== 0) return kinds
  return a.metadata.name < b.metadata.name ? -1 : 1
}

/** Projects before the sessions in them, what only listens last. */
function rankOf(kind: Kind): number {
  return kind === 'Notifier' ? KINDS.length : KINDS.indexOf(kind)
}
