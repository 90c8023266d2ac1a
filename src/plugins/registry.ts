import { HouseError } from '../errors.ts'
import type { Agent } from './agent.ts'
import type { Notifier } from './notifier.ts'
import type { Slot } from './plugin.ts'
import type { Runtime } from './runtime.ts'
import type { Scm } from './scm.ts'
import type { Tracker } from './tracker.ts'
import type { Workspace } from './workspace.ts'

export interface Plugins {
  readonly runtime: Runtime
  readonly agent: Agent
  readonly workspace: Workspace
  readonly tracker: Tracker
  readonly scm: Scm
  readonly notifier: Notifier
}

type Shelves = { readonly [S in Slot]: Map<string, Plugins[S]> }

/** The one place where a name in a manifest becomes code. */
export class Registry {
  readonly #shelves: Shelves = {
    runtime: new Map(),
    agent: new Map(),
    workspace: new Map(),
    tracker: new Map(),
    scm: new Map(),
    notifier: new Map(),
  }

  register<S extends Slot>(slot: S, plugin: Plugins[S]): this {
    const shelf: Map<string, Plugins[S]> = this.#shelves[slot]
    if (shelf.has(plugin.name)) {
      throw new HouseError('Internal', `${slot} "${plugin.name}" is registered twice`)
    }
    shelf.set(plugin.name, plugin)
    return this
  }

  find<S extends Slot>(slot: S, name: string): Plugins[S] | undefined {
    const shelf: Map<string, Plugins[S]> = this.#shelves[slot]
    return shelf.get(name)
  }

  /** Throws `InvalidManifest` naming what is known. */
  get<S extends Slot>(slot: S, name: string): Plugins[S] {
    const plugin = this.find(slot, name)
    if (plugin !== undefined) return plugin
    throw new HouseError(
      'InvalidManifest',
      `unknown ${slot} plugin "${name}"; known: ${this.names(slot).join(', ')}`,
    )
  }

  names(slot: Slot): readonly string[] {
    return [...this.#shelves[slot].keys()].sort()
  }

  all<S extends Slot>(slot: S): readonly Plugins[S][] {
    const shelf: Map<string, Plugins[S]> = this.#shelves[slot]
    return [...shelf.values()]
  }
}
