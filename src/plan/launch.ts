/** What an agent was started with, and what of that is declared otherwise by now. */
import type { LaunchRecord } from '../resource/record.ts'
import type { Desired, Resolved } from '../resource/spec.ts'
import { isSession } from '../resource/spec.ts'
import { fieldClassOf } from '../resource/field-classes.gen.ts'
import { classOf, declaredFields, fieldNames, flatten } from './changes.ts'
import { fingerprint, stable } from './fingerprint.ts'
import type { SessionPlanInput } from './session-input.ts'

/** Instead of a fingerprint, for a running agent whose record was lost: what it was started with is not known. */
export const ADOPTED = 'adopted'

/** Objects are never changed, only replaced, and each pass asks for all of them. */
const digests = new WeakMap<Desired, string>()

/** The fingerprint of what an agent was started with; another one means restart. */
export function launchDigest(object: Desired): string {
  const digest = digests.get(object) ?? fingerprint(stable(restartFields(object)))
  digests.set(object, digest)
  return digest
}

/** Fields that an agent is started with: when they change, it has to be started again. */
export function restartFields(object: Desired): Readonly<Record<string, unknown>> {
  if (!isSession(object)) return {}
  const { kind } = object
  const entries = [...flatten(object)].filter(([path]) => fieldClassOf(kind, path) === 'restart')
  return Object.fromEntries(entries)
}

/** Fingerprints of the fields that an agent is started with, so that it can be told later which of them changed. */
export function launchFields(object: Resolved): Readonly<Record<string, string>> {
  const fields = [...declaredFields(object)].filter(([path]) => classOf(object, path) === 'restart')
  return Object.fromEntries(fields.map(([path, value]) => [path, fingerprint(stable(value))]))
}

/** Why what runs is not what is declared; undefined when it is, or when nobody knows what it was started with. */
export function changeSinceLaunch(input: SessionPlanInput): string | undefined {
  const { object, record } = input.view
  const launch = record.launches.at(-1)
  if (launch === undefined || launch.specDigest === ADOPTED) return undefined
  if (launch.specDigest === launchDigest(object)) return undefined
  const fields = changedFields(input, launch)
  const what = fields.length === 0 ? 'what it was started with' : fieldNames(fields)
  return `${what} cannot change while running`
}

/** By what it was started with; by what was just declared where only the whole of that is known. */
function changedFields(
  { view, changes }: SessionPlanInput,
  { fields: before }: LaunchRecord,
): readonly { readonly path: string }[] {
  if (before === undefined) return changes.filter(change => change.class === 'restart')
  const now = launchFields(view.object)
  const paths = new Set([...Object.keys(before), ...Object.keys(now)])
  return [...paths]
    .filter(path => before[path] !== now[path])
    .sort()
    .map(path => ({ path }))
}
