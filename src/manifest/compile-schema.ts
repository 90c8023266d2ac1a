import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

/** A validator for a schema that is known only now, such as that of a plugin's settings. Import this lazily: it brings a compiler along. */
export function compileSchema(schema: Readonly<Record<string, unknown>>): ValidateFunction {
  // Plugins may annotate their schemas as they like, so nothing unknown is an error. Checking the schema against its own
  // schema would take longer than everything else.
  const ajv = new Ajv2020({
    allErrors: true,
    strict: false,
    logger: false,
    meta: false,
    validateSchema: false,
  })
  formats.default(ajv)
  return ajv.compile(schema)
}
