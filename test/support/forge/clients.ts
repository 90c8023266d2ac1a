import { graphql } from '@octokit/graphql'
import { Octokit } from '@octokit/rest'

import type { Forge } from './forge.ts'

const QUIET = { debug: () => {}, info: () => {}, warn: console.warn, error: () => {} }

/** Octokit, with nothing between it and the forge; an empty token asks without one. */
export function octokitFor(forge: Forge, token = forge.token): Octokit {
  return new Octokit({
    baseUrl: forge.apiUrl,
    log: QUIET,
    ...(token === '' ? {} : { auth: token }),
  })
}

export function graphqlFor(forge: Forge, token = forge.token): typeof graphql {
  const { url } = forge
  return graphql.defaults({ baseUrl: `${url}/api`, headers: { authorization: `token ${token}` } })
}

/** The status of an answer and its message, also of one that is an error. */
export async function statusOf(
  asked: Promise<{ readonly status: number }>,
): Promise<[number, string]> {
  try {
    return [(await asked).status, '']
  } catch (error) {
    const { status, message } = error as { readonly status: number; readonly message: string }
    return [status, message]
  }
}
