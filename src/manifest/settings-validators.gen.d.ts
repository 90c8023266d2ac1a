// Made from schemas/ by `npm run generate`. Do not edit.
import type { Validator } from './validators.gen.js'

export const SETTINGS_VALIDATORS: Readonly<Record<string, Validator>>
