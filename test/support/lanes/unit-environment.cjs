// The environment of the lane `unit`: whatever reaches for a server or a process fails, and says so.
const { TestEnvironment } = require('jest-environment-node');
const childProcess = require('node:child_process');
const { Server, Socket } = require('node:net');

const spawns = ['spawnSync', 'execSync', 'execFileSync'];

module.exports = class UnitEnvironment extends TestEnvironment {
  #undo = [];

  async setup() {
    await super.setup();
    const own = this.#ownPorts();
    this.#replace(
      Socket.prototype,
      'connect',
      (connect) =>
        function (...args) {
          const { port, path } = targetOf(args);
          if (!own.has(Number(port))) refuse(`connects to ${path ?? `port ${port}`}`);
          return connect.apply(this, args);
        },
    );
    this.#replace(
      childProcess.ChildProcess.prototype,
      'spawn',
      () =>
        ({ file }) =>
          refuse(`starts ${file}`),
    );
    for (const name of spawns) this.#replace(childProcess, name, () => (file) => refuse(`starts ${file}`));
  }

  // The modules of Node are those of the worker, which runs files of other lanes next.
  async teardown() {
    for (const undo of this.#undo) undo();
    await super.teardown();
  }

  /** Where servers of this very process listen: a test may call its own HTTP server. */
  #ownPorts() {
    const ports = new Set();
    this.#replace(
      Server.prototype,
      'listen',
      (listen) =>
        function (...args) {
          this.prependOnceListener('listening', () => ports.add(this.address()?.port));
          return listen.apply(this, args);
        },
    );
    return ports;
  }

  #replace(holder, name, make) {
    const original = holder[name];
    holder[name] = make(original);
    this.#undo.push(() => (holder[name] = original));
  }
};

/** `connect(options)`, `connect(port)`, `connect(path)`; Node's own `net.connect` passes them as one list. */
function targetOf([first, ...rest]) {
  if (Array.isArray(first)) return targetOf([first[0], ...rest]);
  if (typeof first === 'object') return first;
  return isNaN(first) ? { path: first } : { port: first };
}

function refuse(what) {
  throw new Error(
    `a test of the lane unit ${what}: take what it needs from test/support (freshDatabase(), startProgram(), startNats()), ` +
      'then it is in the lane of such tests (CONTRIBUTING.md, "Tests")',
  );
}
