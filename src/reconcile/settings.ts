import type { ProjectContext } from '../observe/snapshot.ts'
import type { Plugin } from '../plugins/plugin.ts'
import type { TrackerProject } from '../plugins/tracker.ts'
import type { PluginChoice } from '../resource/spec.ts'
import { HouseError, toHouseError } from '../errors.ts'
import type { Deps } from './deps.ts'

type Reader = Pick<Deps, 'registry' | 'readValue'>

/**
 * The settings as their plugin wants them: a `valueFrom` is read, and `${NAME}` expanded where the plugin's schema says so; texts for people are
 * left as they are. Throws `EnvironmentMissing` naming the setting, never its value.
 */
export async function readSettings(
  { readValue }: Reader,
  { configSchema }: Plugin,
  choice: PluginChoice,
  where: string,
): Promise<PluginChoice> {
  const entries = await Promise.all(
    Object.entries(choice).map(async ([name, value]) => {
      if (!isSecret(value) && !isExpanded(configSchema, name)) return [name, value] as const
      try {
        return [name, await readValue(value)] as const
      } catch (error) {
        throw unread(`${where}.${name}`, error)
      }
    }),
  )
  return { ...Object.fromEntries(entries), plugin: choice.plugin }
}

/** Whose tracker a project's issues are asked of; undefined for one that names none. */
export async function trackerProjectOf(
  deps: Reader,
  project: ProjectContext,
): Promise<TrackerProject | undefined> {
  const { name, spec, baseDir, repository } = project
  if (spec.tracker === undefined) return undefined
  const plugin = deps.registry.get('tracker', spec.tracker.plugin)
  const where = `Project/${name}: spec.tracker`
  const config = await readSettings(deps, plugin, spec.tracker, where)
  const repo = await deps.readValue(spec.repo)
  return {
    project: name,
    ...(typeof repo === 'string' ? { repo } : {}),
    config,
    baseDir,
    repository,
  }
}

function isSecret(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'valueFrom' in value
}

function isExpanded(schema: Plugin['configSchema'], name: string): boolean {
  const { properties } = schema
  if (typeof properties !== 'object' || properties === null) return false
  const field: unknown = (properties as Readonly<Record<string, unknown>>)[name]
  return typeof field === 'object' && field !== null && 'x-expand' in field
}

function unread(where: string, error: unknown): HouseError {
  const { message, next = 'ao doctor' } = toHouseError(error)
  return new HouseError('EnvironmentMissing', `${where}: ${message}`, { cause: error, next })
}
