import { readFileSync } from 'node:fs'

import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

let published: Ajv2020 | undefined

/** Holds values against the shapes that GitLab publishes; throws saying what does not fit. */
export function gitlabShapes(): (shape: string, value: unknown) => void {
  // Each shape is taken in once, not for each double.
  const ajv = (published ??= readPublished())
  return (shape, value) => {
    const validate = ajv.getSchema(`gitlab-merge-requests#/$defs/${shape}`)
    if (validate === undefined) throw new Error(`GitLab has no shape ${shape}`)
    if (validate(value) === true) return
    const shown = JSON.stringify(value)?.slice(0, 500)
    throw new Error(`GitLab's ${shape}: ${ajv.errorsText(validate.errors)}: ${shown}`)
  }
}

function readPublished(): Ajv2020 {
  const file = new URL('gitlab.schema.json', import.meta.url)
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  formats.default(ajv)
  return ajv.addSchema(JSON.parse(readFileSync(file, 'utf8')) as object)
}
