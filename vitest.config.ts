import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

import { LongestFirst } from './test/support/longest-first.ts'

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** Pages and pictures are imported as text, as the build does it. */
const textFiles = {
  name: 'text-files',
  enforce: 'pre' as const,
  load(id: string): string | undefined {
    if (!/\.(html|svg)$/.test(id)) return undefined
    return `export default ${JSON.stringify(readFileSync(id, 'utf8'))}`
  },
}

export default defineConfig({
  define: { AO_VERSION: JSON.stringify(version) },
  plugins: [textFiles],
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/sample-repository.ts'],
    pool: 'forks',
    // Tests wait about a third of their time: three keep two processors busy.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'machines/**/*.ts'],
      exclude: ['**/*.gen.*'],
    },
  },
})
