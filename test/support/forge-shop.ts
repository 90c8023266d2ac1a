import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

import type { AoOptions, AoResult, AoStage } from './ao.ts'
import { createAoStage } from './ao.ts'
import type { RepositoryDriver } from './forge/driver.ts'
import { startForge } from './forge/forge.ts'
import type { Forge } from './forge/forge.ts'

const start = promisify(execFile)

export interface ForgeShop {
  readonly stage: AoStage
  readonly forge: Forge
  readonly hub: RepositoryDriver
  /** The workspace of the worker `shop-one`. */
  readonly workspace: string
  readonly env: Readonly<Record<string, string>>
  /** As a person in the main checkout. */
  ao(args: readonly string[], options?: AoOptions): Promise<AoResult>
  /** As the worker in its workspace. */
  inside(args: readonly string[], options?: AoOptions): Promise<AoResult>
  /** Git against the double, which lives in this very process and must not be blocked. */
  git(args: readonly string[], cwd?: string): Promise<string>
  close(): Promise<void>
}

/** A person's checkout of a repository on the double, a project on it, and a worker that waits in its workspace. */
export async function createForgeShop(
  settings: Readonly<Record<string, unknown>> = {},
): Promise<ForgeShop> {
  const stage = createAoStage()
  const forge = await startForge({ login: 'octo' })
  const hub = await forge.createRepository({ owner: 'octo', name: 'shop', from: stage.path })
  const env = { GITHUB_TOKEN: forge.token, HOOK_SECRET: 'sesame' }
  const workspace = join(stage.home, 'worktrees', 'shop', 'shop-one')
  const git = async (args: readonly string[], cwd = stage.path): Promise<string> =>
    (await start('git', [...args], { cwd, env: stage.env })).stdout.trim()
  await git(['remote', 'set-url', 'origin', hub.cloneUrl])
  await git(['fetch', '-q', 'origin'])
  const scm = { plugin: 'github', repo: 'octo/shop', apiUrl: forge.apiUrl, ...settings }
  stage.write('.ao/shop.yaml', manifest(scm))
  const ao: ForgeShop['ao'] = async (args, options = {}) =>
    stage.ao(args, { ...options, env: { ...env, ...options.env } })
  const applied = await ao(['apply', '--yes'])
  if (applied.code !== 0) throw new Error(applied.stdout + applied.stderr)
  const session = { AO_SESSION_ID: 'shop-one', AO_PROJECT_ID: 'shop' }
  return {
    stage,
    forge,
    hub,
    workspace,
    env,
    ao,
    git,
    inside: async (args, options = {}) =>
      ao(args, { cwd: workspace, ...options, env: { ...session, ...options.env } }),
    close: async () => {
      try {
        await stage.close()
      } finally {
        await forge.close()
      }
    },
  }
}

function manifest(scm: Readonly<Record<string, unknown>>): string {
  return `apiVersion: ao.dev/v1alpha1
kind: Project
metadata: { name: shop }
spec:
  scm: ${JSON.stringify(scm)}
---
apiVersion: ao.dev/v1alpha1
kind: Worker
metadata: { name: shop-one }
spec:
  project: shop
  prompt: Do it.
  runtime: process
  agent: { plugin: custom, command: [cat] }
`
}
