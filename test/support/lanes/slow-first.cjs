const { default: Sequencer } = require('@jest/test-sequencer');

const order = ['full', 'process', 'db', 'unit'];

/** Starts the slowest lane first, so that no long test is left alone at the end; in a lane, as Jest remembers them. */
module.exports = class SlowFirst extends Sequencer {
  sort(tests) {
    const rank = ({ context }) => order.indexOf(context.config.displayName.name);
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
};
