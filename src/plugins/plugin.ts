/** The slots a plugin can fill. `terminal` and `lifecycle` have one built-in answer each for now. */
export type Slot = 'runtime' | 'agent' | 'workspace' | 'tracker' | 'scm' | 'notifier'

/** What every adapter says of itself. */
export interface Plugin {
  readonly name: string
  /** JSON Schema (draft 2020-12) of the settings beside `plugin`; an object schema that refuses unknown keys. */
  readonly configSchema: JsonSchema
}

export type JsonSchema = Readonly<Record<string, unknown>>

/** The schema of a plugin that takes no settings. */
export const NO_SETTINGS: JsonSchema = {
  type: 'object',
  properties: {},
  additionalProperties: false,
}
