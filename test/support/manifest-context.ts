import { mkdtemp, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type {
  ManifestContext,
  PluginCatalog,
  PluginFacts,
  PluginSlot,
  RuntimeFacts,
} from '../../src/manifest/context.ts'
import { findGitRoot } from '../../src/manifest/load-git.ts'
import { loadManifests, type ManifestFile } from '../../src/manifest/load.ts'
import { parseManifests, type ParsedManifests } from '../../src/manifest/parse.ts'
import { createClaudeCodeAgent } from '../../src/plugins/agent/claude-code.ts'
import { createCustomAgent } from '../../src/plugins/agent/custom.ts'
import { createScriptAgent } from '../../src/plugins/agent/script.ts'
import { NO_SETTINGS } from '../../src/plugins/plugin.ts'
import { LOCAL_SCM_SCHEMA } from '../../src/plugins/scm/local-settings.ts'

const WEBHOOK_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['url', 'secret'],
  properties: {
    url: { description: 'Where to send to.', type: 'string', pattern: '^https?://|^\\$\\{' },
    secret: { description: 'Signs what is sent.', type: 'string', minLength: 1 },
  },
}

/** Everything of a plugin that manifests look at; agents are the real ones. */
export const catalog: PluginCatalog = catalogOf({
  runtime: [runtime('tmux', true), runtime('process', false)],
  agent: [
    createClaudeCodeAgent(),
    createCustomAgent(),
    createScriptAgent({ program: '/nowhere/script-agent.js', node: process.execPath }),
  ],
  workspace: [{ name: 'worktree', configSchema: NO_SETTINGS }],
  tracker: [{ name: 'local', configSchema: NO_SETTINGS }],
  scm: [{ name: 'local', configSchema: LOCAL_SCM_SCHEMA }],
  notifier: [{ name: 'webhook', configSchema: WEBHOOK_SCHEMA }],
})

function runtime(name: string, terminal: boolean): RuntimeFacts {
  return { name, configSchema: NO_SETTINGS, terminal }
}

function catalogOf(shelves: Readonly<Record<PluginSlot, readonly PluginFacts[]>>) {
  const find = (slot: PluginSlot, name: string) => shelves[slot].find(one => one.name === name)
  const names = (slot: PluginSlot) => shelves[slot].map(one => one.name).sort()
  return { find, names } as unknown as PluginCatalog
}

export function context(changes: Partial<ManifestContext> = {}): ManifestContext {
  return {
    registry: catalog,
    env: { HOME: '/home/ann', SHOP_TOKEN: 'secret' },
    homeDir: '/home/ann',
    gitRootOf: findGitRoot,
    tmuxAvailable: true,
    existing: new Map(),
    ...changes,
  }
}

export function parseText(
  text: string,
  changes: Partial<ManifestContext> = {},
): Promise<ParsedManifests> {
  return parseManifests([fileOf(text)], context(changes))
}

export function fileOf(text: string, path = '/repo/.ao/all.yaml'): ManifestFile {
  return { path, dir: path.slice(0, path.lastIndexOf('/')), id: path, text }
}

export const load = (inputs: readonly string[], cwd = '/') =>
  loadManifests(inputs, { cwd, readStdin: () => Promise.resolve('') })

/** A directory of our own; the caller removes it. */
export async function temporaryFolder(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), 'ao-manifest-')))
}
