import { mkdtemp, realpath, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  type RepositoryDriver,
  type RepositoryOptions,
  createRepository,
  driveRepository,
} from './driver.ts'
import type { Faults } from './faults.ts'
import { type Recorded, createInside } from './inside.ts'
import type { Limits } from './limits.ts'
import { createForgeServer } from './server.ts'
import { type AccountType, account, findRepository } from './state.ts'
import { type Delivered, type DeliveryOptions, type WebhookEvent, deliver } from './webhooks.ts'

export interface ForgeOptions {
  /** The token that is there from the start; it may write. */
  readonly token?: string
  /** Whose it is. */
  readonly login?: string
  /** Pushes need a token, as they do on GitHub; default false, so that git needs no credentials in a test. */
  readonly gitAuth?: boolean
  /** Enforces the limits per minute; default false, for whether a test meets them depends on how fast it is. */
  readonly enforceMinutes?: boolean
}

export interface Forge {
  /** `http://127.0.0.1:PORT`; repositories are at `URL/owner/name.git`. */
  readonly url: string
  /** Octokit's `baseUrl`; its GraphQL is found from it. */
  readonly apiUrl: string
  readonly token: string
  readonly login: string
  /** Everything that was asked, in order. */
  readonly requests: readonly Recorded[]
  /** What the double could not answer as GitHub does; `close` throws when there is any. */
  readonly failures: readonly string[]
  readonly faults: Faults
  readonly limits: Pick<Limits, 'set' | 'budget'>
  /** Another token: `read` may not write, `none` sees no private repository. */
  addToken(
    token: string,
    of: {
      readonly login: string
      readonly access?: 'write' | 'read' | 'none'
      readonly type?: AccountType
    },
  ): void
  /** D6: the same person's new token; the old one is refused from now on. */
  rotateToken(from: string, to: string): void
  createRepository(options: RepositoryOptions): Promise<RepositoryDriver>
  /** By `owner/name`. */
  repo(name: string): RepositoryDriver
  /** Sends a signed webhook to an address, or into a file (`{ headers, body }`). */
  deliver(
    event: WebhookEvent,
    target: string,
    secret: string,
    options?: DeliveryOptions,
  ): Promise<Delivered>
  /** Forgets the requests so far. */
  reset(): void
  /** Ends the server, removes its files; throws when the double did something GitHub would not. */
  close(): Promise<void>
}

/** Starts a double of GitHub on this machine; call `close` in a `finally` or an `afterEach`. */
export async function startForge(options: ForgeOptions = {}): Promise<Forge> {
  const { token = 'ghp_sample', login = 'octo' } = options
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'ao-forge-')))
  const inside = createInside(folder, {
    enforceMinutes: options.enforceMinutes === true,
    gitAuth: options.gitAuth === true,
  })
  const { state, limits, faults } = inside
  const server = createForgeServer(inside)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  state.tokens.set(token, { account: account(state, login), access: 'write' })

  return {
    url: state.url,
    apiUrl: `${state.url}/api/v3`,
    token,
    login,
    requests: inside.requests,
    failures: inside.failures,
    faults,
    limits,
    addToken: (name, { login: who, access = 'write', type = 'User' }) => {
      state.tokens.set(name, { account: account(state, who, type), access })
    },
    rotateToken: (from, to) => {
      const known = state.tokens.get(from)
      if (known === undefined) throw new Error(`No token ${from}`)
      state.tokens.delete(from)
      state.tokens.set(to, known)
    },
    createRepository: async wanted => createRepository(inside, wanted),
    repo: name => {
      const repo = findRepository(state, name)
      if (repo === undefined) throw new Error(`No repository ${name}`)
      return driveRepository(inside, repo)
    },
    deliver: async (event, target, secret, more = {}) =>
      deliver(inside, event, { ...more, target, secret }),
    reset: () => {
      inside.requests.length = 0
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      const turns = [...state.repositories.values()].map(async repo => repo.turn)
      await Promise.all(turns)
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
      const [first] = inside.failures
      if (first !== undefined) {
        throw new Error(
          `The double did what GitHub would not, ${inside.failures.length} times: ${first}`,
        )
      }
    },
  }
}
