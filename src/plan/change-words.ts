/** How the value of a field is told: prompts by their length, what may be a secret not at all. */
import { isSameJson } from '../resource/same-json.ts'
import { describeText, stable } from './fingerprint.ts'

/** Fields whose text is told by its length and a fingerprint only. */
const LONG_TEXT = new Set(['spec.prompt', 'spec.rules', 'spec.orchestratorRules'])
const SECRET_NAME = /token|secret|passw|key$|credential|^headers$/i
/** Only the name of a variable, which is no secret. */
const REFERENCE = /^\$\{[A-Za-z_]\w*\}$/
const HIDDEN = '…'

/** Two values of a field that are not the same, so that they read as two also where neither is shown. */
export function tellChange(
  path: string,
  was: unknown,
  is: unknown,
): { readonly before?: string; readonly after?: string } {
  const [old, fresh] = onlyDifferent(was, is)
  const before = old === undefined ? undefined : show(path, old)
  const after = fresh === undefined ? undefined : show(path, fresh)
  if (before === undefined || after === undefined || before !== after) {
    return {
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    }
  }
  return { before, after: before === 'a value' ? 'another value' : `${after} (another value)` }
}

/** Of two sets of settings of the same plugin those that are not the same in both. */
function onlyDifferent(was: unknown, is: unknown): readonly [unknown, unknown] {
  if (!isSettings(was) || !isSettings(is) || was['plugin'] !== is['plugin']) return [was, is]
  const left = (one: Settings, other: Settings): Settings =>
    Object.fromEntries(Object.entries(one).filter(([key, value]) => !isSameJson(value, other[key])))
  return [left(was, is), left(is, was)]
}

type Settings = Readonly<Record<string, unknown>>

function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function show(path: string, value: unknown): string {
  if (LONG_TEXT.has(path)) return describeText([value].flat().join('\n'))
  if (path.startsWith('spec.env.')) return isReference(value) ? value : 'a value'
  const shown = open(value, path.startsWith('spec.config') ? originOf : withoutUser)
  if (typeof shown === 'string') return shown
  return isPlainPlugin(shown) ? shown.plugin : stable(shown)
}

/** A value without the texts in it that may be secrets. */
function open(value: unknown, openUrl: (text: string, url: URL) => string, name = ''): unknown {
  if (typeof value === 'string') {
    if (isReference(value)) return value
    if (SECRET_NAME.test(name)) return HIDDEN
    return /^[a-z+]+:\/\//i.test(value) && URL.canParse(value)
      ? openUrl(value, new URL(value))
      : value
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(item => open(item, openUrl, name))
  const entries = Object.entries(value).map(([key, inner]) => {
    // Headers are secrets one by one, and what stands for a secret is none.
    const inherited = SECRET_NAME.test(name) && key !== 'valueFrom' ? name : key
    return [key, key === 'valueFrom' ? inner : open(inner, openUrl, inherited)] as const
  })
  return Object.fromEntries(entries)
}

/** Addresses that are posted to are often all that it takes. */
function originOf(_text: string, url: URL): string {
  const rest = `${url.username}${url.pathname.replace(/^\/$/, '')}${url.search}`
  return `${url.protocol}//${url.host}${rest === '' ? '' : `/${HIDDEN}`}`
}

function withoutUser(text: string, { username, password }: URL): string {
  const isOpen = username === '' && password === ''
  return isOpen ? text : text.replace(/\/\/[^@/]*@/, `//${HIDDEN}@`)
}

function isReference(value: unknown): value is string {
  return typeof value === 'string' && REFERENCE.test(value)
}

function isPlainPlugin(value: unknown): value is { readonly plugin: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'plugin' in value &&
    typeof value.plugin === 'string' &&
    Object.keys(value).length === 1
  )
}
