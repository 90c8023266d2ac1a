/** Lint rules of this house that oxlint has no words for. */

const MESSAGE = 'Time comes in as an argument; Date.parse(text) and new Date(now) are fine.'

const isDate = node => node.type === 'Identifier' && node.name === 'Date'

/** Reading the clock: Date.now, new Date() and Date(). A date made from an argument is arithmetic. */
const noClock = {
  create(context) {
    const checkCall = node => {
      if (isDate(node.callee) && node.arguments.length === 0)
        context.report({ node, message: MESSAGE })
    }
    return {
      NewExpression: checkCall,
      CallExpression: checkCall,
      MemberExpression(node) {
        if (isDate(node.object) && node.property.name === 'now')
          context.report({ node, message: MESSAGE })
      },
    }
  },
}

export default { meta: { name: 'house' }, rules: { 'no-clock': noClock } }
