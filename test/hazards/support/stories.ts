import { decodeFrame, type ApplyReply } from '#strangler/engine/replication/frame';
import { until } from '../../support/until.js';
import type { Place, Twin } from './twin.js';
import type { TwinSide } from './twin-side.js';

/** A frame that did not get through when it was sent. */
export interface HeldFrame {
  /** It arrives now, and its sender hears so. */
  deliver(): Promise<ApplyReply>;
  /** Its sender hears that there was no answer; it can still be delivered. */
  drop(): void;
}

/** Holds the next frame to this side that has such a part; all others pass. Resolves when it is there. */
export function holdFrame(to: TwinSide, kind: 'rows' | 'chunk', table = 'counter'): Promise<HeldFrame> {
  return new Promise((caught) => {
    to.carriage = (frame, deliver) => {
      const { parts } = decodeFrame(frame);
      if (!parts.some((part) => part.kind === kind && part.table === table)) return deliver();
      to.carriage = (_frame, pass) => pass();
      return new Promise((resolve, reject) => {
        caught({
          deliver: async () => {
            const reply = await deliver();
            resolve(reply);
            return reply;
          },
          drop: () => reject(new Error('no answer')),
        });
      });
    };
  });
}

/** The next `add` on this side stands still when it has written, until it is let go. */
export function holdWriter(on: TwinSide, moment: 'before' | 'after' = 'after') {
  const { add } = on.handlers;
  let inside = false;
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  on.handlers.add = async (input) => {
    on.handlers.add = add;
    const answer = moment === 'after' ? await add(input) : undefined;
    inside = true;
    await held;
    return answer ?? add(input);
  };
  return { inside: () => until('the writer is inside', () => inside || undefined), letGo: () => letGo() };
}

type Step = 'fence' | 'own' | 'release' | 'raise';

/** The next such step on this side stands still before it is carried out, until it is let go. */
export function holdStep({ agent }: TwinSide, step: Step) {
  let reached = false;
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const carryOut = agent[step].bind(agent) as (argument: unknown) => Promise<unknown>;
  const spy = jest.spyOn(agent as { [step in Step]: (argument: unknown) => Promise<unknown> }, step);
  spy.mockImplementationOnce(async (argument) => {
    reached = true;
    await held;
    return carryOut(argument);
  });
  return {
    reached: () => until(`${step} is about to be carried out`, () => reached || undefined),
    letGo: () => letGo(),
  };
}

/** Resolves when the fence of the next hand-off stands on this side, or has stood there. */
export async function fenced({ agent }: TwinSide, epoch: number): Promise<void> {
  await until('the fence stands', async () => (await agent.state()).ownership.epoch > epoch || undefined);
}

/** Resolves when the callers in this process have been told so often to ask anew who the owner is. */
export function toldToWait(twin: Twin, at: Place, times = 3): Promise<unknown> {
  let told = 0;
  const stop = twin.routes[at].onRefresh(() => told++);
  return until('callers are told to wait', () => told >= times || undefined).finally(stop);
}
