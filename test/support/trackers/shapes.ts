import { readFileSync } from 'node:fs'

import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

/** Holds values against the shapes that a service publishes; throws saying what does not fit. */
export function shapesOf(service: 'gitlab' | 'jira'): (shape: string, value: unknown) => void {
  const file = new URL(`${service}.schema.json`, import.meta.url)
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  formats.default(ajv)
  ajv.addSchema(JSON.parse(readFileSync(file, 'utf8')) as object)
  return (shape, value) => {
    const validate = ajv.getSchema(`${service}#/$defs/${shape}`)
    if (validate === undefined) throw new Error(`${service} has no shape ${shape}`)
    if (validate(value) !== true) {
      throw new Error(
        `${service} ${shape}: ${ajv.errorsText(validate.errors)}: ${JSON.stringify(value).slice(0, 500)}`,
      )
    }
  }
}
