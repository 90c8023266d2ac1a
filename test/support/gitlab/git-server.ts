import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { serveGit } from '../forge/git-http.ts'

export interface GitServer {
  /** Repositories are at `<url>/<path>.git`. */
  readonly url: string
  /** Names of the services that were asked for. */
  readonly services: readonly string[]
  close(): Promise<void>
}

/** Repositories below a folder over HTTP, as git's own server program gives them. */
export async function startGitServer(root: string): Promise<GitServer> {
  const services: string[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const found = /^(\/[\w./-]+\.git)(\/(?:info\/refs|git-upload-pack|git-receive-pack))$/.exec(
      url.pathname,
    )
    const [, folder, path] = found ?? []
    if (folder === undefined || path === undefined || folder.includes('..')) {
      response.writeHead(404).end()
      return
    }
    services.push(path)
    const query = url.search.slice(1)
    void serveGit({ folder: `${root}${folder}`, path, query, login: 'git' }, request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    services,
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
