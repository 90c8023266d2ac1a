/**
 * Stands in for Slack, PagerDuty and any other service: prints what notifiers post to it.
 *
 *   node examples/notification-listener.mjs [PORT]     8787 by default
 */
import { createServer } from 'node:http'

const port = Number(process.argv[2] ?? 8787)

const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += chunk
  console.log(`\n${request.method} ${request.url}`)
  for (const name of ['title', 'x-ao-delivery', 'x-ao-signature-256']) {
    if (request.headers[name] !== undefined) console.log(`${name}: ${request.headers[name]}`)
  }
  console.log(pretty(body))
  // PagerDuty accepts, Slack says ok.
  response.statusCode = request.url === '/pagerduty' ? 202 : 200
  response.end('ok')
})

server.listen(port, '127.0.0.1', () => {
  console.log(`export NOTIFY_URL=http://127.0.0.1:${server.address().port}`)
  console.log('export PAGERDUTY_KEY=00000000000000000000000000000000 NOTIFY_SECRET=sesame')
})

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}
