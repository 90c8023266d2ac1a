import { HouseError } from '../../errors.ts'
import type { Problem } from '../../manifest/problem.ts'
import { findCondition } from '../../resource/conditions.ts'
import type { ResourceKey } from '../../resource/key.ts'
import { keyOf } from '../../resource/key.ts'
import { isSession } from '../../resource/spec.ts'
import { standingOf } from '../../status/wait.ts'
import type { StoreView } from '../../store/index.ts'
import { ask, driveUntil, requireStore } from '../ask.ts'
import type { DefineCommand } from '../command.ts'
import { examples, notes } from '../command.ts'
import { isAgreed } from '../confirm.ts'
import type { Context } from '../context.ts'
import { findDeclaration } from '../declaration.ts'
import { requireDuration } from '../duration.ts'
import { holderOf } from '../live.ts'
import { readManifests, reportProblems } from '../manifests.ts'
import { showPosition } from '../output/place.ts'
import { findKey, joinKind } from '../targets.ts'

const INVALID = 2
const STALLED = 6

interface Flags {
  readonly filename?: readonly string[]
  readonly force?: boolean
  readonly yes?: boolean
  readonly wait: boolean
  readonly timeout: string
}

export const define: DefineCommand = (command, act) => {
  command
    .argument('[objects...]', "KIND/NAME, or a session's name.")
    .option('-f, --filename <paths...>', 'What these manifests declare.')
    .option(
      '--force',
      'Also what a source still declares, and branches with unpushed work (preserved first).',
    )
    .option('-y, --yes', 'Do not ask.')
    .option('--wait', 'Wait until it is gone.', true)
    .option('--no-wait', 'Only ask for it.')
    .option('--timeout <duration>', 'How long to wait.', '2m')
    .usage('KIND/NAME… | -f PATH [options]')
    .addHelpText(
      'after',
      notes(`What an agent did is saved first: commits stay on their branch, all else goes to refs/ao/preserved/.
A project takes its sessions with it. Asked on a terminal only; a script needs no --yes.`),
    )
    .addHelpText(
      'after',
      examples('ao delete worker/shop-login', 'ao delete -f .ao/workers.yaml --no-wait'),
    )
    .action(async (words: readonly string[], flags: Flags) =>
      act(async context => remove(context, words, flags)),
    )
}

async function remove(context: Context, words: readonly string[], flags: Flags): Promise<number> {
  const timeoutMs = requireDuration(flags.timeout, '--timeout')
  const store = requireStore(context)
  const keys = await chooseKeys(context, store, words, flags)
  if (keys === undefined) return INVALID
  if (keys.length === 0) {
    context.stderr('nothing of it is there\n')
    return 0
  }
  const force = flags.force === true
  if (!force) for (const key of keys) await assertUndeclared(context, store, key, flags)
  await isAgreed(context, { question: questionFor(store, keys), yes: flags.yes })
  const uids = new Map(keys.map(key => [key, store.desired.get(key)?.uid ?? '']))
  await ask(context, { type: 'delete', keys, force })
  if (!flags.wait) {
    for (const key of keys) context.stdout(`${key} will be deleted\n`)
    return 0
  }
  const isGone = (key: ResourceKey): boolean => store.desired.get(key)?.uid !== uids.get(key)
  const isOver = (key: ResourceKey): boolean => isGone(key) || blockOf(store, key) !== undefined
  const goal = `${keys.join(', ')} to be gone`
  await driveUntil(context, store, { words: goal, isMet: () => keys.every(isOver), timeoutMs })
  for (const key of keys) if (isGone(key)) tellGone(context, store, key, uids.get(key) ?? '')
  return judgeRest(
    context,
    store,
    keys.filter(key => !isGone(key)),
    timeoutMs,
  )
}

/** Names everything that goes, with what its agent is doing now. */
function questionFor(store: StoreView, keys: readonly ResourceKey[]): string {
  const projects = new Set(keys.filter(key => key.startsWith('Project/')))
  const sessions = [...store.desired.all().values()]
    .filter(isSession)
    .filter(({ spec }) => projects.has(keyOf('Project', spec.project)))
    .map(({ kind, name }) => keyOf(kind, name))
  const all = [...new Set([...keys, ...sessions])].map(key => {
    const status = store.status.get(key)
    return status !== undefined && 'display' in status ? `${key} (${status.display})` : key
  })
  return `Delete ${all.join(', ')}?`
}

/** Undefined when the manifests are invalid, which was told. */
async function chooseKeys(
  context: Context,
  store: StoreView,
  words: readonly string[],
  { filename }: Flags,
): Promise<readonly ResourceKey[] | undefined> {
  if ((filename === undefined) === (words.length === 0)) {
    throw new HouseError('Usage', 'name objects, or manifests with -f, and not both', {
      next: 'ao delete --help',
    })
  }
  if (filename === undefined) return joinKind(words).map(word => findKey(word, store))
  const declared = await readManifests(context, store, filename, 'delete')
  const problems = declared.problems.filter(isAboutText)
  if (reportProblems(context, { ...declared, problems }, 'Nothing was deleted.')) return undefined
  return declared.keys.filter(key => store.desired.get(key) !== undefined)
}

/** A name can be deleted whatever its object refers to: a variable that is not set, a plugin or a file that is not there. */
function isAboutText({ code }: Problem): boolean {
  return code.startsWith('AO10')
}

/** What is declared would only come back, so a person must want that. */
async function assertUndeclared(
  context: Context,
  store: StoreView,
  key: ResourceKey,
  { filename }: Flags,
): Promise<void> {
  const object = store.desired.get(key)
  const source = object === undefined ? undefined : store.sources.get(object.source)
  if (object === undefined || source === undefined) return
  // Whoever names the manifests themselves knows of them; a watcher that follows them does not.
  if (filename !== undefined && (await holderOf(context, store.paths))?.mode !== 'watch') return
  const position = await findDeclaration(source, key, context.cwd)
  if (position === undefined) return
  const place = showPosition(position, { home: context.userHome, cwd: context.cwd })
  throw new HouseError(
    'Refused',
    `${key} is still declared by the source ${source.name} at ${place}`,
    {
      next: `take it out there, then  ao apply --prune;  or  ao delete ${key} --force`,
    },
  )
}

function tellGone(context: Context, store: StoreView, key: ResourceKey, uid: string): void {
  const record = store.records.get(uid)
  const outcome = record?.outcome
  context.stdout(`${key} deleted${outcome === undefined ? '' : ` (${outcome.state})`}\n`)
  const preserved = new Set([...(record?.preserved ?? []), ...(outcome?.preserved ?? [])])
  for (const ref of preserved) context.stdout(`  work preserved in ${ref}\n`)
}

function judgeRest(
  context: Context,
  store: StoreView,
  rest: readonly ResourceKey[],
  timeoutMs: number,
): number {
  let exitCode = 0
  for (const key of rest) {
    const block = blockOf(store, key)
    if (block === undefined) continue
    context.stderr(`${key} is not deleted: ${block}\nnext:  ao describe ${key}\n`)
    exitCode = STALLED
  }
  if (exitCode !== 0 || rest.length === 0) return exitCode
  throw new HouseError('Timeout', `${rest.join(', ')}: not gone within ${timeoutMs / 1000} s`, {
    next: `ao describe ${rest[0] ?? ''}`,
  })
}

/** Why it can't go without a person; what was said before it was asked to go is no answer. */
function blockOf(store: StoreView, key: ResourceKey): string | undefined {
  const [object, status] = [store.desired.get(key), store.status.get(key)]
  if (object === undefined || status === undefined) return undefined
  const { conditions, observedGeneration } = status
  if (standingOf(conditions, object.generation, observedGeneration) !== 'Stalled') return undefined
  return findCondition(conditions, 'Stalled')?.message
}
