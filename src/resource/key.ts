/** The kinds, in the order in which they are created; they are deleted in reverse. */
export const KINDS = ['Notifier', 'Project', 'Orchestrator', 'Worker'] as const

export type Kind = (typeof KINDS)[number]
export type SessionKind = 'Orchestrator' | 'Worker'

/** Identity of an object in one home, such as `Worker/app-7`. */
export type ResourceKey = `${Kind}/${string}`

export const API_VERSION = 'ao.dev/v1alpha1'

/** What a person may type for a kind, lower case: singular, plural and short forms. */
const KIND_WORDS: Readonly<Record<string, Kind>> = {
  project: 'Project',
  projects: 'Project',
  proj: 'Project',
  orchestrator: 'Orchestrator',
  orchestrators: 'Orchestrator',
  orch: 'Orchestrator',
  worker: 'Worker',
  workers: 'Worker',
  w: 'Worker',
  notifier: 'Notifier',
  notifiers: 'Notifier',
}

export function keyOf(kind: Kind, name: string): ResourceKey {
  return `${kind}/${name}`
}

export function splitKey(key: ResourceKey): { readonly kind: Kind; readonly name: string } {
  const slash = key.indexOf('/')
  const kind = KINDS.find(known => known === key.slice(0, slash))
  if (kind === undefined) throw new TypeError(`"${key}" is not a resource key`)
  return { kind, name: key.slice(slash + 1) }
}

/** Whether a text could be the key of an object. */
export function isResourceKey(text: string): text is ResourceKey {
  const slash = text.indexOf('/')
  return KINDS.some(kind => kind === text.slice(0, slash)) && slash < text.length - 1
}

/** The kind a person means, or undefined. */
export function parseKind(word: string): Kind | undefined {
  return KIND_WORDS[word.toLowerCase()]
}

export function isSessionKind(kind: Kind): kind is SessionKind {
  return kind === 'Worker' || kind === 'Orchestrator'
}
