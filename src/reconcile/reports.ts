import { heard } from '../lifecycle/missed.ts'
import type { AgentReport } from '../plugins/agent.ts'
import { AGENT_REPORT_TYPES } from '../plugins/agent.ts'
import type { ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import type { SessionRecord } from '../resource/record.ts'
import type { Activity } from '../resource/status.ts'
import { ACTIVITIES } from '../resource/status.ts'
import { HOME_OBJECT } from '../store/events.ts'
import type { Store } from '../store/index.ts'
import { consume, readSpool } from '../store/spool.ts'
import type { OutboxMessage } from '../store/types.ts'

/** The newest an agent said of itself. */
export interface AgentNews {
  readonly attempt: number
  readonly activity: Activity
  /** RFC 3339. */
  readonly at: string
}

export interface ReadReports {
  /** By uid. */
  readonly news: ReadonlyMap<string, AgentNews>
  /** Spool files to be removed once what they say is persisted; `newsOf` is the uid whose activity a file tells. */
  readonly files: readonly { readonly file: string; readonly newsOf: string | undefined }[]
}

/**
 * Takes in what agents dropped into the spool, in order. What was delivered and reported goes to records and outbox at once; activity is given back, to
 * be persisted with the status. Reports of an older attempt, or of nobody we know, are recorded as ignored.
 */
export async function readReports(store: Store): Promise<ReadReports> {
  const { entries, rejected } = await readSpool(store.paths.spool, parseReport)
  const news = new Map<string, AgentNews>()
  for (const { file, reason } of rejected) {
    await store.events.append({
      type: 'Warning',
      reason: 'SpoolFileRejected',
      object: HOME_OBJECT,
      attempt: 0,
      message: `${file}: ${reason}`,
    })
  }
  for (const { value } of entries) {
    const record = store.records.get(value.uid)
    if (record === undefined || value.attempt < record.attempt) {
      await ignored(store, value, record)
      continue
    }
    const activity = await takeIn(store, value)
    if (activity !== undefined) {
      news.set(value.uid, { attempt: value.attempt, activity, at: value.time })
    }
  }
  return { news, files: entries.map(({ file, value }) => ({ file, newsOf: newsOf(value) })) }
}

/** The newest of every session that is still there. */
export function newsAfter(
  before: ReadonlyMap<string, AgentNews>,
  fresh: ReadonlyMap<string, AgentNews>,
  objects: readonly { readonly uid: string }[],
): ReadonlyMap<string, AgentNews> {
  const known = new Set(objects.map(({ uid }) => uid))
  return new Map([...before, ...fresh].filter(([uid]) => known.has(uid)))
}

/** Removes what was taken in, but for activity that no status holds yet. */
export async function consumeReports(
  files: ReadReports['files'],
  isPersisted: (uid: string) => boolean,
): Promise<void> {
  for (const { file, newsOf: uid } of files) {
    if (uid === undefined || isPersisted(uid)) await consume(file)
  }
}

function newsOf(report: AgentReport): string | undefined {
  return report.type === 'activity' ? report.uid : undefined
}

async function ignored(
  store: Store,
  report: AgentReport,
  record: SessionRecord | undefined,
): Promise<void> {
  const object: ResourceKey = record === undefined ? HOME_OBJECT : keyOf(record.kind, record.name)
  const whose =
    record === undefined ? `of unknown uid ${report.uid}` : `of attempt ${report.attempt}`
  await store.events.append({
    type: 'Normal',
    reason: 'StaleReportIgnored',
    object,
    attempt: report.attempt,
    message: `Ignored a report (${report.type}) ${whose}`,
  })
}

async function takeIn(store: Store, report: AgentReport): Promise<Activity | undefined> {
  switch (report.type) {
    case 'activity':
      return ACTIVITIES.find(activity => activity === report.activity)
    case 'prompt-accepted':
      return 'working'
    case 'message-accepted':
      await acceptMessage(store, report.uid, report.digest, report.time)
      return 'working'
    case 'reported':
      await store.records.update(report.uid, record =>
        record === undefined
          ? undefined
          : {
              ...record,
              reported: { outcome: report.outcome, at: report.time, attempt: report.attempt },
            },
      )
      return undefined
  }
}

/** The oldest written message of that text is the one the agent took. */
async function acceptMessage(store: Store, uid: string, digest: string, at: string): Promise<void> {
  const message = store.outbox.all().find((item): item is OutboxMessage => {
    if (item.type !== 'message' || item.to !== uid || item.digest !== digest) return false
    return item.state === 'written' || item.state === 'writing' || item.state === 'unconfirmed'
  })
  if (message === undefined) return
  await store.outbox.update(message.id, item =>
    item.type === 'message' ? { ...item, state: 'accepted', updatedAt: at } : item,
  )
  const { cause } = message
  if (cause === undefined) return
  await store.records.update(uid, record =>
    record === undefined ? undefined : heard(record, cause),
  )
}

function parseReport(value: unknown): AgentReport | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { uid, attempt, time, type } = value as Partial<Record<string, unknown>>
  if (typeof uid !== 'string' || typeof time !== 'string') return undefined
  if (typeof attempt !== 'number' || !Number.isInteger(attempt) || attempt < 1) return undefined
  if (!AGENT_REPORT_TYPES.some(known => known === type)) return undefined
  return value as AgentReport
}
