import { HouseError } from '../errors.ts'
import { hintFor, nearest } from '../manifest/suggest.ts'
import { isSessionKind, KINDS, keyOf, parseKind } from '../resource/key.ts'
import type { Kind, ResourceKey } from '../resource/key.ts'
import type { SessionRecord } from '../resource/record.ts'
import type { Desired, DesiredSession } from '../resource/spec.ts'
import { isSession } from '../resource/spec.ts'
import type { StoreView } from '../store/index.ts'

const KIND_PLURALS = KINDS.map(kind => `${kind.toLowerCase()}s`)

/** What a person named: everything, a kind, or objects that are there. */
export interface Targets {
  readonly kind: Kind | undefined
  /** Undefined: every object (of the kind). */
  readonly keys: readonly ResourceKey[] | undefined
}

/** What is known of the home, as far as names go; no store means an empty home. */
export type Names = Pick<StoreView, 'desired' | 'records'> | undefined

/** `workers`, `worker NAME…`, `KIND/NAME…`, session names, `all` or nothing. Throws `NotFound` for what is not there. */
export function parseTargets(words: readonly string[], names: Names): Targets {
  const [first, ...rest] = words
  if (first === undefined || first === 'all') {
    if (rest.length > 0) throw new HouseError('Usage', '"all" takes no names', { next: 'ao get' })
    return { kind: undefined, keys: undefined }
  }
  const kind = first.includes('/') ? undefined : parseKind(first)
  if (kind === undefined) return ofKeys(words.map(word => existing(likelyKey(word, names), names)))
  if (rest.length === 0) return { kind, keys: undefined }
  return ofKeys(rest.map(word => existing(keyOf(kind, nameOf(kind, word)), names)))
}

/** One object that is there, by `KIND/NAME` or a session's bare name. */
export function findKey(word: string, names: Names): ResourceKey {
  return existing(toKey(word, names), names)
}

/** What a word names, whether or not it is still there. A bare name is a session's; one nobody has is a worker's. */
export function toKey(word: string, names: Names): ResourceKey {
  const slash = word.indexOf('/')
  if (slash !== -1) {
    const kind = parseKind(word.slice(0, slash))
    if (kind === undefined) throw unknownKind(word.slice(0, slash))
    return keyOf(kind, word.slice(slash + 1))
  }
  const desired = names?.desired
  const sessions = [keyOf('Worker', word), keyOf('Orchestrator', word)]
  const others = KINDS.filter(kind => !isSessionKind(kind)).map(kind => keyOf(kind, word))
  const there = [...sessions, ...others].find(key => desired?.get(key) !== undefined)
  if (there !== undefined) return there
  const former = (names?.records.byName('Orchestrator', word) ?? []).length > 0
  return keyOf(former ? 'Orchestrator' : 'Worker', word)
}

/** One session that is there; `do` words what was to be done with it. */
export function findSession(word: string, names: Names): DesiredSession {
  const object = objectAt(findKey(word, names), names)
  if (isSession(object)) return object
  const known = [...(names?.desired.all().values() ?? [])].filter(isSession).map(({ name }) => name)
  const hint = hintFor(object.name, known, 'sessions')
  throw new HouseError(
    'Usage',
    `${object.kind}/${object.name} is no session${hint === undefined ? '' : `; ${hint}`}`,
    { next: 'ao get workers' },
  )
}

/** `KIND NAME…` as `KIND/NAME…`; other words stay as they are. */
export function joinKind(words: readonly string[]): readonly string[] {
  const [first, ...rest] = words
  if (first === undefined || rest.length === 0 || first.includes('/')) return words
  const kind = parseKind(first)
  return kind === undefined ? words : rest.map(word => keyOf(kind, nameOf(kind, word)))
}

/** The one object a command is about, given as one word or as `KIND NAME`. */
export function singleWord(words: readonly string[], command: string): string {
  const [word, ...rest] = joinKind(words)
  if (word !== undefined && rest.length === 0) return word
  throw new HouseError('Usage', `${command} is about one object: KIND/NAME, or a session's name`, {
    next: `ao ${command} --help`,
  })
}

/** What became of a session that is gone, newest first; undefined when there never was one. */
export function formerRecord(key: ResourceKey, names: Names): SessionRecord | undefined {
  const [kind, name] = key.split('/')
  if (kind !== 'Worker' && kind !== 'Orchestrator') return undefined
  return names?.records
    .byName(kind, name ?? '')
    .toReversed()
    .find(record => record.outcome !== undefined)
}

/** That an object is not there, what became of it, and which there are instead. */
export function notFound(key: ResourceKey, names: Names): HouseError {
  const [kind, name] = key.split('/')
  const former = formerRecord(key, names)
  if (former?.outcome !== undefined) {
    const { state, at } = former.outcome
    return new HouseError('NotFound', `${key} is gone: ${state} at ${at}`, {
      next: `ao events --for ${key}`,
    })
  }
  const all = [...(names?.desired.all().values() ?? [])]
  const sameKind = all.filter(object => object.kind === kind).map(object => object.name)
  const near = hintFor(name ?? '', sameKind, 'there is')
  return new HouseError('NotFound', `there is no ${key}${near === undefined ? '' : `; ${near}`}`, {
    next: all.length === 0 ? 'ao apply' : 'ao get',
  })
}

/** A word that is nobody's name may be a kind that was mistyped. */
function likelyKey(word: string, names: Names): ResourceKey {
  const key = toKey(word, names)
  if (word.includes('/') || names?.desired.get(key) !== undefined) return key
  const sessions = [...(names?.desired.all().values() ?? [])].map(({ name }) => name)
  const kind = nearest(word, KIND_PLURALS)
  if (kind === undefined || nearest(word, sessions) !== undefined) return key
  throw new HouseError('Usage', `"${word}" is neither a kind nor a name; did you mean "${kind}"?`, {
    next: `ao get ${kind}`,
  })
}

function ofKeys(keys: readonly ResourceKey[]): Targets {
  const unique = [...new Set(keys)]
  const kinds = new Set(unique.map(key => key.slice(0, key.indexOf('/'))))
  const [only] = kinds
  const kind = kinds.size === 1 && only !== undefined ? parseKind(only) : undefined
  return { kind, keys: unique }
}

function existing(key: ResourceKey, names: Names): ResourceKey {
  if (names?.desired.get(key) === undefined) throw notFound(key, names)
  return key
}

function objectAt(key: ResourceKey, names: Names): Desired {
  const object = names?.desired.get(key)
  if (object === undefined) throw notFound(key, names)
  return object
}

function nameOf(kind: Kind, word: string): string {
  return word.startsWith(`${kind}/`) ? word.slice(kind.length + 1) : word
}

function unknownKind(word: string): HouseError {
  const hint = hintFor(word, [...KINDS, ...KIND_PLURALS])
  return new HouseError(
    'Usage',
    `unknown kind "${word}"; ${hint?.startsWith('did') === true ? hint : `known: ${KINDS.join(', ')}`}`,
    { next: 'ao get --help' },
  )
}
