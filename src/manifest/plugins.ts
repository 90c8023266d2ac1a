import { hash } from 'node:crypto'

import type { ErrorObject } from 'ajv'

import type { PluginChoice } from '../resource/spec.ts'
import type { PluginRef } from '../resource/types.gen.ts'
import type { AgentFacts, ManifestContext, PluginFacts, PluginSlot } from './context.ts'
import type { Path } from './document.ts'
import { checkOldBooleans } from './old-booleans.ts'
import type { Report } from './report.ts'
import { findingsOf } from './schema-errors.ts'
import type { SchemaNode } from './schema-tree.ts'
import { checkSecrets } from './secrets.ts'
import { hintFor } from './suggest.ts'
import { checkTemplates } from './templates.ts'
import { checkExpanded } from './variables.ts'
import type { Declared } from './validate.ts'
import type { Validator } from './validators.gen.js'

/** Where a plugin is named, and what for. */
export interface PluginUse {
  readonly slot: PluginSlot
  readonly choice: PluginChoice
  /** Of the whole choice. */
  readonly path: Path
  /** Of its settings, where they don't stand beside the name. */
  readonly settingsPath?: Path
}

const compiled = new WeakMap<object, Validator>()

/** The choice in its long form. */
export function choiceOf(ref: PluginRef): PluginChoice {
  return typeof ref === 'string' ? { plugin: ref } : ref
}

/** Reports an unknown plugin, and what its own schema and its own look at the settings find. */
export async function checkPlugin(
  declared: Declared,
  use: PluginUse,
  context: Pick<ManifestContext, 'registry' | 'env'>,
  report: Report,
): Promise<void> {
  const { document } = declared
  const { slot, choice, path } = use
  const facts = context.registry.find(slot, choice.plugin)
  if (facts === undefined) {
    const known = context.registry.names(slot)
    const hint = hintFor(choice.plugin, known, `known ${slot} plugins`)
    const message = `unknown ${slot} plugin "${choice.plugin}"`
    report.add(document, nameAt(use), {
      code: 'AO1201',
      message,
      ...(hint === undefined ? {} : { hint }),
      next: explainOf(declared, path),
    })
    return
  }
  const { plugin: _plugin, ...settings } = choice
  const isFine = await checkSettings(declared, { facts, use, settings }, context, report)
  if (slot !== 'agent' || !isFine) return
  await askAgent(declared, use, context.registry.find('agent', choice.plugin), report)
}

interface Settings {
  readonly facts: PluginFacts
  readonly use: PluginUse
  readonly settings: Readonly<Record<string, unknown>>
}

async function checkSettings(
  declared: Declared,
  { facts, use, settings }: Settings,
  context: Pick<ManifestContext, 'env'>,
  report: Report,
): Promise<boolean> {
  const schema = facts.configSchema as SchemaNode
  if (Object.keys(settings).length === 0 && !asksForSettings(schema)) return true
  const validate = await compile(facts.configSchema)
  const at = use.settingsPath ?? use.path
  checkOldBooleans(declared.document, { at, schema, open: 'report' }, report)
  const explain = explainOf(declared, at).replace('ao explain ', '')
  const secrets =
    use.slot === 'notifier' || use.slot === 'tracker' || use.slot === 'scm'
      ? checkSecrets(declared.document, { at, settings }, context.env, report)
      : []
  // A channel's settings are expanded as a whole, as its kind says; other plugins say which of theirs are.
  if (use.slot === 'tracker' || use.slot === 'scm') {
    const expanded = Object.entries(settings).filter(
      ([name]) => schema.properties?.[name]?.['x-expand'] === true,
    )
    for (const [name, value] of expanded) {
      checkExpanded(declared.document, { at: [...at, name], value }, context.env, report)
    }
  }
  const areTemplatesFine = checkTemplates(
    declared.document,
    { at, value: settings, schema, explain },
    report,
  )
  if (validate(settings)) return areTemplatesFine
  const errors = (validate.errors ?? []).filter(error => !isBelow(error, secrets))
  const findings = findingsOf(errors, { schema, value: settings, at, explain })
  for (const { path, code, ...finding } of findings) {
    const message = `${finding.message} (${use.slot} ${facts.name})`
    report.add(declared.document, path, {
      ...finding,
      code: code === 'AO1003' ? code : 'AO1202',
      message,
    })
  }
  return findings.length === 0
}

function asksForSettings({ required, anyOf, oneOf }: SchemaNode): boolean {
  return (required ?? []).length > 0 || anyOf !== undefined || oneOf !== undefined
}

async function askAgent(
  { document, key }: Declared,
  use: PluginUse,
  agent: AgentFacts | undefined,
  report: Report,
): Promise<void> {
  const problems = await agent?.check?.(use.choice, document.file.dir)
  for (const { path, message } of problems ?? []) {
    const inner = path.split(/[./]/).filter(step => step !== '')
    const label = [...use.path, ...inner].join('.')
    const next = explainOf({ key }, use.path)
    report.add(document, [...use.path, ...inner], {
      code: 'AO1202',
      message: `${label}: ${message}`,
      next,
    })
  }
}

/** Our own plugins' schemas are compiled ahead of time, and those of others when they get settings. */
async function compile(schema: Readonly<Record<string, unknown>>): Promise<Validator> {
  const known = compiled.get(schema)
  if (known !== undefined) return known
  const { SETTINGS_VALIDATORS } = await import('./settings-validators.gen.js')
  const ours = SETTINGS_VALIDATORS[hash('sha256', JSON.stringify(schema))]
  const validate = ours ?? (await import('./compile-schema.ts')).compileSchema(schema)
  compiled.set(schema, validate)
  return validate
}

function isBelow(error: ErrorObject, places: readonly string[]): boolean {
  return places.some(
    place => error.instancePath === place || error.instancePath.startsWith(`${place}/`),
  )
}

/** A choice in its short form is its name; the long form has a field for it. */
function nameAt({ path, settingsPath }: PluginUse): Path {
  return settingsPath === undefined ? [...path, 'plugin'] : path
}

function explainOf({ key }: Pick<Declared, 'key'>, path: Path): string {
  const kind = key.slice(0, key.indexOf('/')).toLowerCase()
  return `ao explain ${[kind, ...path].join('.')}`
}
