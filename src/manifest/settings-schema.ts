import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

/** Compiles a plugin's schema for its settings; a file of its own, so that it is loaded only when some plugin gets settings. */
export function compileSettings(schema: Readonly<Record<string, unknown>>): ValidateFunction {
  const ajv = new Ajv2020({ allErrors: true, strict: false, logger: false })
  addFormats.default(ajv)
  return ajv.compile(schema)
}
