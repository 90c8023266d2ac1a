/** The program's door: a version is answered before anything else is loaded. */
const args = process.argv.slice(2)

if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${AO_VERSION}\n`)
} else {
  const { runProgram } = await import('./program.ts')
  await runProgram(args)
}
