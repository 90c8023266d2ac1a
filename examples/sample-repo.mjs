/**
 * Makes a small shop with history and a bare origin, for the examples to work on.
 *
 *   node examples/sample-repo.mjs DIR [EXAMPLE]     makes DIR/shop and DIR/origin.git
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const examples = dirname(fileURLToPath(import.meta.url))

const ADA = 'Ada'
const BEN = 'Ben'

/** The shop's history, oldest first: who, why, and the files as they were from then on. */
const HISTORY = [
  [ADA, 'Open the shop', { 'README.md': readme('') }],
  [
    ADA,
    'List what we sell',
    { 'data/products.txt': 'mug;Blue Mug;850\nteapot;Round Teapot;2400\n' },
  ],
  [
    BEN,
    'Run one command from one file each',
    {
      'shop.sh': `#!/bin/sh
# shop.sh COMMAND [ARGUMENT...]: every file in lib/ brings a command.
cd "$(dirname "$0")" || exit 1
for file in lib/*.sh; do . "./$file"; done
command=\${1:-list}
[ $# -gt 0 ] && shift
"command_$command" "$@"
`,
      'lib/list.sh': `# list: prints the names of all products.
command_list() {
  cut -d ';' -f 2 data/products.txt
}
`,
    },
  ],
  [
    BEN,
    'Run the tests of all commands',
    {
      'test.sh': `#!/bin/sh
# Runs every test; each says what is wrong and ends with 1.
cd "$(dirname "$0")" || exit 1
failed=0
for file in test/*.sh; do
  if sh "$file"; then echo "ok   $file"; else echo "FAIL $file"; failed=1; fi
done
exit $failed
`,
      'test/list.sh': `. lib/list.sh
command_list | grep -q 'Blue Mug' || { echo 'the mug is not on the list'; exit 1; }
`,
    },
  ],
  [
    ADA,
    'Tell prices',
    {
      'lib/price.sh': `# price ID: prints the price of a product in cents.
command_price() {
  sed -n "s/^$1;.*;//p" data/products.txt
}
`,
      'test/price.sh': `. lib/price.sh
[ "$(command_price mug)" = 850 ] || { echo 'the mug has the wrong price'; exit 1; }
`,
    },
  ],
  [
    BEN,
    'Sell plates, too',
    {
      'data/products.txt': 'mug;Blue Mug;850\nteapot;Round Teapot;2400\nplate;Flat Plate;1200\n',
    },
  ],
  [
    ADA,
    'Add up a cart',
    {
      'lib/cart.sh': `# cart ID...: prints what the products cost together, in cents.
command_cart() {
  total=0
  for id in "$@"; do
    price=$(command_price "$id")
    total=$((total + price))
  done
  echo "$total"
}
`,
      'test/cart.sh': `. lib/price.sh
. lib/cart.sh
[ "$(command_cart mug plate)" = 2050 ] || { echo 'mug and plate add up wrongly'; exit 1; }
`,
    },
  ],
  [
    BEN,
    'Refuse what we do not sell',
    {
      'lib/cart.sh': `# cart ID...: prints what the products cost together, in cents.
command_cart() {
  total=0
  for id in "$@"; do
    price=$(command_price "$id")
    [ -n "$price" ] || { echo "we have no $id" >&2; return 1; }
    total=$((total + price))
  done
  echo "$total"
}
`,
    },
  ],
  [
    BEN,
    'Test that a cart refuses what we do not sell',
    {
      'test/cart.sh': `. lib/price.sh
. lib/cart.sh
[ "$(command_cart mug plate)" = 2050 ] || { echo 'mug and plate add up wrongly'; exit 1; }
if command_cart mug ship 2>/dev/null; then echo 'a ship was sold'; exit 1; fi
`,
    },
  ],
  [ADA, 'Remember customers', { 'data/customers.txt': 'anna;tulips\nbob;daisies\n' }],
  [ADA, 'Describe the commands', { 'README.md': readme(commandTable()) }],
  [
    BEN,
    'Lower the price of the teapot',
    {
      'data/products.txt': 'mug;Blue Mug;850\nteapot;Round Teapot;2200\nplate;Flat Plate;1200\n',
    },
  ],
]

/**
 * Makes `directory`/shop, a clone of the bare `directory`/origin.git, with the manifests of an example committed and pushed. Each time the
 * same commits, unless `edit` changes the manifests (it gets the path of `.ao`).
 */
export function makeSampleRepo(directory, example = '01-quickstart', edit = () => {}) {
  const repository = join(resolve(directory), 'shop')
  const origin = join(resolve(directory), 'origin.git')
  mkdirSync(repository, { recursive: true })
  const git = (args, options) => runGit(repository, args, options)
  git(['init', '--quiet', '--initial-branch=main'])
  HISTORY.forEach(([author, message, files], index) => {
    write(repository, files)
    commitAll(git, { author, message, day: index + 1 })
  })
  cpSync(join(examples, example, '.ao'), join(repository, '.ao'), { recursive: true })
  edit(join(repository, '.ao'))
  commitAll(git, { author: ADA, message: 'Declare the work', day: HISTORY.length + 1 })
  git(['clone', '--quiet', '--bare', '.', origin])
  git(['remote', 'add', 'origin', origin])
  git(['fetch', '--quiet', 'origin'])
  git(['branch', '--quiet', '--set-upstream-to=origin/main', 'main'])
  git(['remote', 'set-head', 'origin', 'main'])
  return { repository, origin }
}

function write(repository, files) {
  for (const [name, content] of Object.entries(files)) {
    const path = join(repository, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
}

function commitAll(git, { author, message, day }) {
  const date = `2024-03-${String(day).padStart(2, '0')}T09:00:00Z`
  const email = `${author.toLowerCase()}@shop.invalid`
  git(['add', '--all'])
  git(['commit', '--quiet', '--message', message], {
    GIT_AUTHOR_NAME: author,
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: author,
    GIT_COMMITTER_EMAIL: email,
    GIT_COMMITTER_DATE: date,
  })
}

/** Without anybody's configuration: no hooks, no signatures, no other default branch. */
function runGit(cwd, args, env = {}) {
  execFileSync('git', args, {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      ...env,
    },
  })
}

function readme(more) {
  return `# The shop\n\nIt sells crockery from the command line: \`sh shop.sh list\`.\n${more}`
}

function commandTable() {
  const rows = [
    ['list', 'what we sell'],
    ['price ID', 'what it costs, in cents'],
    ['cart ID...', 'what it costs together'],
  ]
  const lines = rows.map(([command, meaning]) => `| \`${command}\` | ${meaning} |\n`)
  return `\n| command | tells |\n|---|---|\n${lines.join('')}`
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { repository, origin } = makeSampleRepo(process.argv[2] ?? 'sample', process.argv[3])
  console.log(`${repository}\n${origin}`)
}
