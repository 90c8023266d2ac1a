import type { ResourceKey } from '../resource/key.ts'
import type { Desired, PluginChoice } from '../resource/spec.ts'

export type PluginSlot = 'runtime' | 'agent' | 'workspace' | 'tracker' | 'scm' | 'notifier'

/** What manifests need to know of any plugin; the registry's plugins are a superset. */
export interface PluginFacts {
  readonly name: string
  readonly configSchema: Readonly<Record<string, unknown>>
}

export interface RuntimeFacts extends PluginFacts {
  readonly terminal: boolean
}

export interface AgentFacts extends PluginFacts {
  readonly needsTerminal: boolean
  traits?(config: PluginChoice): { readonly needsTerminal: boolean }
  check?(
    config: PluginChoice,
    baseDir: string,
  ): Promise<readonly { readonly path: string; readonly message: string }[]>
}

/** The plugins a manifest may name; `Registry` is one. */
export interface PluginCatalog {
  find(slot: 'agent', name: string): AgentFacts | undefined
  find(slot: 'runtime', name: string): RuntimeFacts | undefined
  find(slot: PluginSlot, name: string): PluginFacts | undefined
  names(slot: PluginSlot): readonly string[]
}

/** Everything outside the manifests' text that decides what they mean. */
export interface ManifestContext {
  readonly registry: PluginCatalog
  /** Ao's own environment, for `${NAME}`. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly homeDir: string
  /** The main checkout of the repository that holds a directory; see `findGitRoot`. */
  readonly gitRootOf: (dir: string) => string | undefined
  readonly tmuxAvailable: boolean
  /** What the home has accepted before, from any source. */
  readonly existing: ReadonlyMap<ResourceKey, Desired>
  /** Names of workers that are Done by record, whether or not anything still declares them. */
  readonly finished?: ReadonlySet<string>
  /** The source these manifests belong to: objects of other sources count as neighbours. */
  readonly source?: string
}
