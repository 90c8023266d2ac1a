import { HouseError } from '../../errors.ts'
import type { StoreView } from '../../store/index.ts'
import { logFile } from '../../store/paths.ts'
import { watchDirectory } from '../../store/watch-directory.ts'
import { requireStore } from '../ask.ts'
import { untilReaderLeaves } from '../reader.ts'
import type { DefineCommand } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { attemptsOf, openTail } from '../log-file.ts'
import type { LogTail } from '../log-file.ts'
import { findSession, formerRecord, singleWord, toKey } from '../targets.ts'

const LOOK_EVERY_MS = 250

interface Flags {
  readonly follow?: boolean
  readonly tail?: string
  readonly attempt?: string
  readonly raw?: boolean
}

export const define: DefineCommand = (command, act) => {
  command
    .argument('<session...>', "A session's name, or KIND/NAME.")
    .option('-f, --follow', 'Go on as more comes, through restarts, until the session is gone.')
    .option('--tail <lines>', 'Only the last lines.')
    .option('--attempt <number>', 'An earlier attempt; the latest one by default.')
    .option('--raw', 'On a terminal: with the escape sequences.')
    .usage('NAME [options]')
    .addHelpText('after', examples('ao logs shop-login --tail 50', 'ao logs shop-login -f'))
    .action(async (words: readonly string[], flags: Flags) =>
      act(async context => logs(context, words, flags)),
    )
}

async function logs(context: Context, words: readonly string[], flags: Flags): Promise<undefined> {
  const lines = countOf(flags.tail, '--tail')
  const wanted = countOf(flags.attempt, '--attempt')
  const session = chooseSession(context, words, flags)
  const { store, name, raw } = session
  const attempt = wanted ?? attemptsOf(store.paths, name).at(-1)
  const tail =
    attempt === undefined
      ? undefined
      : openTail(logFile(store.paths, name, attempt), { lines, raw })
  if (attempt !== undefined && tail === undefined) throw noLog(store, name, attempt)
  if (flags.follow === true && wanted === undefined) {
    await follow(context, session, { attempt, tail })
  } else if (tail === undefined) {
    context.stderr(`${name} has not said anything yet\n`)
  } else {
    context.stdout(tail.read())
    context.stdout(tail.rest())
  }
  return undefined
}

/** A session that is there, or one that is gone and has left its log. */
function chooseSession(context: Context, words: readonly string[], flags: Flags): Session {
  const word = singleWord(words, 'logs')
  const store = context.store()
  const raw = flags.raw === true && context.isTTY
  const key = toKey(word, store)
  if (store !== undefined && store.desired.get(key) === undefined) {
    const former = formerRecord(key, store)
    if (former !== undefined) return { store, name: former.name, uid: undefined, raw }
  }
  const { name, uid } = findSession(word, store)
  return { store: requireStore(context), name, uid, raw }
}

interface Session {
  readonly store: StoreView
  readonly name: string
  readonly uid: string | undefined
  readonly raw: boolean
}

/** Prints what comes; when an attempt is over and another one has begun, goes on with that. */
async function follow(
  context: Context,
  session: Session,
  start: { readonly attempt: number | undefined; readonly tail: LogTail | undefined },
): Promise<void> {
  const { store, name, raw } = session
  let { attempt, tail } = start
  const watch = watchDirectory(`${store.paths.logs}/${name}`)
  const signal = untilReaderLeaves(context.signal)
  try {
    for (;;) {
      const isOver = signal.aborted || !isAlive(session)
      const next = attemptsOf(store.paths, name).find(number => number > (attempt ?? 0))
      context.stdout(tail?.read() ?? '')
      if (next !== undefined) {
        context.stdout(tail?.rest() ?? '')
        tail = openTail(logFile(store.paths, name, next), { lines: undefined, raw })
        attempt = next
        context.stderr(`attempt ${next} of ${name}\n`)
        continue
      }
      if (isOver) break
      await watch.changed(LOOK_EVERY_MS, signal)
    }
    context.stdout(tail?.rest() ?? '')
  } finally {
    watch.close()
  }
}

/** Whether more may come: it is still declared and not done. */
function isAlive({ store, uid }: Session): boolean {
  if (uid === undefined) return false
  store.desired.load()
  store.records.load()
  const isDeclared = [...store.desired.all().values()].some(object => object.uid === uid)
  return isDeclared && store.records.get(uid)?.outcome === undefined
}

function countOf(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return Number(text)
  throw new HouseError('Usage', `${option} "${text}" is no number`, { next: 'ao logs --help' })
}

function noLog(store: StoreView, name: string, attempt: number): HouseError {
  const attempts = attemptsOf(store.paths, name)
  const known = attempts.length === 0 ? 'there is none' : `there is ${attempts.join(', ')}`
  return new HouseError('NotFound', `there is no log of attempt ${attempt} of ${name}; ${known}`, {
    next: `ao logs ${name}`,
  })
}
