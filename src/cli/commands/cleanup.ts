import { setTimeout as sleep } from 'node:timers/promises'

import { findCondition } from '../../resource/conditions.ts'
import { HouseError } from '../../errors.ts'
import type { CleanupLine } from '../../reconcile/cleanup.ts'
import { assertSessions, surveyCleanup } from '../../reconcile/cleanup.ts'
import { stateOf } from '../../reconcile/state.ts'
import type { ResourceKey } from '../../resource/key.ts'
import { API_VERSION, keyOf } from '../../resource/key.ts'
import { isSession } from '../../resource/spec.ts'
import type { StoreView } from '../../store/index.ts'
import { ask, requireStore } from '../ask.ts'
import type { DefineCommand } from '../command.ts'
import { examples, notes } from '../command.ts'
import { isAgreed } from '../confirm.ts'
import type { Context } from '../context.ts'
import { requireDuration } from '../duration.ts'
import { holderOf, refresh } from '../live.ts'
import { formatOf } from '../look.ts'
import { eyes } from '../outlook.ts'
import { toJson, toYaml } from '../output/serialize.ts'
import { findKey, joinKind } from '../targets.ts'

const SOME_FAILED = 4
const POLL_MS = 250

interface Flags {
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly timeout: string
}

interface Cleaned {
  readonly key: ResourceKey
  readonly reason: string
  readonly keeps: readonly string[]
  readonly loses: readonly string[]
  /** Refs that hold what was not saved elsewhere. */
  readonly preserved: readonly string[]
}

interface Report {
  readonly dryRun: boolean
  /** With `dryRun` what would be. */
  readonly cleaned: readonly Cleaned[]
  readonly skipped: readonly Pick<CleanupLine, 'key' | 'code' | 'reason' | 'next'>[]
  readonly errors: readonly { readonly key: ResourceKey; readonly message: string }[]
}

export const define: DefineCommand = (command, act) => {
  command
    .argument('[sessions...]', 'Session names, or KIND/NAME; all of them by default.')
    .option('--dry-run', 'Only show what would go, and what would be kept.')
    .option('-y, --yes', 'Do not ask.')
    .option('--timeout <duration>', 'How long to wait for a watcher that does it.', '2m')
    .usage('[NAME…] [options]')
    .addHelpText(
      'after',
      notes(`Takes away the session, workspace and branch of workers that are over (merged, closed for longer
than the project's cleanup.grace, issue closed, deleted and not gone yet), as \`ao reconcile\`
does by itself. Work that is saved nowhere else is preserved first, and the record stays. The
agent of a merged or finished worker keeps its session for the grace, too, unless it rests.
Orchestrators are never cleaned up.`),
    )
    .addHelpText('after', examples('ao cleanup --dry-run', 'ao cleanup', 'ao cleanup shop-login'))
    .action(async (words: readonly string[], flags: Flags) =>
      act(async context => cleanup(context, words, flags)),
    )
}

async function cleanup(context: Context, words: readonly string[], flags: Flags): Promise<number> {
  const format = formatOf(context, ['json', 'yaml'])
  const timeoutMs = requireDuration(flags.timeout, '--timeout')
  const store = requireStore(context)
  const keys = chooseKeys(store, words)
  const before = await survey(context, store, keys)
  const due = before.filter(({ state }) => state === 'cleanable').map(({ key }) => key)
  if (flags.dryRun !== true && due.length > 0) {
    await isAgreed(context, { question: `Clean up ${due.join(', ')}?`, yes: flags.yes })
  }
  const report =
    flags.dryRun === true
      ? { dryRun: true, ...sorted(before, store) }
      : { dryRun: false, ...(await carryOut(context, store, { keys, before, timeoutMs })) }
  if (format === 'json') context.stdout(toJson(documentOf(report)))
  else if (format === 'yaml') context.stdout(await toYaml(documentOf(report)))
  else print(context, report, words.length > 0)
  return report.errors.length > 0 ? SOME_FAILED : 0
}

function chooseKeys(store: StoreView, words: readonly string[]): readonly ResourceKey[] {
  const keys = [...new Set(joinKind(words).map(word => findKey(word, store)))]
  assertSessions(keys)
  if (keys.length > 0) return keys
  return [...store.desired.all().values()]
    .filter(isSession)
    .map(({ kind, name }) => keyOf(kind, name))
    .sort()
}

async function survey(
  context: Context,
  store: StoreView,
  keys: readonly ResourceKey[],
): Promise<readonly CleanupLine[]> {
  refresh(store)
  return surveyCleanup(await eyes(context, store), stateOf(store), keys, context.signal)
}

type Found = Omit<Report, 'dryRun'>

interface Work {
  readonly keys: readonly ResourceKey[]
  readonly before: readonly CleanupLine[]
  readonly timeoutMs: number
}

async function carryOut(
  context: Context,
  store: StoreView,
  { keys, before, timeoutMs }: Work,
): Promise<Found> {
  const uids = new Map(keys.map(key => [key, store.desired.get(key)?.uid ?? '']))
  await ask(context, { type: 'cleanup', keys })
  const after = await settled(context, store, { keys, before, timeoutMs })
  const now = new Map(after.map(line => [line.key, line]))
  const was = new Map(before.map(line => [line.key, line]))
  const cleaned: Cleaned[] = []
  const skipped: CleanupLine[] = []
  const errors: { key: ResourceKey; message: string }[] = []
  for (const key of keys) {
    const [then, line] = [was.get(key), now.get(key)]
    const uid = uids.get(key) ?? ''
    const isGone = store.desired.get(key)?.uid !== uid
    if (isGone || line === undefined) cleaned.push(cleanedLine(store, then ?? line, key, uid))
    else if (line.state === 'cleanable') errors.push({ key, message: messageOf(store, key) })
    else if (line.state === 'clean' || (line.code === 'Kept' && then?.state === 'cleanable')) {
      if (then?.state !== 'clean') cleaned.push(cleanedLine(store, then ?? line, key, uid))
    } else skipped.push(line)
  }
  return { cleaned, skipped: skipped.map(skippedLine), errors }
}

/** Without a watcher it was done by the time that we were answered; a watcher goes on meanwhile. */
async function settled(
  context: Context,
  store: StoreView,
  { keys, timeoutMs }: Work,
): Promise<readonly CleanupLine[]> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const lines = await survey(context, store, keys)
    const isOpen = lines.some(({ state }) => state === 'cleanable')
    if (!isOpen || performance.now() >= deadline) return lines
    if ((await holderOf(context, store.paths))?.mode !== 'watch') return lines
    if (context.signal.aborted) {
      throw new HouseError('Interrupted', 'Interrupted; the watcher goes on cleaning up')
    }
    await sleep(POLL_MS, undefined, { signal: context.signal }).catch(() => undefined)
  }
}

/** Of a look alone. */
function sorted(lines: readonly CleanupLine[], store: StoreView): Found {
  return {
    cleaned: lines
      .filter(({ state }) => state === 'cleanable')
      .map(line => cleanedLine(store, line, line.key, '')),
    skipped: lines.filter(({ state }) => state === 'skipped').map(skippedLine),
    errors: [],
  }
}

function cleanedLine(
  store: StoreView,
  line: CleanupLine | undefined,
  key: ResourceKey,
  uid: string,
): Cleaned {
  const record = store.records.get(uid)
  const preserved = [
    ...new Set([...(record?.preserved ?? []), ...(record?.outcome?.preserved ?? [])]),
  ]
  const isOver = line !== undefined && line.state !== 'skipped'
  const reason = isOver ? line.reason : (record?.outcome?.state ?? 'over')
  return { key, reason, keeps: line?.keeps ?? [], loses: line?.loses ?? [], preserved }
}

function skippedLine({ key, code, reason, next }: CleanupLine): Report['skipped'][number] {
  return { key, code, reason, ...(next === undefined ? {} : { next }) }
}

function messageOf(store: StoreView, key: ResourceKey): string {
  const ready = findCondition(store.status.get(key)?.conditions ?? [], 'Ready')
  return ready?.message ?? 'it was not cleaned up yet'
}

function documentOf(report: Report): object {
  return { apiVersion: API_VERSION, kind: 'Cleanup', ...report }
}

function print(context: Context, report: Report, isNamed: boolean): void {
  const { dryRun, cleaned, skipped, errors } = report
  const lines: string[] = []
  for (const { key, reason, keeps, loses, preserved } of cleaned) {
    lines.push(`${dryRun ? 'would clean' : 'cleaned'}  ${key}  ${reason}`)
    if (dryRun)
      lines.push(...keeps.map(what => `  keeps ${what}`), ...loses.map(what => `  takes ${what}`))
    else lines.push(...preserved.map(ref => `  work preserved in ${ref}`))
  }
  // Who still works needs no line of its own, unless somebody asked about just that.
  const told = skipped.filter(({ code }) => isNamed || code !== 'NotOver')
  for (const { key, reason, next } of told) {
    lines.push(`skipped  ${key}  ${reason}`)
    if (next !== undefined) lines.push(`  next: ${next}`)
  }
  if (lines.length > 0) context.stdout(`${lines.join('\n')}\n`)
  for (const { key, message } of errors) {
    context.stderr(`error: ${key} is not cleaned up: ${message}\n  next: ao describe ${key}\n`)
  }
  const rest = skipped.length - told.length
  if (rest > 0) context.stderr(`${rest} ${rest === 1 ? 'session is' : 'sessions are'} not over\n`)
  if (cleaned.length === 0 && errors.length === 0) context.stderr('nothing to clean up\n')
}
