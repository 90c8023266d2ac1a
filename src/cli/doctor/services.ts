import { toHouseError } from '../../errors.ts'
import { findCondition } from '../../resource/conditions.ts'
import type { ConditionType } from '../../resource/conditions.ts'
import type { ResourceKey } from '../../resource/key.ts'
import { keyOf } from '../../resource/key.ts'
import type { Desired } from '../../resource/spec.ts'
import type { StoreView } from '../../store/index.ts'
import type { Context } from '../context.ts'
import { readValue } from '../secrets.ts'
import type { Finding } from './finding.ts'

/** Something that is not on this machine, and is reached with settings of an object. */
interface Service {
  readonly check: string
  readonly plugin: string
  readonly of: ResourceKey
  readonly settings: Readonly<Record<string, unknown>>
  /** What is written down of it after every look. */
  readonly told: ConditionType | undefined
}

/** Forges, trackers and channels that are declared: whether this shell has their variables and secrets, and how they did when they were last needed. Asks none of them. */
export async function checkServices(context: Context): Promise<readonly Finding[]> {
  const store = context.store()
  if (store === undefined) return []
  const services = [...store.desired.all().values()].flatMap(servicesOf)
  return Promise.all(services.map(async service => checkService(context, store, service)))
}

function servicesOf(object: Desired): readonly Service[] {
  const of = keyOf(object.kind, object.name)
  if (object.kind === 'Notifier') {
    const { plugin, config } = object.spec
    return [{ check: `notifier ${object.name}`, plugin, of, settings: config, told: 'Ready' }]
  }
  if (object.kind !== 'Project') return []
  const { scm, tracker } = object.spec
  const forge = {
    check: `scm of ${object.name}`,
    plugin: scm.plugin,
    of,
    settings: scm,
    told: 'ForgeReachable',
  } as const
  const issues =
    tracker === undefined
      ? []
      : [
          {
            check: `tracker of ${object.name}`,
            plugin: tracker.plugin,
            of,
            settings: tracker,
            told: undefined,
          },
        ]
  return [forge, ...issues].filter(({ plugin }) => plugin !== 'local')
}

async function checkService(
  context: Context,
  { status }: StoreView,
  { check, plugin, of, settings, told }: Service,
): Promise<Finding> {
  const missing = await missingOf(context, settings)
  if (missing !== undefined) {
    const message = `${plugin}: ${missing.message}`
    return { check, state: 'missing', message, next: missing.next ?? `ao describe ${of}` }
  }
  const conditions = status.get(of)?.conditions ?? []
  const condition = told === undefined ? undefined : findCondition(conditions, told)
  if (condition === undefined) {
    return { check, state: 'ok', message: `${plugin}, with all that its settings name` }
  }
  const message = `${plugin}: ${condition.message}`
  if (condition.status === 'True') return { check, state: 'ok', message }
  return { check, state: 'warning', message, next: `ao describe ${of}` }
}

/** What of the settings can't be had here. Commands are not run: they may ask, and they may cost. */
async function missingOf(
  { env, userHome: cwd }: Context,
  settings: Readonly<Record<string, unknown>>,
): Promise<{ readonly message: string; readonly next?: string | undefined } | undefined> {
  for (const [name, value] of Object.entries(settings)) {
    if (isCommand(value)) continue
    try {
      await readValue(value, { env, cwd })
    } catch (error) {
      const { message, next } = toHouseError(error)
      return { message: `${name}: ${message}`, next }
    }
  }
  return undefined
}

function isCommand(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('valueFrom' in value)) return false
  const { valueFrom } = value
  return typeof valueFrom === 'object' && valueFrom !== null && 'command' in valueFrom
}
